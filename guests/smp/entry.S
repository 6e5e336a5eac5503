/* The bootstrap processor from multiboot's protected mode to 64-bit mode; the others from real mode to the same place. */
#include "../common/bits.h"
#include "../common/multiboot.h"
#include "smp.h"

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
  .globl smp_entry
  .type smp_entry, @function
smp_entry:
  cli
  cld
  mov $stacks + STACK_BYTES, %esp
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

  movl $boot_pdpt + 3, boot_pml4 /* P and RW. The bss is zero, so the other entries are not present. */
  movl $boot_pd + 3, boot_pdpt
  movl $device_pd + 3, boot_pdpt + 24
  movl $0xfee00093, device_pd + 8 * 503 /* P, RW, PCD, PS: the local APIC. */
  mov $boot_pd, %ebx
  mov $0x83, %eax /* P, RW, PS. */
1:
  mov %eax, (%ebx)
  add $8, %ebx
  add $0x200000, %eax
  cmp $boot_pd + 4096, %ebx
  jb 1b

  xor %edi, %edi
  jmp enter_long

/* Paging off, flat 32-bit segments, EDI is the processor's number: goes on in 64-bit mode on its own stack. */
enter_long:
  mov $CR4_PAE, %eax
  mov %eax, %cr4
  mov $boot_pml4, %eax
  mov %eax, %cr3
  mov $IA32_EFER, %ecx
  rdmsr
  or $EFER_LME, %eax
  wrmsr
  mov %cr0, %eax
  or $(CR0_PG | CR0_WP), %eax
  mov %eax, %cr0
  ljmp $CODE64, $1f

  .code64
1:
  mov %edi, %edi
  mov %edi, %eax
  inc %eax
  shl $12, %eax
  lea stacks(%rax), %rsp
  lidt idt_pointer
  xor %ebp, %ebp
  test %edi, %edi
  jnz 2f
  call smp_main
2:
  call smp_follow
  ud2

/* Copied to TRAMPOLINE, where the start-up message leads. Nothing here may refer to its own link address. */
  .code16
  .globl trampoline, trampoline_end
trampoline:
  cli
  xor %ax, %ax
  mov %ax, %ds
  lgdtl TRAMPOLINE + trampoline_gdt - trampoline
  mov %cr0, %eax
  or $CR0_PE, %al
  mov %eax, %cr0
  ljmpl $CODE32, $from_trampoline
  .balign 4
trampoline_gdt:
  .word gdt_end - gdt - 1
  .long gdt
trampoline_end:

  .code32
from_trampoline:
  mov $DATA, %ecx
  mov %ecx, %ds
  mov %ecx, %es
  mov %ecx, %ss
  mov $1, %edi
  lock xadd %edi, processors /* The number that was free. */
  jmp enter_long

  .code64
/* The message that asks for INVLPG of one page, and an answer. */
  .globl on_flush
on_flush:
  push %rax
  mov flush_address, %rax
  invlpg (%rax)
  mov $0xfee000b0, %eax
  movl $0, (%rax)
  lock incl flush_answers
  pop %rax
  iretq

/* u32 patched(void): its immediate is written while others call it. */
  .balign 64
  .globl patched, patched_value
patched:
  .byte 0xb8 /* mov eax, imm32 */
patched_value:
  .long 0
  ret

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
idt_pointer:
  .word 256 * 16 - 1
  .quad idt

  .bss
  .balign 4096
  .globl boot_pml4, boot_pd, idt
boot_pml4:
  .skip 4096
boot_pdpt:
  .skip 4096
boot_pd:
  .skip 4096
device_pd:
  .skip 4096
idt:
  .skip 4096
stacks:
  .skip STACK_BYTES * MOST_PROCESSORS

  .section .note.GNU-stack, "", @progbits
