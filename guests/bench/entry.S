/* From multiboot's protected mode to 64-bit mode, with the first 4 GiB identity mapped by 2 MiB pages. */
#include "../common/bits.h"
#include "../common/multiboot.h"
#include "selectors.h"

#define HEADER_FLAGS MULTIBOOT_MEMORY_INFO

  .section .multiboot, "a"
  .balign 4
  .long MULTIBOOT_HEADER_MAGIC
  .long HEADER_FLAGS
  .long -(MULTIBOOT_HEADER_MAGIC + HEADER_FLAGS)

  .text
  .code32
  .globl bench_entry
  .type bench_entry, @function
bench_entry:
  cli
  cld
  mov $stack_top, %esp
  lgdt gdt_pointer
  ljmp $CODE32, $1f
1:
  mov $DATA, %ecx
  mov %ecx, %ds
  mov %ecx, %es
  mov %ecx, %ss
  push $0
  popf
  mov %eax, %edi
  mov %ebx, %esi

  movl $boot_pdpt + 3, boot_pml4 /* P and RW. The bss is zero, so the other entries are not present. */
  mov $boot_pdpt, %ebx
  mov $boot_pd + 3, %eax
1:
  mov %eax, (%ebx)
  add $8, %ebx
  add $4096, %eax
  cmp $boot_pd + 4 * 4096, %eax
  jb 1b
  mov $boot_pd, %ebx
  mov $0x83, %eax /* P, RW, PS. */
1:
  mov %eax, (%ebx)
  add $8, %ebx
  add $0x200000, %eax
  cmp $boot_pd + 4 * 4096, %ebx
  jb 1b

  mov $(CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT), %eax /* And nothing else: multiboot leaves CR4 undefined. */
  mov %eax, %cr4
  mov $boot_pml4, %eax
  mov %eax, %cr3
  mov $IA32_EFER, %ecx
  rdmsr
  or $(EFER_LME | EFER_NXE | EFER_SCE), %eax
  wrmsr
  mov $(CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE), %eax
  mov %eax, %cr0
  ljmp $CODE64, $1f

  .code64
1:
  mov %esi, %esi /* Upper halves are undefined after 32-bit code. */
  mov %edi, %edi
  mov $stack_top, %esp
  xor %ebp, %ebp
  call bench_main
  ud2
  .size bench_entry, . - bench_entry

  .data
  .balign 8
gdt:
  .quad 0
  .quad 0x00209b0000000000 /* CODE64 */
  .quad 0x00cf93000000ffff /* DATA */
  .quad 0x00cf9b000000ffff /* CODE32 */
  .quad 0x00cff3000000ffff /* USER_DATA */
  .quad 0x0020fb0000000000 /* USER_CODE64 */
  .globl gdt_tss
gdt_tss:
  .quad 0, 0
gdt_end:
gdt_pointer:
  .word gdt_end - gdt - 1
  .long gdt

  .bss
  .balign 4096
  .globl boot_pml4
boot_pml4:
  .skip 4096
boot_pdpt:
  .skip 4096
boot_pd:
  .skip 4 * 4096
  .skip 16384
stack_top:

  .section .note.GNU-stack, "", @progbits
