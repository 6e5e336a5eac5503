/* From multiboot's protected mode to 64-bit mode, with the first GiB identity mapped by 2 MiB pages. */
#include "../common/bits.h"
#include "../common/multiboot.h"

#define HEADER_FLAGS MULTIBOOT_MEMORY_INFO

#define CODE64 0x08
#define DATA 0x10
#define CODE32 0x18

  .section .multiboot, "a"
  .balign 4
  .long MULTIBOOT_HEADER_MAGIC
  .long HEADER_FLAGS
  .long -(MULTIBOOT_HEADER_MAGIC + HEADER_FLAGS)

  .text
  .code32
  .globl translate_entry
  .type translate_entry, @function
translate_entry:
  cli
  cld
  mov $stack_top, %esp
  lgdt gdt_pointer
  lidt null_idt
  ljmp $CODE32, $1f
1:
  mov $DATA, %ecx
  mov %ecx, %ds
  mov %ecx, %es
  mov %ecx, %ss
  push $0
  popf
  mov %eax, %esi
  mov %ebx, %edi

  movl $boot_pdpt + 3, boot_pml4 /* P and RW. The bss is zero, so the other entries are not present. */
  movl $boot_pd + 3, boot_pdpt
  mov $boot_pd, %ebx
  mov $0x83, %eax /* P, RW, PS. */
1:
  mov %eax, (%ebx)
  add $8, %ebx
  add $0x200000, %eax
  cmp $boot_pd + 4096, %ebx
  jb 1b

  mov $CR4_PAE, %eax /* And nothing else: multiboot leaves CR4 undefined. */
  mov %eax, %cr4
  mov $boot_pml4, %eax
  mov %eax, %cr3
  mov $IA32_EFER, %ecx
  rdmsr
  or $(EFER_LME | EFER_NXE), %eax
  wrmsr
  mov %cr0, %eax
  or $(CR0_PG | CR0_WP), %eax
  mov %eax, %cr0
  ljmp $CODE64, $1f

  .code64
1:
  mov %esi, %esi /* Upper halves are undefined after 32-bit code. */
  mov %edi, %edi
  mov $stack_top, %esp
  xor %ebp, %ebp
  call translate_main
  ud2
  .size translate_entry, . - translate_entry

  .section .rodata
  .balign 8
gdt:
  .quad 0
  .quad 0x00209b0000000000
  .quad 0x00cf93000000ffff
  .quad 0x00cf9b000000ffff
gdt_end:
gdt_pointer:
  .word gdt_end - gdt - 1
  .long gdt
null_idt:
  .word 0
  .long 0

  .bss
  .balign 4096
  .globl boot_pml4
boot_pml4:
  .skip 4096
boot_pdpt:
  .skip 4096
boot_pd:
  .skip 4096
  .skip 16384
stack_top:

  .section .note.GNU-stack, "", @progbits
