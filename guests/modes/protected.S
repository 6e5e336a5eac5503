/* 32-bit protected mode: segment limits, types and presence, and the width of the stack. */
#include "modes.h"

  .text
  .code32
FUNCTION visit_protected
  mov $SMALL, %eax
  mov %eax, %fs
  movb $0x5a, %fs:0xff
  cmpb $0x5a, SCRATCH + 0xff
  EXPECT 2
  ARM
  movb %fs:0x100, %al
  CAUGHT 3, VECTOR_GP, 0, unenforced
  ARM
  movl %fs:0xfd, %eax /* Its last byte is beyond the limit. */
  CAUGHT 4, VECTOR_GP, 0, unenforced
  mov $READ_ONLY, %eax
  mov %eax, %fs
  ARM
  movb $0, %fs:0
  CAUGHT 5, VECTOR_GP, 0, unenforced
  mov $EXPAND_DOWN, %eax
  mov %eax, %fs
  movb %fs:0x1000, %al
  ARM
  movb %fs:0xfff, %al
  CAUGHT 6, VECTOR_GP, 0, unenforced
  mov $ABSENT, %eax
  ARM
  mov %eax, %fs
  CAUGHT 7, VECTOR_NP, ABSENT
  mov $ABSENT + 8, %eax
  ARM
  mov %eax, %fs
  CAUGHT 8, VECTOR_GP, ABSENT + 8
  xor %eax, %eax
  mov %eax, %fs
  ARM
  movb %fs:0, %al
  CAUGHT 9, VECTOR_GP, 0, unenforced
  ARM
  ud2
  CAUGHT 10, VECTOR_UD, 0

  mov %esp, %ecx
  push $0
  sub %esp, %ecx
  cmp $4, %ecx
  EXPECT 11
  pop %eax
  mov %esp, %ecx
  pushw $0
  sub %esp, %ecx
  cmp $2, %ecx
  EXPECT 12
  popw %ax
  mov $protected_text, %esi
  jmp report32

  .section .low, "awx"
protected_text:
  .asciz "modes: 32-bit protected mode: "

  .section .note.GNU-stack, "", @progbits
