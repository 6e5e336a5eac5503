/* 32-bit paging with 4 KiB and 4 MiB pages, then PAE paging with 4 KiB and 2 MiB pages and XD. Both map the first 4 MiB
 * to themselves, ALIAS to physical 0 by one large page, and WINDOW by 4 KiB pages. */
#include "modes.h"

#define WINDOW 0x40000000
#define ALIAS 0x80000000

  .text
  .code32
FUNCTION visit_paging
  call clear_tables
  movl $0x83, table_a /* P, RW, PS: 4 MiB at 0. */
  movl $0x83, table_a + (ALIAS >> 22) * 4
  movl $table_b + 3, table_a + (WINDOW >> 22) * 4
  movl $SCRATCH + 3, table_b
  movl $SCRATCH + 1, table_b + 4 /* Read-only. */
  mov %cr4, %eax
  or $CR4_PSE, %eax
  mov %eax, %cr4
  mov $table_a, %eax
  call paging_on
  call check_window
  testl $0x40, table_b /* D of the page that was written to. */
  setz %al
  test %al, %al
  EXPECT 8
  testl $0x40, table_b + 4
  EXPECT 9
  mov $paging_32_text, %esi
  call report32
  call paging_off
  mov %cr4, %eax
  and $~CR4_PSE, %eax
  mov %eax, %cr4

  call clear_tables
  movl $table_b + 1, table_pdpt /* A PDPTE has no RW bit under PAE. */
  movl $table_c + 1, table_pdpt + (WINDOW >> 30) * 8
  movl $table_b + 1, table_pdpt + (ALIAS >> 30) * 8
  movl $0x83, table_b
  movl $0x200083, table_b + 8
  movl $table_a + 3, table_c
  movl $SCRATCH + 3, table_a
  movl $0x80000000, table_a + 4 /* XD. */
  movl $SCRATCH + 1, table_a + 8
  movl $0x80000000, table_a + 12
  mov %cr4, %eax
  or $CR4_PAE, %eax
  mov %eax, %cr4
  mov $IA32_EFER, %ecx
  rdmsr
  or $EFER_NXE, %eax
  wrmsr
  mov $table_pdpt, %eax
  call paging_on
  call check_window
  mov $WINDOW, %ebx
  ARM
  jmp *%ebx
  CAUGHT 10, VECTOR_PF, PF_P | PF_ID
  mov %cr2, %eax
  cmp $WINDOW, %eax
  EXPECT 11
  mov $paging_pae_text, %esi
  call report32
  call paging_off
  mov $IA32_EFER, %ecx
  rdmsr
  and $~EFER_NXE, %eax
  wrmsr
  mov %cr4, %eax
  and $~CR4_PAE, %eax
  mov %eax, %cr4
  ret

/* WINDOW's first page is writable, its second is the same frame read-only, and its third is absent. */
check_window:
  cmpl $MULTIBOOT_HEADER_MAGIC, ALIAS + 0x100000
  EXPECT 1
  movl $0x11223344, WINDOW
  cmpl $0x11223344, SCRATCH
  EXPECT 2
  cmpl $0x11223344, WINDOW + 0x1000
  EXPECT 3
  ARM
  movb $0, WINDOW + 0x1000
  CAUGHT 4, VECTOR_PF, PF_P | PF_WR
  mov %cr2, %eax
  cmp $WINDOW + 0x1000, %eax
  EXPECT 5
  ARM
  movl WINDOW + 0x1ffe, %eax /* Crosses into the third page. */
  CAUGHT 6, VECTOR_PF, 0
  mov %cr2, %eax
  cmp $WINDOW + 0x2000, %eax
  EXPECT 7
  ret

FUNCTION clear_tables
  mov $tables, %edi
  mov $tables_end - tables, %ecx
  xor %eax, %eax
  rep stosb
  ret

FUNCTION paging_on
  mov %eax, %cr3
  mov %cr0, %eax
  or $CR0_PG | CR0_WP, %eax
  mov %eax, %cr0
  ret

FUNCTION paging_off
  mov %cr0, %eax
  and $~(CR0_PG | CR0_WP), %eax
  mov %eax, %cr0
  ret

  .section .low, "awx"
paging_32_text:
  .asciz "modes: 32-bit paging with 4 KiB and 4 MiB pages: "
paging_pae_text:
  .asciz "modes: PAE paging with 4 KiB and 2 MiB pages: "

  .bss
  .balign 4096
  .globl table_a, table_b, table_c
tables:
table_a:
  .skip 4096
table_b:
  .skip 4096
table_c:
  .skip 4096
table_pdpt:
  .skip 4096
tables_end:

  .section .note.GNU-stack, "", @progbits
