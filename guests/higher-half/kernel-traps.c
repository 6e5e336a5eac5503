/* The kernel's own GDT, TSS and IDT, the handler behind every gate, and the PIC and PIT. */
#include "kernel.h"

#define STUB_BYTES 16
#define GATE_INTERRUPT 0x8E00
#define GATE_DPL3 0x6000
#define GATE_P 0x8000
#define DESCRIPTOR_TSS 0x89

enum { VECTOR_DE = 0, VECTOR_NMI = 2, VECTOR_BP = 3, VECTOR_UD = 6, VECTOR_DF = 8, VECTOR_NP = 11, VECTOR_GP = 13,
       VECTOR_PF = 14 };

/* Error codes that name a selector or a vector: bit 1 says that the index is one of the IDT. */
#define ERROR_IDT(vector) ((u64)(vector) << 3 | 2)

#define PIC1 0x20
#define PIC2 0xA0
#define PIC_EOI 0x20
#define PIT_CHANNEL0 0x40
#define PIT_COMMAND 0x43
#define VECTOR_IRQ0 0x20
#define PIT_HZ 1193182
#define TIMER_HZ 1000
#define TICKS_WANTED 3

struct gate {
  u16 offset_low, selector, attributes, offset_middle;
  u32 offset_high, reserved;
};

struct tss {
  u32 reserved0;
  u64 rsp[3];
  u64 reserved1;
  u64 ist[7];
  u64 reserved2;
  u16 reserved3, io_map_base;
} __attribute__((packed));

struct table_pointer {
  u16 limit;
  u64 base;
} __attribute__((packed));

extern u8 stubs[], double_fault_stack_top[], trap_stack_top[];
extern u64 attempt_rip, attempt_rsp;
void load_tables(const struct table_pointer *gdt, const struct table_pointer *idt);
void trap(struct trap_frame *frame);

static u64 gdt[GDT_BYTES / 8] = {
    [KERNEL_CS / 8] = 0x00209b0000000000, [KERNEL_SS / 8] = 0x0000930000000000,
    [USER_SS / 8] = 0x0000f30000000000,   [USER_CS / 8] = 0x0020fb0000000000,
};
static struct gate idt[IDT_VECTORS];
static struct tss tss;

volatile struct trapped trapped;
volatile u64 ticks, stray_interrupts;

static void set_gate(u32 vector, u16 attributes, u16 ist) {
  const u64 offset = (u64)(stubs + STUB_BYTES * vector);
  idt[vector] = (struct gate){(u16)offset,         KERNEL_CS, (u16)(attributes | ist), (u16)(offset >> 16),
                              (u32)(offset >> 32), 0};
}

void set_kernel_stack(u64 rsp) { tss.rsp[0] = rsp; }

void traps_open(void) {
  tss.ist[IST_DOUBLE_FAULT - 1] = (u64)double_fault_stack_top;
  tss.ist[IST_NMI - 1] = (u64)trap_stack_top;
  tss.io_map_base = sizeof tss; /* No I/O permission bitmap. */
  set_kernel_stack((u64)trap_stack_top);
  const u64 base = (u64)&tss;
  gdt[TSS_SELECTOR / 8] = (sizeof tss - 1) | (base & 0xffffff) << 16 | (u64)DESCRIPTOR_TSS << 40 | (base >> 24 & 0xff) << 56;
  gdt[TSS_SELECTOR / 8 + 1] = base >> 32;
  for (u32 vector = 0; vector < IDT_VECTORS; vector++) {
    set_gate(vector, GATE_INTERRUPT, 0);
  }
  set_gate(VECTOR_BP, GATE_INTERRUPT | GATE_DPL3, 0);
  set_gate(VECTOR_DF, GATE_INTERRUPT, IST_DOUBLE_FAULT);
  set_gate(VECTOR_NMI, GATE_INTERRUPT, IST_NMI);
  set_gate(VECTOR_ABSENT, GATE_INTERRUPT & ~GATE_P, 0);
  const struct table_pointer gdt_pointer = {sizeof gdt - 1, (u64)gdt};
  const struct table_pointer idt_pointer = {sizeof idt - 1, (u64)idt};
  load_tables(&gdt_pointer, &idt_pointer);

  u16 cs, tr;
  __asm__("mov %%cs, %0" : "=r"(cs));
  __asm__("str %0" : "=r"(tr));
  /* LTR marks the descriptor busy: type 9 becomes 11. */
  check("own GDT, TSS and IDT", cs == KERNEL_CS && tr == TSS_SELECTOR && (gdt[TSS_SELECTOR / 8] >> 40 & 0xff) == 0x8B);
}

static void end_of_interrupt(u64 vector) {
  if (vector >= VECTOR_IRQ0 + 8) {
    out8(PIC2, PIC_EOI);
  }
  out8(PIC1, PIC_EOI);
}

void trap(struct trap_frame *frame) {
  if (frame->vector >= VECTOR_IRQ0 && frame->vector < VECTOR_IRQ0 + 16) {
    if (frame->vector == VECTOR_IRQ0) {
      ticks++;
    } else {
      stray_interrupts++;
    }
    end_of_interrupt(frame->vector);
    return;
  }
  trapped.vector = frame->vector;
  trapped.error = frame->error;
  trapped.rip = frame->rip;
  trapped.cs = frame->cs;
  trapped.rsp_in_handler = (u64)frame;
  trapped.cr2 = read_cr2();
  trapped.count++;
  if (!attempt_rip) {
    print("kernel: unexpected vector %u error %x at %x CR2 %x\nFAIL\n", (u32)frame->vector, frame->error, frame->rip,
          trapped.cr2);
    leave(EXIT_FAIL);
  }
  frame->rip = attempt_rip;
  frame->rsp = attempt_rsp;
  frame->cs = KERNEL_CS;
  frame->ss = KERNEL_SS;
  frame->rflags = 2;
}

/* No trap at all must not look like the one before it: `trapped` is emptied by every look. */
void check_fault(const char *what, u64 vector, u64 error) {
  check_equal(what, trapped.vector << 32 | trapped.error, vector << 32 | error);
  trapped.vector = 0xff;
}

void check_page_fault(const char *what, u64 error, u64 cr2) {
  if (trapped.cr2 != cr2) {
    check_equal(what, trapped.cr2, cr2);
  } else {
    check_fault(what, VECTOR_PF, error);
  }
}

/* QEMU 7 has a few error codes of its own. They are accepted, so that the guest can be proved under it, but the line
 * says so and does not end in "ok". */
void check_fault_or(const char *what, u64 vector, u64 error, u64 tolerated) {
  if (trapped.vector == vector && trapped.error == tolerated) {
    print("kernel: %s: tolerated error %x\n", what, tolerated);
    trapped.vector = 0xff;
    return;
  }
  check_fault(what, vector, error);
}

/* QEMU 7 multiplies the vector by 16 in 64-bit mode. */
void check_idt_error(const char *what, u64 vector, u64 named) {
  check_fault_or(what, vector, ERROR_IDT(named), named << 4 | 2);
}

/* What hardware refuses and QEMU 7 forgives: asked for by strict=1 only. */
void check_strict(void) {
  attempt(deed_write_cr4, read_cr4() | 1ull << 63, 0);
  check_fault("strict: reserved bit of CR4: #GP error 0x0", VECTOR_GP, 0);
  attempt(deed_write_cr4, read_cr4() & ~(u64)CR4_PAE, 0);
  check_fault("strict: CR4.PAE cleared in 64-bit mode: #GP error 0x0", VECTOR_GP, 0);
  attempt(deed_write_cr0, read_cr0() & ~(u64)CR0_PE, 0);
  check_fault("strict: CR0.PE cleared while PG is set: #GP error 0x0", VECTOR_GP, 0);
  attempt(deed_write_msr, IA32_LSTAR, 0x0000800000000000);
  check_fault("strict: non-canonical IA32_LSTAR: #GP error 0x0", VECTOR_GP, 0);
  attempt(deed_write_msr, IA32_EFER, rdmsr(IA32_EFER) & ~(u64)EFER_LME);
  check_fault("strict: EFER.LME cleared while paging: #GP error 0x0", VECTOR_GP, 0);
  attempt(deed_write_msr, IA32_EFER, rdmsr(IA32_EFER) | 1 << 1);
  check_fault("strict: reserved bit of EFER: #GP error 0x0", VECTOR_GP, 0);
}

void check_traps(void) {
  attempt(deed_int3, 0, 0);
  const int after = trapped.rip == (u64)deed_int3 + 1;
  check_fault("INT3: #BP", VECTOR_BP, 0);
  check("and RIP is after it, as for a trap", after);
  attempt(deed_ud2, 0, 0);
  const int at = trapped.rip == (u64)deed_ud2;
  check_fault("UD2: #UD", VECTOR_UD, 0);
  check("and RIP is at it, as for a fault", at);
  attempt(deed_divide, 1, 0);
  check_fault("division by zero: #DE", VECTOR_DE, 0);
  attempt(deed_load_ds, GDT_BYTES | 1, 0);
  check_fault("selector beyond the GDT: #GP error is the selector", VECTOR_GP, GDT_BYTES);
  attempt(deed_int_missing, 0, 0);
  check_idt_error("vector beyond the IDT: #GP error 0x402", VECTOR_GP, VECTOR_MISSING);
  attempt(deed_int_absent, 0, 0);
  check_idt_error("gate not present: #NP error 0x182", VECTOR_NP, VECTOR_ABSENT);
  attempt(deed_lose_stack, 0xffffffffd0000000ull, 0);
  const u64 distance = (u64)double_fault_stack_top - trapped.rsp_in_handler;
  check_fault("stack lost: #DF", VECTOR_DF, 0);
  check_equal("and on the stack of its IST entry", distance, sizeof(struct trap_frame));
}

static void program_pics(void) {
  out8(PIC1, 0x11); /* ICW1: edge, cascade, ICW4 follows. */
  out8(PIC2, 0x11);
  out8(PIC1 + 1, VECTOR_IRQ0);
  out8(PIC2 + 1, VECTOR_IRQ0 + 8);
  out8(PIC1 + 1, 4); /* The second 8259 is on line 2. */
  out8(PIC2 + 1, 2);
  out8(PIC1 + 1, 1); /* ICW4: 8086 mode. */
  out8(PIC2 + 1, 1);
  out8(PIC1 + 1, 0xfe); /* IRQ0 alone is unmasked. */
  out8(PIC2 + 1, 0xff);
}

void check_timer(void) {
  const u64 exceptions = trapped.count;
  program_pics();
  out8(PIT_COMMAND, 0x34); /* Channel 0, low byte then high byte, mode 2: rate generator. */
  out8(PIT_CHANNEL0, (PIT_HZ / TIMER_HZ) & 0xff);
  out8(PIT_CHANNEL0, (PIT_HZ / TIMER_HZ) >> 8);
  ticks = 0;
  const u64 start = rdtsc();
  u32 wakes = 0;
  while (ticks < TICKS_WANTED && wakes < 1000) {
    __asm__ volatile("sti; hlt; cli" : : : "memory"); /* STI holds interrupts off for one instruction: no tick is lost. */
    wakes++;
  }
  out8(PIC1 + 1, 0xff);
  check("three timer ticks arrived by vector 0x20", ticks == TICKS_WANTED && wakes == TICKS_WANTED);
  check("and none by any other", trapped.count == exceptions && stray_interrupts == 0);
  check("and the time-stamp counter went on", rdtsc() > start);
}
