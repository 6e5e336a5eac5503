/* Ring 3: SYSRET and IRETQ into it, SYSCALL and faults out of it, and what it may not touch. */
#include "kernel.h"

#define USER_TEXT 0x40000000ull
#define USER_STACK 0x40001000ull
#define USER_STACK_TOP (USER_STACK + PAGE_4K)
#define USER_GS 0x1111000ull
#define PROGRAM_BYTES 64

extern u8 user_programs[], user_programs_end[], trap_stack_top[];
void enter_user(u64 rip, u64 rsp);
void enter_user_by_iret(u64 rip, u64 rsp);
void syscall_entry(void);
u64 syscall_handler(u64 number, u64 rflags, u64 user_rflags);

static struct {
  u64 syscall_rsp, user_rsp;
} local; /* What GS points to in ring 0. */
static u8 user_text[PAGE_4K] __attribute__((aligned(PAGE_4K)));
static u8 user_stack[PAGE_4K] __attribute__((aligned(PAGE_4K)));
static u64 syscalls, syscalls_right;

/* Returns what the stub should do: 0 goes back to the user, 1 ends the program. */
u64 syscall_handler(u64 number, u64 rflags, u64 user_rflags) {
  syscalls++;
  syscalls_right += !(rflags & (RFLAGS_IF | RFLAGS_DF)) && (user_rflags & 2) && rdmsr(IA32_GS_BASE) == (u64)&local &&
                    rdmsr(IA32_KERNEL_GS_BASE) == USER_GS && local.user_rsp == USER_STACK_TOP;
  return number;
}

static u64 run(u32 program) { return attempt(enter_user, USER_TEXT + PROGRAM_BYTES * program, USER_STACK_TOP); }

static void check_supervisor_guards(void) {
  const u32 features = cpuid(0, 0).eax >= 7 ? cpuid(7, 0).ebx : 0;
  const u64 cr4 = read_cr4();
  if (features & CPUID_7_EBX_SMEP) {
    write_cr4(cr4 | CR4_SMEP);
    attempt(deed_call, USER_TEXT, 0);
    check_page_fault("SMEP: #PF error 0x11", PF_P | PF_ID, USER_TEXT);
  }
  if (features & CPUID_7_EBX_SMAP) {
    write_cr4(cr4 | CR4_SMAP);
    attempt(deed_read, USER_STACK, 0);
    check_page_fault("SMAP: #PF error 0x1", PF_P, USER_STACK);
    __asm__ volatile("stac");
    const u64 faulted = attempt(deed_read, USER_STACK, 0);
    __asm__ volatile("clac");
    check("and STAC allows it", !faulted);
  }
  write_cr4(cr4);
}

void check_user(void) {
  memcpy(user_text, user_programs, (size_t)(user_programs_end - user_programs));
  map_page(USER_TEXT, walk(user_text).physical, PTE_P | PTE_US);
  map_page(USER_STACK, walk(user_stack).physical, PTE_P | PTE_US | PTE_RW | PTE_XD);
  local.syscall_rsp = (u64)trap_stack_top;
  wrmsr(IA32_GS_BASE, (u64)&local);
  wrmsr(IA32_KERNEL_GS_BASE, USER_GS);
  wrmsr(IA32_EFER, rdmsr(IA32_EFER) | EFER_SCE);
  /* SYSRET adds 8 and 16 to its base, and SYSCALL 0 and 8 to its own. */
  wrmsr(IA32_STAR, (u64)(USER_SS - 8) << 48 | (u64)KERNEL_CS << 32);
  wrmsr(IA32_LSTAR, (u64)syscall_entry);
  wrmsr(IA32_FMASK, RFLAGS_IF | RFLAGS_DF);

  check("SYSRET to ring 3, SYSCALL and back, SYSCALL again", run(0) == 0 && syscalls == 2);
  check_equal("SWAPGS, FMASK, user stack and flags", syscalls_right, syscalls);
  const u64 ended = attempt(enter_user_by_iret, USER_TEXT, USER_STACK_TOP);
  check("IRETQ to ring 3", !ended && syscalls == 4 && syscalls_right == 4);
  run(1);
  const int from_user = trapped.cs == USER_CS && trapped.rsp_in_handler == (u64)trap_stack_top - sizeof(struct trap_frame);
  check_page_fault("user reads the kernel: #PF error 0x5", PF_P | PF_US, (u64)text_start);
  check("and it came from ring 3 onto RSP0", from_user);
  run(2);
  check_page_fault("user writes its text: #PF error 0x7", PF_P | PF_WR | PF_US, USER_TEXT);
  run(3);
  check_fault("user CLI: #GP error 0x0", 13, 0);
  run(4);
  check_fault("user INT3: #BP", 3, 0);
  run(5);
  check_idt_error("user INT 14: #GP error 0x72", 13, 14);
  run(6);
  check_fault("user OUT: #GP error 0x0", 13, 0);
  run(7);
  check_page_fault("user executes its stack: #PF error 0x15", PF_P | PF_US | PF_ID, USER_STACK_TOP - 8);
  check_supervisor_guards();
}
