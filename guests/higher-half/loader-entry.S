/* The two ends of the loader: in from multiboot, out to the kernel. */
#include "../common/bits.h"
#include "../common/multiboot.h"

#define HEADER_FLAGS (MULTIBOOT_PAGE_ALIGN | MULTIBOOT_MEMORY_INFO)

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
  .globl loader_entry
  .type loader_entry, @function
loader_entry:
  /* Multiboot leaves ESP, GDTR, IDTR and most of EFLAGS undefined: nothing of them is used before it is set. */
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
  xor %ecx, %ecx
  mov %ecx, %fs
  mov %ecx, %gs
  push $0
  popf
  xor %ebp, %ebp
  sub $8, %esp /* Two arguments follow: ESP is then a multiple of 16 at the call, as the ABI asks. */
  push %ebx
  push %eax
  call loader_main
  ud2
  .size loader_entry, . - loader_entry

/* enter_kernel(pml4, &entry, &handover_linear). The order is the manual's (Vol. 3A, "Initializing IA-32e Mode"): PAE,
 * CR3, LME, and PG last, which activates it. NXE must be on before a table with XD bits is used. */
  .globl enter_kernel
  .type enter_kernel, @function
enter_kernel:
  mov 4(%esp), %eax
  mov 8(%esp), %esi
  mov 12(%esp), %edi
  mov $CR4_PAE, %edx /* And nothing else: multiboot leaves CR4 undefined, and LA57 would add a level. */
  mov %edx, %cr4
  mov %eax, %cr3
  mov $IA32_EFER, %ecx
  rdmsr
  or $(EFER_LME | EFER_NXE), %eax
  wrmsr
  mov %cr0, %eax
  or $(CR0_PG | CR0_WP), %eax
  mov %eax, %cr0
  /* Compatibility mode: the code segment still has L = 0. The far jump loads one with L = 1. */
  .globl long_mode_jump
long_mode_jump:
  ljmp $CODE64, $long_mode_entry
  .size enter_kernel, . - enter_kernel

  .code64
  .globl long_mode_entry
  .type long_mode_entry, @function
long_mode_entry:
  mov $DATA, %eax
  mov %eax, %ss
  mov %eax, %ds
  mov %eax, %es
  /* The upper halves of registers are undefined after 32-bit code (Vol. 1, "General-Purpose Registers in 64-Bit Mode"). */
  mov %edi, %edi
  mov %esi, %esi
  /* The stack stays the loader's until the kernel takes its own, but through the direct map: the kernel will drop the
   * identity map. The handover's linear address minus its physical one is that map's base. */
  mov (%rdi), %rdi
  mov $handover, %eax
  mov %rdi, %rdx
  sub %rax, %rdx
  mov $stack_top, %eax
  lea (%rax,%rdx), %rsp
  mov (%rsi), %rax
  xor %ebp, %ebp
  .globl call_kernel
call_kernel:
  call *%rax
  ud2
  .size long_mode_entry, . - long_mode_entry

  .section .rodata
  .balign 8
gdt:
  .quad 0
  .quad 0x00209b0000000000 /* CODE64: L = 1, D = 0. */
  .quad 0x00cf93000000ffff /* DATA: flat, writable. */
  .quad 0x00cf9b000000ffff /* CODE32: flat. */
gdt_end:
gdt_pointer:
  .word gdt_end - gdt - 1
  .long gdt
/* A limit of zero: until the kernel loads an IDT of its own, any fault is a triple fault at once, and never a jump
 * through whatever the firmware left at address 0. */
null_idt:
  .word 0
  .long 0

  .bss
  .balign 16
  .skip 16384
stack_top:

  .section .note.GNU-stack, "", @progbits
