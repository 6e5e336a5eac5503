/* Where the processor enters the kernel, and the user programs that make it. */
#include "selectors.h"

/* What a C function may change. */
#define SAVE_CALLER push %rax; push %rcx; push %rdx; push %rsi; push %rdi; push %r8; push %r9; push %r10; push %r11
#define RESTORE_CALLER pop %r11; pop %r10; pop %r9; pop %r8; pop %rdi; pop %rsi; pop %rdx; pop %rcx; pop %rax

  .text

/* u64 enter_user(u64 entry, u64 stack, u64 count): runs a user program until it leaves by its last system call. */
  .globl enter_user
  .type enter_user, @function
enter_user:
  push %rbx
  push %rbp
  push %r12
  push %r13
  push %r14
  push %r15
  mov %rsp, kernel_stack
  mov %rdi, %rcx
  mov %rdx, %r12
  mov $2, %r11d /* RFLAGS: nothing but the bit that is always set. Interrupts stay off. */
  mov %rsi, %rsp
  sysretq
  .size enter_user, . - enter_user

leave_user:
  swapgs
  mov kernel_stack, %rsp
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbp
  pop %rbx
  ret

/* System call 0 ends the program; 1 is dispatched to C, with what a kernel does before and after. */
  .globl syscall_entry
  .type syscall_entry, @function
syscall_entry:
  swapgs
  mov %rsp, %gs:8
  mov %gs:0, %rsp
  test %eax, %eax
  jz leave_user
  push %rcx
  push %r11
  push %rdx
  push %rsi
  push %rdi
  push %r8
  push %r9
  push %r10
  call trap_count
  pop %r10
  pop %r9
  pop %r8
  pop %rdi
  pop %rsi
  pop %rdx
  pop %r11
  pop %rcx
  mov %gs:8, %rsp
  swapgs
  sysretq
  .size syscall_entry, . - syscall_entry

  .globl int_entry
int_entry:
  SAVE_CALLER
  call trap_count
  RESTORE_CALLER
  iretq

  .globl ipi_entry
ipi_entry:
  SAVE_CALLER
  call ipi_arrived
  RESTORE_CALLER
  iretq

  .globl spurious_entry
spurious_entry:
  iretq

/* The error code lies below what is saved. */
  .globl page_fault_entry
page_fault_entry:
  SAVE_CALLER
  mov 9 * 8(%rsp), %rdi
  mov %cr2, %rsi
  call page_fault_handler
  RESTORE_CALLER
  add $8, %rsp
  iretq

  .globl stray_entry
stray_entry:
  cld
  call stray
  ud2

/* One page that is mapped for ring 3; position-independent. */
  .balign 4096
  .globl user_page, user_syscalls, user_ints
user_page:
user_syscalls:
  mov $1, %eax
  mov %r12, %rdi
  syscall
  dec %r12
  jnz user_syscalls
  xor %eax, %eax
  syscall
user_ints:
  int $0x80
  dec %r12
  jnz user_ints
  xor %eax, %eax
  syscall
  .balign 4096

  .section .note.GNU-stack, "", @progbits
