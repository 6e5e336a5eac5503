#include "../common/bits.h"
#include "selectors.h"

  .code64
  .section .text.start, "ax"
  .globl _start
  .type _start, @function
_start:
  /* RDI is the handover. The bss is looked at before anything is written to it, so the verdict travels in a register. */
  cli
  cld
  mov %rdi, %rbx
  mov %rsp, %rdx
  mov $bss_start, %rdi
  mov $bss_end, %rcx
  sub %rdi, %rcx
  xor %eax, %eax
  repe scasb
  setz %al
  mov $kernel_stack_top, %rsp
  xor %ebp, %ebp
  mov %rbx, %rdi
  mov %eax, %esi
  lea _start(%rip), %rcx /* Where the kernel runs; $_start is where it was linked. */
  call kernel_main
  ud2
  .size _start, . - _start

  .text

/* u64 attempt(deed, a, b): see kernel.h. The handler resumes at attempt_resume with the stack as it was here. */
  .globl attempt
  .type attempt, @function
attempt:
  push %rbx
  push %rbp
  push %r12
  push %r13
  push %r14
  push %r15
  sub $8, %rsp
  mov %rsp, attempt_rsp
  movq $attempt_resume, attempt_rip
  mov %rdi, %rax
  mov %rsi, %rdi
  mov %rdx, %rsi
  call *%rax
  xor %eax, %eax
  jmp attempt_done
attempt_resume:
  mov $1, %eax
attempt_done:
  movq $0, attempt_rip
  add $8, %rsp
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbp
  pop %rbx
  ret
  .size attempt, . - attempt

  .macro DEED name
  .globl \name
  .type \name, @function
\name:
  .endm

DEED deed_read
  mov (%rdi), %al
  ret
DEED deed_write
  mov %sil, (%rdi)
  ret
DEED deed_write_quad
  mov %rsi, (%rdi)
  ret
DEED deed_call
  call *%rdi
  ret
DEED deed_int3
  int3
  ret
DEED deed_ud2
  ud2
DEED deed_divide
  mov %rdi, %rax
  xor %edx, %edx
  div %rsi
  ret
DEED deed_load_ds
  mov %edi, %ds
  ret
DEED deed_int_missing
  int $VECTOR_MISSING
  ret
DEED deed_int_absent
  int $VECTOR_ABSENT
  ret
DEED deed_lose_stack
  mov %rdi, %rsp /* The push faults, and so does the delivery of that fault: a double fault. */
  push %rax
DEED deed_write_cr0
  mov %rdi, %cr0
  ret
DEED deed_write_msr
  mov %edi, %ecx
  mov %esi, %eax
  mov %rsi, %rdx
  shr $32, %rdx
  wrmsr
  ret
DEED deed_write_cr4
  mov %rdi, %cr4
  ret

/* One stub per vector. Those without an error code push a zero, so that every frame has one shape. */
  .macro STUB vector
  .balign 16
stub_\vector:
  .if !(\vector == 8 || (\vector >= 10 && \vector <= 14) || \vector == 17 || \vector == 21)
  push $0
  .endif
  push $\vector
  jmp trap_entry
  .endm

  .altmacro
  .macro STUB_NUMBER n
  STUB \n
  .endm
  .balign 16
  .globl stubs
stubs:
  .set n, 0
  .rept IDT_VECTORS
  STUB_NUMBER %n
  .set n, n + 1
  .endr
  .noaltmacro

  .type trap_entry, @function
trap_entry:
  testb $3, 24(%rsp) /* From ring 3 the user's GS base is in force. */
  jz 1f
  swapgs
1:
  push %r15
  push %r14
  push %r13
  push %r12
  push %r11
  push %r10
  push %r9
  push %r8
  push %rbp
  push %rdi
  push %rsi
  push %rdx
  push %rcx
  push %rbx
  push %rax
  cld
  mov %rsp, %rdi
  mov %rsp, %rbp
  and $-16, %rsp
  call trap
  mov %rbp, %rsp
  pop %rax
  pop %rbx
  pop %rcx
  pop %rdx
  pop %rsi
  pop %rdi
  pop %rbp
  pop %r8
  pop %r9
  pop %r10
  pop %r11
  pop %r12
  pop %r13
  pop %r14
  pop %r15
  add $16, %rsp
  testb $3, 8(%rsp)
  jz 1f
  swapgs
1:
  iretq
  .size trap_entry, . - trap_entry

/* load_tables(gdt pointer, idt pointer): the far return reloads CS, which no MOV can. */
  .globl load_tables
  .type load_tables, @function
load_tables:
  lgdt (%rdi)
  lidt (%rsi)
  mov $KERNEL_SS, %eax
  mov %eax, %ss
  mov %eax, %ds
  mov %eax, %es
  xor %eax, %eax
  mov %eax, %fs
  mov %eax, %gs
  pop %rdx
  push $KERNEL_CS
  push %rdx
  mov $TSS_SELECTOR, %eax
  ltr %ax
  lretq
  .size load_tables, . - load_tables

/* enter_user(rip, rsp) by SYSRET; enter_user_by_iret(rip, rsp) by IRETQ. Both end in `attempt`: a fault in ring 3, or
 * the exit system call, resumes there. */
  .globl enter_user
  .type enter_user, @function
enter_user:
  mov %rdi, %rcx
  mov %rsi, %rsp
  mov $RFLAGS_IF, %r11d
  xor %ebp, %ebp
  swapgs
  sysretq
  .size enter_user, . - enter_user

  .globl enter_user_by_iret
  .type enter_user_by_iret, @function
enter_user_by_iret:
  pushq $USER_SS
  push %rsi
  pushq $2
  pushq $USER_CS
  push %rdi
  swapgs
  iretq
  .size enter_user_by_iret, . - enter_user_by_iret

/* SYSCALL arrives with the user's RSP. GS:0 is the kernel stack, GS:8 keeps the user's. RAX = 0 asks to be counted and
 * returns; RAX = 1 ends the user program. */
  .globl syscall_entry
  .type syscall_entry, @function
syscall_entry:
  swapgs
  mov %rsp, %gs:8
  mov %gs:0, %rsp
  push %rcx
  push %r11
  pushfq
  pop %rsi /* RFLAGS after FMASK. */
  mov %rax, %rdi
  mov %r11, %rdx
  call syscall_handler
  test %eax, %eax
  jnz 1f
  pop %r11
  pop %rcx
  mov %gs:8, %rsp
  mov $0x5ca11, %eax /* What the user program expects to get back. */
  swapgs
  sysretq
1:
  mov attempt_rsp, %rsp
  xor %eax, %eax
  jmp attempt_done
  .size syscall_entry, . - syscall_entry

/* The user programs, copied to a page of their own. Each starts 64 bytes after the last. */
  .section .rodata
  .balign 64
  .globl user_programs, user_programs_end
user_programs:
  /* 0: two system calls; RBX and R12 must survive, RCX and R11 must hold the return address and flags. */
  mov $0x1234, %ebx
  xor %eax, %eax
  syscall
9:
  lea 9b(%rip), %rdx
  cmp %rdx, %rcx
  jne 8f
  cmp $0x5ca11, %eax
  jne 8f
  cmp $0x1234, %ebx
  jne 8f
  push %rax /* The user stack works. */
  pop %rax
  mov $1, %eax
  syscall
8:
  ud2
  .balign 64
  mov user_target_kernel, %al /* 1: reads the kernel. */
  ud2
  .balign 64
  movb $1, user_programs_window(%rip) /* 2: writes its own code page, which is read-only. */
  ud2
  .balign 64
  cli /* 3: not with IOPL 0. */
  ud2
  .balign 64
  int3 /* 4: the gate's DPL is 3. */
  ud2
  .balign 64
  int $14 /* 5: the gate's DPL is 0: #GP with the vector in the error code. */
  ud2
  .balign 64
  out %al, $0xF4 /* 6: no I/O permission bitmap: #GP. */
  ud2
  .balign 64
  push %rax /* 7: the stack page is not executable. */
  jmp *%rsp
  ud2
  .balign 64
user_programs_end:
  .set user_programs_window, user_programs
  .set user_target_kernel, _start

  .data
  .balign 8
  .globl attempt_rip, attempt_rsp
attempt_rip:
  .quad 0
attempt_rsp:
  .quad 0

  .bss
  .balign 4096
  .skip 16384
kernel_stack_top:
  .globl double_fault_stack_top, trap_stack_top
  .skip 4096
double_fault_stack_top:
  .skip 4096
trap_stack_top:

  .section .note.GNU-stack, "", @progbits
