/* Entry, tables, the three output routines, and the tour itself. */
#include "modes.h"

#define HEADER_FLAGS MULTIBOOT_MEMORY_INFO

  .section .multiboot, "a"
  .balign 4
  .long MULTIBOOT_HEADER_MAGIC
  .long HEADER_FLAGS
  .long -(MULTIBOOT_HEADER_MAGIC + HEADER_FLAGS)

  .text
  .code32
FUNCTION modes_entry
  cli
  cld
  mov $stack_top, %esp
  /* Multiboot leaves EFLAGS and CR4 undefined but for IF and VM: NT would turn an IRET into a task switch. */
  push $0
  popf
  xor %ecx, %ecx
  mov %ecx, %cr4
  mov %eax, %ebp
  xor %edx, %edx
  /* The command line is looked at before the low memory that may hold it is overwritten. */
  testl $MULTIBOOT_INFO_CMDLINE, (%ebx)
  jz 3f
  mov 16(%ebx), %esi
2:
  mov (%esi), %al
  test %al, %al
  jz 3f
  mov $strict_option, %edi
  mov $strict_option_end - strict_option, %ecx
  push %esi
  repe cmpsb
  pop %esi
  je 4f
  inc %esi
  jmp 2b
4:
  inc %edx
3:
  mov $low_load, %esi
  mov $low_start, %edi
  mov $low_end, %ecx
  sub %edi, %ecx
  rep movsb
  /* The GDT is in low memory now. Until here the segments that multiboot promises have served. */
  lgdt gdt_pointer
  ljmp $CODE32, $1f
1:
  mov $DATA32, %ecx
  mov %ecx, %ds
  mov %ecx, %es
  mov %ecx, %ss
  mov %edx, strict
  call console_open
  call build_idt
  cmp $MULTIBOOT_BOOTLOADER_MAGIC, %ebp
  EXPECT 1
  call visit_protected
  call visit_16_bit_modes
  call visit_virtual_8086
  call visit_paging
  call visit_long_mode
  mov $back_text, %esi
  call report32
  jmp leave_in_real_mode

FUNCTION console_open
  mov $console_setup, %esi
  mov $7, %ecx
1:
  lodsw
  movzbl %ah, %edx
  add $COM1, %edx
  out %al, %dx
  loop 1b
  ret

/* Interrupt gates for all vectors, to stubs of 16 bytes. DPL is 3 for the one that virtual-8086 code may call. */
build_idt:
  mov $idt, %edi
  mov $stubs, %eax
  mov $IDT_VECTORS, %ecx
1:
  mov %ax, (%edi)
  movw $CODE32, 2(%edi)
  movw $0x8e00, 4(%edi)
  mov %eax, %edx
  shr $16, %edx
  mov %dx, 6(%edi)
  add $8, %edi
  add $16, %eax
  loop 1b
  orw $0x6000, idt + 8 * VECTOR_GATE_V86 + 4
  lidt idt_pointer
  ret

  .macro STUB vector
  .balign 16
  .if !(\vector == 8 || (\vector >= 10 && \vector <= 14) || \vector == 17)
  push $0
  .endif
  push $\vector
  jmp trap32
  .endm

  .balign 16
stubs:
  .set n, 0
  .altmacro
  .rept IDT_VECTORS
  STUB %n
  .set n, n + 1
  .endr
  .noaltmacro

/* Stack: vector, error code, EIP, CS, EFLAGS. Virtual-8086 code has a monitor; everything else resumes where it was
 * armed, with the stack of then: the frame is simply abandoned. */
FUNCTION trap32
  testl $RFLAGS_VM, 16(%esp)
  jnz monitor_v86
  push $DATA32
  pop %ds
  push $DATA32
  pop %es
  pop fault_vector
  pop fault_error
  lss resume_stack, %esp
  ljmp *resume_far

  .section .rodata
console_setup: /* Value, then offset from COM1: no interrupts, 115,200 baud, 8N1, FIFO on, DTR and RTS. */
  .byte 0x00, 1, 0x80, 3, 0x01, 0, 0x00, 1, 0x03, 3, 0x07, 2, 0x03, 4
strict_option:
  .ascii "strict=1"
strict_option_end:
idt_pointer:
  .word IDT_VECTORS * 8 - 1
  .long idt

  .section .low, "awx"
/* puts and report: ESI is the text, which lies below 64 KiB, so that SI is enough where addresses have 16 bits. The body
 * assembles for every code size. */
  .macro CONSOLE size
  .code\size
FUNCTION puts\size
  lodsb
  test %al, %al
  jz 3f
  mov %al, %ah
  mov $COM1 + 5, %dx
2:
  in %dx, %al
  test $0x20, %al
  jz 2b
  mov %ah, %al
  mov $COM1, %dx
  out %al, %dx
  jmp puts\size
3:
  ret

FUNCTION report\size
  call puts\size
  mov $ok_text, %esi
  mov unenforced, %eax
  test %eax, %eax
  jz 1f
  mov $lenient_text, %esi
  cmpl $0, strict
  je 1f
  mov %eax, verdict
1:
  mov verdict, %eax
  test %eax, %eax
  jz 2f
  incl failures
  add $0x40, %al
  mov %al, failed_letter /* Check 1 is A. */
  mov $failed_text, %esi
2:
  movl $0, verdict
  movl $0, unenforced
  call puts\size
  ret
  .endm

  CONSOLE 16
  CONSOLE 32
  CONSOLE 64
  .code32

  .balign 8
  .globl gdt, gdt_pointer, verdict, unenforced, failures, strict, fault_vector, fault_error, resume_far, resume_stack
gdt:
  .quad 0
  .quad 0x00cf9b000000ffff /* CODE32 */
  .quad 0x00cf93000000ffff /* DATA32 */
  .quad 0x00009b000000ffff /* CODE16 */
  .quad 0x000093000000ffff /* DATA16 */
  .quad 0x00209b0000000000 /* CODE64 */
  .quad 0x0000890060000000 + TSS_BYTES - 1 /* TSS32, at 0x6000 */
  .quad 0x00409300700000ff /* SMALL */
  .quad 0x00409100700000ff /* READ_ONLY */
  .quad 0x0040970000000fff /* EXPAND_DOWN */
  .quad 0x00cf13000000ffff /* ABSENT */
gdt_end:
gdt_pointer:
  .word gdt_end - gdt - 1
  .long gdt
  .balign 4
verdict:
  .long 0
unenforced:
  .long 0
failures:
  .long 0
strict:
  .long 0
fault_vector:
  .long 0
fault_error:
  .long 0
resume_far:
  .long 0
  .word 0
  .balign 4
resume_stack:
  .long 0
  .word 0
ok_text:
  .asciz "ok\n"
lenient_text:
  .asciz "ok (segment limits or types are not enforced)\n"
failed_text:
  .ascii "FAILED at check "
failed_letter:
  .asciz "?\n"
back_text:
  .asciz "modes: 32-bit protected mode again: "

  .bss
  .balign 16
  .globl idt, stack_top
idt:
  .skip IDT_VECTORS * 8
  .balign 16
  .skip 8192
stack_top:

  .section .note.GNU-stack, "", @progbits
