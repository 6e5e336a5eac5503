/* A virtual-8086 task under a small monitor. It runs twice: with IOPL 0, where INT n, IRET, CLI and denied ports come to the
 * monitor as #GP, and with IOPL 3, where CLI works and INT n goes through the IDT. */
#include "modes.h"

  .text
  .code32
FUNCTION visit_virtual_8086
  /* The TSS: a stack for ring 0, and an I/O permission bitmap that denies all ports but COM1's eight. */
  mov $TSS, %edi
  xor %eax, %eax
  mov $104 / 4, %ecx
  rep stosl
  mov $0xff, %al
  mov $TSS_BYTES - 104, %ecx
  rep stosb
  movb $0, TSS + 104 + COM1 / 8
  movl $ring0_stack_top, TSS + 4
  movl $DATA32, TSS + 8
  movw $104, TSS + 102
  mov $TSS32, %eax
  ltr %ax
  mov %cr4, %eax
  and $~CR4_VME, %eax
  mov %eax, %cr4

  xor %ebp, %ebp /* The monitor counts in EBP: CLIs in byte 0, denied OUTs in byte 1, privileged instructions in byte 2. */
  mov $v86_iopl0, %ebx
  mov $(RFLAGS_VM | 2), %ecx
  call run_v86
  cmp $0x010101, %ebp
  EXPECT 5
  mov $v86_iopl3, %ebx
  mov $(RFLAGS_VM | 0x3002), %ecx
  call run_v86
  ret

/* EBX: entry, ECX: EFLAGS. Comes back when the monitor leaves through resume_far. */
run_v86:
  ARM
  pushl $0 /* GS */
  pushl $0 /* FS */
  pushl $0 /* DS */
  pushl $0 /* ES */
  pushl $0 /* SS */
  pushl $STACK16
  push %ecx
  pushl $0 /* CS */
  push %ebx
  iret
88:
  ret

/* Stack: vector, error code, EIP, CS, EFLAGS, ESP, SS, ES, DS, FS, GS. The segment registers are null here. */
FUNCTION monitor_v86
  push %eax
  push %ebx
  mov $DATA32, %eax
  mov %eax, %ds
  mov %eax, %es
  mov 8(%esp), %eax
  cmp $VECTOR_GATE_V86, %eax
  je leave_v86
  cmp $VECTOR_GP, %eax
  jne unexpected_v86
  cmpl $0, 12(%esp)
  jne unexpected_v86
  movzwl 20(%esp), %ebx
  shl $4, %ebx
  add 16(%esp), %ebx
  mov (%ebx), %eax
  cmp $0xfa, %al /* CLI */
  je 1f
  cmp $0xee, %al /* OUT DX, AL */
  je 2f
  cmp $0xcd, %al /* INT n */
  je 4f
  cmp $0xcf, %al /* IRET */
  je 6f
  cmp $0x200f, %ax /* MOV r32, CR0 */
  je 3f
unexpected_v86:
  movl $6, verdict
leave_v86:
  lss resume_stack, %esp
  ljmp *resume_far
3:
  add $0x10000, %ebp
  addl $2, 16(%esp)
  jmp 5f
2:
  add $0x100, %ebp
  jmp 5f
1:
  inc %ebp
5:
  incl 16(%esp)
  jmp resume_v86
4:
  cmp $VECTOR_LEAVE_V86, %ah
  je leave_v86
  /* Reflection: FLAGS, CS and IP of the next instruction go onto the task's own stack, and it goes on at its vector. */
  addl $2, 16(%esp)
  subw $6, 28(%esp)
  movzwl 32(%esp), %ebx
  shl $4, %ebx
  add 28(%esp), %ebx
  push %ecx
  mov 28(%esp), %ecx
  mov %cx, 4(%ebx)
  mov 24(%esp), %ecx
  mov %cx, 2(%ebx)
  mov 20(%esp), %ecx
  mov %cx, (%ebx)
  pop %ecx
  movzbl %ah, %eax
  movzwl IVT(,%eax,4), %ebx
  mov %ebx, 16(%esp)
  movzwl IVT + 2(,%eax,4), %ebx
  mov %ebx, 20(%esp)
  jmp resume_v86
6: /* IRET takes IP, CS and FLAGS off the task's stack; IOPL and VM stay the monitor's. */
  movzwl 32(%esp), %ebx
  shl $4, %ebx
  add 28(%esp), %ebx
  movzwl (%ebx), %eax
  mov %eax, 16(%esp)
  movzwl 2(%ebx), %eax
  mov %eax, 20(%esp)
  movzwl 4(%ebx), %eax
  and $0x0cd5, %eax /* CF, PF, AF, ZF, SF, DF, OF. */
  or $(RFLAGS_VM | 2), %eax
  mov %eax, 24(%esp)
  addw $6, 28(%esp)
resume_v86:
  pop %ebx
  pop %eax
  add $8, %esp
  iret

  .section .low, "awx"
  .code16
FUNCTION v86_iopl0
  mov $SCRATCH >> 4, %ax
  mov %ax, %es
  movb $0x68, %es:0x20
  cmpb $0x68, SCRATCH + 0x20
  EXPECT 1
  xor %bx, %bx
  mov %sp, %cx
  int $VECTOR_REFLECTED
  cmp $0x4040, %bx
  EXPECT 2
  cmp %sp, %cx
  EXPECT 3
  smsw %ax /* Not privileged: PE shows through. */
  and $CR0_PE, %ax
  cmp $CR0_PE, %ax
  EXPECT 4
  cli
  mov $0x80, %dx /* Denied by the bitmap. */
  out %al, %dx
  mov %cr0, %eax /* Privileged: virtual-8086 code has CPL 3. */
  int $VECTOR_LEAVE_V86

FUNCTION v86_iopl3
  cli
  pushf
  pop %ax
  and $0x3200, %ax /* IOPL 3, IF 0. */
  cmp $0x3000, %ax
  EXPECT 7
  mov $v86_text, %esi
  call report16 /* By OUT to COM1, which the bitmap allows. */
  int $VECTOR_GATE_V86

v86_text:
  .asciz "modes: virtual-8086 mode: "

  .bss
  .balign 16
  .skip 4096
ring0_stack_top:

  .section .note.GNU-stack, "", @progbits
