/* Compatibility mode by 32- and by 16-bit segments, 64-bit mode, and the way back. */
#include "modes.h"

#define IDT64_VECTORS 15

  .text
  .code32
FUNCTION visit_long_mode
  call clear_tables
  movl $table_b + 3, table_a
  movl $table_b + 3, table_a + 256 * 8 /* The same again at 0xffff800000000000. */
  movl $table_c + 3, table_b
  movl $0x83, table_c
  movl $0x200083, table_c + 8
  mov %cr4, %eax
  or $CR4_PAE, %eax
  mov %eax, %cr4
  mov $IA32_EFER, %ecx
  rdmsr
  or $EFER_LME, %eax
  wrmsr
  mov $table_a, %eax
  call paging_on

  /* CS still has L = 0. */
  mov $IA32_EFER, %ecx
  rdmsr
  and $EFER_LMA, %eax
  cmp $EFER_LMA, %eax
  EXPECT 1
  mov %esp, %ecx
  push $0
  sub %esp, %ecx
  cmp $4, %ecx
  EXPECT 2
  pop %eax
  mov $6, %eax
  .byte 0x40 /* INC EAX here, a REX prefix in 64-bit mode. */
  nop
  cmp $7, %eax
  EXPECT 3
  mov $compatibility_text, %esi
  call report32
  ljmp $CODE16, $compatibility_16

  .code64
visit_64:
  mov $DATA32, %eax
  mov %eax, %ss
  mov %eax, %ds
  mov %eax, %es
  mov long_esp, %esp
  mov %rsp, %rcx
  push $0
  sub %rsp, %rcx
  cmp $8, %rcx
  EXPECT 1
  pop %rax
  lea visit_64(%rip), %rax
  cmp $visit_64, %rax
  EXPECT 2
  mov $-1, %rax
  mov $5, %eax /* Clears the upper half. */
  cmp $5, %rax
  EXPECT 3
  mov $-1, %rax
  mov $5, %ax /* Does not. */
  neg %rax
  cmp $0xfffb, %rax
  EXPECT 4
  mov $6, %eax
  .byte 0x40
  nop
  cmp $6, %eax
  EXPECT 5
  movabs $0xffff800000100000, %r9
  mov (%r9), %r10d
  cmp $MULTIBOOT_HEADER_MAGIC, %r10d
  EXPECT 6
  mov $0x80, %esi /* SIL, which only a REX prefix can name. */
  movsx %sil, %r11
  cmp $-0x80, %r11
  EXPECT 7

  /* Gates of 16 bytes, all to one handler that keeps RIP and takes the error code from the stack it finds. */
  mov $idt64, %edi
  mov $IDT64_VECTORS, %ecx
1:
  mov $trap64, %eax
  mov %ax, (%rdi)
  movw $CODE64, 2(%rdi)
  movw $0x8e00, 4(%rdi)
  shr $16, %eax
  mov %ax, 6(%rdi)
  add $16, %rdi
  loop 1b
  lidt idt64_pointer
  movabs $0x0000800000000000, %rbx
  mov $1f, %r8d
  xor %r12d, %r12d
  mov (%rbx), %al /* #GP, with an error code of 0 on top of the frame. */
1:
  cmp $0, %r12
  EXPECT 8
  mov $1f, %r8d
  mov $-1, %r12
  movabs $0xffff800040000000, %rbx
  movb $0, (%rbx)
1:
  cmp $PF_WR, %r12
  EXPECT 9
  mov %cr2, %rax
  cmp %rbx, %rax
  EXPECT 10
  mov $1f, %r8d
  mov $-1, %r12
64:
  .byte 0x06 /* PUSH ES: #UD here. No error code, so RIP is on top. */
1:
  cmp $64b, %r12
  EXPECT 11
  mov $long_text, %esi
  call report64
  /* Back by a far return to the 32-bit segment. */
  push $CODE32
  lea leave_long_mode(%rip), %rax
  push %rax
  lretq

/* R12: what lies on top of the stack; R8: where to go on. */
trap64:
  mov (%rsp), %r12
  mov long_esp, %esp
  jmp *%r8

  .code32
leave_long_mode:
  mov long_esp, %esp
  call paging_off
  mov $IA32_EFER, %ecx
  rdmsr
  and $~EFER_LME, %eax
  wrmsr
  mov %cr4, %eax
  and $~CR4_PAE, %eax
  mov %eax, %cr4
  lidt idt32_pointer
  mov $IA32_EFER, %ecx
  rdmsr
  test $EFER_LMA, %eax
  EXPECT 1
  ret

  .section .low, "awx"
  .code16
FUNCTION compatibility_16
  mov %esp, long_esp
  mov $DATA16, %ax
  mov %ax, %ds
  mov %ax, %es
  mov %ax, %ss
  mov $STACK16, %esp
  mov %sp, %cx
  push $0
  sub %sp, %cx
  cmp $2, %cx
  EXPECT 1
  pop %ax
  movb $0x69, SCRATCH
  mov $0xff00, %bx
  cmpb $0x69, SCRATCH + 0x100(%bx)
  EXPECT 2
  mov $compatibility_16_text, %esi
  call report16
  ljmpl $CODE64, $visit_64

  .balign 4
long_esp:
  .long 0
idt64_pointer:
  .word IDT64_VECTORS * 16 - 1
  .quad idt64
idt32_pointer:
  .word IDT_VECTORS * 8 - 1
  .long idt
compatibility_text:
  .asciz "modes: compatibility mode: "
compatibility_16_text:
  .asciz "modes: 16-bit compatibility mode: "
long_text:
  .asciz "modes: 64-bit mode: "

  .bss
  .balign 16
idt64:
  .skip IDT64_VECTORS * 16

  .section .note.GNU-stack, "", @progbits
