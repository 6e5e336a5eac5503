/* The 32-bit image: flat segments, no paging, SSE on. */
#include "../common/bits.h"
#include "../common/multiboot.h"

#define HEADER_FLAGS MULTIBOOT_MEMORY_INFO

#define CODE 0x08
#define DATA 0x10

  .section .multiboot, "a"
  .balign 4
  .long MULTIBOOT_HEADER_MAGIC
  .long HEADER_FLAGS
  .long -(MULTIBOOT_HEADER_MAGIC + HEADER_FLAGS)

  .text
  .globl bench_entry
  .type bench_entry, @function
bench_entry:
  cli
  cld
  mov $stack_top, %esp
  lgdt gdt_pointer
  ljmp $CODE, $1f
1:
  mov $DATA, %ecx
  mov %ecx, %ds
  mov %ecx, %es
  mov %ecx, %ss
  push $0
  popf
  mov $(CR4_OSFXSR | CR4_OSXMMEXCPT), %ecx
  mov %ecx, %cr4
  mov $(CR0_NE | CR0_ET | CR0_MP | CR0_PE), %ecx
  mov %ecx, %cr0
  xor %ebp, %ebp
  sub $8, %esp /* The ABI wants the stack on 16 bytes where the call is. */
  push %ebx
  push %eax
  call bench_main
  ud2
  .size bench_entry, . - bench_entry

  .section .rodata
  .balign 8
gdt:
  .quad 0
  .quad 0x00cf9b000000ffff
  .quad 0x00cf93000000ffff
gdt_end:
gdt_pointer:
  .word gdt_end - gdt - 1
  .long gdt

  .bss
  .balign 16
  .skip 16384
stack_top:

  .section .note.GNU-stack, "", @progbits
