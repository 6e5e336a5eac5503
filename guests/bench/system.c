/* The machine that the storms need: descriptors, entry points, the local APIC, and RAM to hand out. */
#include "bench.h"
#include "selectors.h"

extern u8 image_end[], user_page[], user_syscalls[], user_ints[];
extern u64 gdt_tss[2];
void syscall_entry(void), int_entry(void), ipi_entry(void), spurious_entry(void), page_fault_entry(void), stray_entry(void);
u64 enter_user(u64 entry, u64 stack, u64 count);

u64 pool_start, pool_end, kernel_stack;

#define VECTORS 256
#define VECTOR_PF 14
#define VECTOR_IPI 0x40
#define VECTOR_INT 0x80
#define VECTOR_SPURIOUS 0xff
#define GATE_INTERRUPT 0x8e00
#define GATE_DPL3 0x6000

static struct {
  u16 offset_low, selector, type, offset_middle;
  u32 offset_high, reserved;
} idt[VECTORS];

static struct {
  u32 reserved;
  u64 rsp[3];
  u64 ist[8];
  u16 padding[5];
  u16 iomap;
} __attribute__((packed)) tss;

static u8 trap_stack[8192] __attribute__((aligned(16)));

/* What SWAPGS brings: the kernel's stack, and room for the user's. */
static u64 per_processor[2];

static void gate(u32 vector, void (*entry)(void), u16 type) {
  const u64 address = (u64)entry;
  idt[vector].offset_low = (u16)address;
  idt[vector].selector = CODE64;
  idt[vector].type = type;
  idt[vector].offset_middle = (u16)(address >> 16);
  idt[vector].offset_high = (u32)(address >> 32);
}

void stray(void) { fail("an exception or interrupt that no workload causes"); }

void system_open(const struct multiboot_info *info) {
  out8(0x21, 0xff); /* Both 8259A: everything masked. */
  out8(0xa1, 0xff);
  for (u32 v = 0; v < VECTORS; v++) {
    gate(v, stray_entry, GATE_INTERRUPT);
  }
  gate(VECTOR_PF, page_fault_entry, GATE_INTERRUPT);
  gate(VECTOR_IPI, ipi_entry, GATE_INTERRUPT);
  gate(VECTOR_INT, int_entry, GATE_INTERRUPT | GATE_DPL3);
  gate(VECTOR_SPURIOUS, spurious_entry, GATE_INTERRUPT);
  const struct {
    u16 limit;
    u64 base;
  } __attribute__((packed)) pointer = {sizeof(idt) - 1, (u64)idt};
  __asm__ volatile("lidt %0" : : "m"(pointer));

  tss.rsp[0] = (u64)(trap_stack + sizeof(trap_stack));
  tss.iomap = sizeof(tss);
  const u64 base = (u64)&tss;
  gdt_tss[0] = (sizeof(tss) - 1) | (base & 0xffffff) << 16 | 0x89ull << 40 | (base >> 24 & 0xff) << 56;
  gdt_tss[1] = base >> 32;
  __asm__ volatile("ltr %w0" : : "r"(TSS));

  per_processor[0] = tss.rsp[0];
  wrmsr(IA32_KERNEL_GS_BASE, (u64)per_processor);
  wrmsr(IA32_STAR, (u64)CODE64 << 32 | (u64)(CODE32 | RPL_USER) << 48);
  wrmsr(IA32_LSTAR, (u64)syscall_entry);
  wrmsr(IA32_FMASK, RFLAGS_IF | RFLAGS_DF | RFLAGS_AC);

  if (!(info->flags & MULTIBOOT_INFO_MEMORY)) {
    fail("multiboot tells no memory size");
  }
  pool_start = ((u64)image_end + PAGE_2M - 1) & ~(u64)(PAGE_2M - 1);
  pool_end = 0x100000 + (u64)info->mem_upper * 1024;
}

u64 take_frames(u64 bytes, u64 alignment) {
  const u64 start = (pool_start + alignment - 1) & ~(alignment - 1);
  if (start + bytes > pool_end) {
    fail("too little RAM");
  }
  pool_start = start + bytes;
  return start;
}

u64 *new_table(void) {
  u64 *table = (u64 *)take_frames(PAGE_4K, PAGE_4K);
  memset(table, 0, PAGE_4K);
  return table;
}

/* Tables are always open to ring 3; the leaf decides. */
u64 *entry_of(u64 *root, u64 linear, u64 page_size) {
  u64 *table = root;
  for (u32 shift = 39;; shift -= 9) {
    u64 *entry = &table[linear >> shift & 511];
    if (page_size == 1ull << shift) {
      return entry;
    }
    if (!(*entry & PTE_P)) {
      *entry = (u64)new_table() | PTE_P | PTE_RW | PTE_US;
    }
    table = (u64 *)(*entry & PTE_ADDRESS);
  }
}

void map_page(u64 *root, u64 linear, u64 physical, u64 page_size, u64 flags) {
  *entry_of(root, linear, page_size) = physical | flags | PTE_P | (page_size == PAGE_4K ? 0 : PTE_PS);
}

/* System calls and software interrupts: 1,000 round trips from ring 3, each with a C function on the other side. */

static volatile u32 traps;

void trap_count(void) { traps++; }

void user_prepare(struct workload *self) {
  (void)self;
  map_page(boot_pml4, USER_CODE, (u64)user_page, PAGE_4K, PTE_US);
  map_page(boot_pml4, USER_STACK, take_frames(PAGE_4K, PAGE_4K), PAGE_4K, PTE_US | PTE_RW | PTE_XD);
}

static u64 from_user(const u8 *program) {
  traps = 0;
  enter_user(USER_CODE + (u64)(program - user_page), USER_STACK + PAGE_4K - 16, 1000);
  return traps;
}

u64 syscall_unit(void) { return from_user(user_syscalls); }
u64 int_unit(void) { return from_user(user_ints); }

/* Interrupts that the local APIC delivers: 1,000 interprocessor interrupts to itself, each waited for. */

enum { APIC_EOI = 0xb0, APIC_SVR = 0xf0, APIC_ICR_LOW = 0x300 };
#define IA32_APIC_BASE 0x1b
#define APIC_BASE_ENABLE 0x800
#define SVR_ENABLE 0x100
#define ICR_SELF_FIXED 0x44000

static u64 apic_base;

static volatile u32 *apic(u32 offset) { return (volatile u32 *)(apic_base + offset); }

void ipi_arrived(void) {
  traps++;
  *apic(APIC_EOI) = 0;
}

void ipi_prepare(struct workload *self) {
  (void)self;
  if (!(cpuid(1, 0).edx & 1 << 9)) {
    fail("CPUID offers no local APIC");
  }
  wrmsr(IA32_APIC_BASE, rdmsr(IA32_APIC_BASE) | APIC_BASE_ENABLE);
  apic_base = rdmsr(IA32_APIC_BASE) & PTE_ADDRESS;
  *apic(APIC_SVR) = SVR_ENABLE | VECTOR_SPURIOUS;
}

u64 ipi_unit(void) {
  traps = 0;
  __asm__ volatile("sti");
  for (u32 i = 0; i < 1000; i++) {
    *apic(APIC_ICR_LOW) = ICR_SELF_FIXED | VECTOR_IPI;
    while (traps == i) {
    }
  }
  __asm__ volatile("cli");
  return traps;
}

/* Page faults: 512 pages of a window are touched, mapped by the handler one by one, and all of them forgotten. */

#define FAULT_PAGES 512

static u64 *fault_entries, fault_frames;
static u32 faults;

void page_fault_handler(u64 error, u64 linear) {
  const u64 offset = linear - WINDOW;
  if (error != PF_WR || offset >= FAULT_PAGES * PAGE_4K || !fault_entries) {
    fail("a page fault that no workload causes");
  }
  fault_entries[offset / PAGE_4K] = (fault_frames + (offset & ~0xfffull)) | PTE_P | PTE_RW | PTE_XD;
  faults++;
}

void page_fault_prepare(struct workload *self) {
  (void)self;
  fault_entries = entry_of(boot_pml4, WINDOW, PAGE_4K);
  fault_frames = take_frames(FAULT_PAGES * PAGE_4K, PAGE_4K);
}

u64 page_fault_unit(void) {
  faults = 0;
  for (u64 i = 0; i < FAULT_PAGES; i++) {
    *(volatile u64 *)(WINDOW + i * PAGE_4K + (i & 63) * 64) = i;
  }
  for (u32 i = 0; i < FAULT_PAGES; i++) {
    fault_entries[i] = 0;
  }
  write_cr3((u64)boot_pml4);
  return faults;
}
