/* 16-bit protected mode, real mode, unreal mode, and back to 32-bit protected mode. */
#include "modes.h"

  .text
  .code32
FUNCTION visit_16_bit_modes
  mov %esp, saved_esp
  ljmp $CODE16, $protected_16

/* Returns to the caller of visit_16_bit_modes. */
return_32:
  mov $DATA32, %eax
  mov %eax, %ds
  mov %eax, %es
  mov %eax, %ss
  xor %eax, %eax
  mov %eax, %fs
  mov %eax, %gs
  mov saved_esp, %esp
  lidt idt_pointer_low
  ret

FUNCTION leave_in_real_mode
  movl $1, leaving
  ljmp $CODE16, $protected_16_to_real

  .section .low, "awx"
  .code16
FUNCTION protected_16
  mov $DATA16, %ax
  mov %ax, %ds
  mov %ax, %es
  mov %ax, %ss
  mov $STACK16, %esp /* All of ESP: the 32-bit handler addresses its frame by it. */
  /* Addresses wrap at 64 KiB, and so does SP while SS.B = 0. */
  movb $0x77, SCRATCH
  mov $0xff00, %bx
  cmpb $0x77, SCRATCH + 0x100(%bx)
  EXPECT 1
  mov %sp, %cx
  push $0
  sub %sp, %cx
  cmp $2, %cx
  EXPECT 2
  pop %ax
  mov %sp, %cx
  xor %sp, %sp
  push $0x1234
  cmp $0xfffe, %sp
  EXPECT 3
  cmpw $0x1234, 0xfffe
  EXPECT 4
  mov %cx, %sp
  /* 32-bit operands by prefix; a 32-bit offset beyond the limit. */
  mov $0x12345678, %eax
  shr $16, %eax
  cmp $0x1234, %ax
  EXPECT 5
  mov $0x10000, %ebx
  ARM
  movb (%ebx), %al
  CAUGHT 6, VECTOR_GP, 0, unenforced
  mov $DATA16, %ax
  mov %ax, %ds
  mov %ax, %es
  mov $protected_16_text, %esi
  call report16

FUNCTION protected_16_to_real
  mov $DATA16, %ax /* Limits of 64 KiB before PE is cleared: real mode keeps what is cached. */
  mov %ax, %ds
  mov %ax, %es
  mov %ax, %fs
  mov %ax, %gs
  mov %ax, %ss
  mov $STACK16, %esp
  mov %cr0, %eax
  and $~CR0_PE, %eax
  mov %eax, %cr0
  ljmp $0, $real_entry

FUNCTION real_entry
  xor %ax, %ax
  mov %ax, %ds
  mov %ax, %es
  mov %ax, %ss
  lidt ivt_pointer
  cmpl $0, leaving
  jne real_again

  /* Vectors of our own; the firmware's others are never used, as interrupts stay off. */
  movl $real_divide, IVT + 4 * VECTOR_DE
  movl $real_undefined, IVT + 4 * VECTOR_UD
  movl $real_protection, IVT + 4 * VECTOR_GP
  movl $real_interrupt, IVT + 4 * VECTOR_REFLECTED

  smsw %ax
  and $CR0_PE, %ax
  EXPECT 1
  mov $SCRATCH >> 4, %ax
  mov %ax, %es
  movb $0x66, %es:0x10
  cmpb $0x66, SCRATCH + 0x10
  EXPECT 2
  mov $0xff00, %bx
  movb $0x67, SCRATCH
  cmpb $0x67, SCRATCH + 0x100(%bx)
  EXPECT 3
  /* FFFF:0010 is physical 1 MiB, where this image begins, unless A20 is masked. */
  mov $0xffff, %ax
  mov %ax, %es
  cmpl $MULTIBOOT_HEADER_MAGIC, %es:0x10
  EXPECT 4
  mov %sp, %cx
  xor %bx, %bx
  int $VECTOR_REFLECTED
  cmp $0x4040, %bx
  EXPECT 5
  cmp %sp, %cx
  EXPECT 6
  ARM
  xor %dx, %dx
  xor %cx, %cx
  div %cx
  CAUGHT 7, VECTOR_DE, 0
  ARM
  ud2
  CAUGHT 8, VECTOR_UD, 0
  ARM
  mov 0xffff, %ax /* A word at the last byte of the segment. */
  CAUGHT 9, VECTOR_GP, 0, unenforced
  mov %sp, %cx
  pushl $0
  sub %sp, %cx
  cmp $4, %cx
  EXPECT 10
  popl %eax
  mov $real_text, %esi
  call report16

  /* Unreal mode: FS keeps the limit that it was given in protected mode. Protected mode is left again at once, without a
   * far jump: CS never changes. */
  lgdt gdt_pointer
  mov %cr0, %eax
  or $CR0_PE, %al
  mov %eax, %cr0
  mov $DATA32, %bx
  mov %bx, %fs
  and $~CR0_PE, %al
  mov %eax, %cr0
  mov $0x100000, %ebx
  cmpl $MULTIBOOT_HEADER_MAGIC, %fs:(%ebx)
  EXPECT 1
  mov $above_1m, %ebx
  movl $0xfeedf00d, %fs:(%ebx)
  cmpl $0xfeedf00d, %fs:(%ebx)
  EXPECT 2
  /* Loading FS in real mode sets its base and leaves its limit. */
  mov $0x10, %ax
  mov %ax, %fs
  mov $0x100000 - 0x100, %ebx
  cmpl $MULTIBOOT_HEADER_MAGIC, %fs:(%ebx)
  EXPECT 3
  mov $0x10000, %ebx
  ARM
  movb (%ebx), %al /* DS still has its 64 KiB. */
  CAUGHT 4, VECTOR_GP, 0, unenforced
  mov $unreal_text, %esi
  call report16

  mov %cr0, %eax
  or $CR0_PE, %al
  mov %eax, %cr0
  ljmpl $CODE32, $return_32

/* Real-mode exceptions push no error code. */
real_divide:
  movl $VECTOR_DE, fault_vector
  jmp 1f
real_undefined:
  movl $VECTOR_UD, fault_vector
  jmp 1f
real_protection:
  movl $VECTOR_GP, fault_vector
1:
  movl $0, fault_error
  lssl resume_stack, %esp
  ljmpl *resume_far

/* Also what virtual-8086 code is reflected to. */
FUNCTION real_interrupt
  mov $0x4040, %bx
  iret

real_again:
  mov $real_again_text, %esi
  call report16
  mov $pass_text, %esi
  mov $EXIT_PASS, %bl
  cmpl $0, failures
  je 1f
  mov $fail_text, %esi
  mov $EXIT_FAIL, %bl
1:
  call puts16
  mov %bl, %al
  out %al, $DEBUG_EXIT_PORT
2:
  cli
  hlt
  jmp 2b

  .balign 4
saved_esp:
  .long 0
leaving:
  .long 0
ivt_pointer:
  .word 0x3ff
  .long IVT
idt_pointer_low:
  .word IDT_VECTORS * 8 - 1
  .long idt
protected_16_text:
  .asciz "modes: 16-bit protected mode: "
real_text:
  .asciz "modes: real mode: "
unreal_text:
  .asciz "modes: unreal mode: "
real_again_text:
  .asciz "modes: real mode again: "
pass_text:
  .asciz "PASS\n"
fail_text:
  .asciz "FAIL\n"

  .bss
  .balign 4
above_1m:
  .skip 4

  .section .note.GNU-stack, "", @progbits
