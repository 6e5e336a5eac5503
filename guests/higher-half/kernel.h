/* The 64-bit kernel: main.c asks the questions, kernel-memory.c knows the page tables, kernel-traps.c the descriptor
 * tables and the handler, kernel-user.c ring 3, kernel-entry.S whatever C cannot say. */
#ifndef LONGMODE_KERNEL_H
#define LONGMODE_KERNEL_H

#include "../common/bits.h"
#include "../common/console.h"
#include "../common/elf64.h"
#include "../common/processor.h"
#include "../common/text.h"
#include "handover.h"
#include "selectors.h"

/* The linker script's names for the kernel's own parts. */
extern u8 text_start[], text_end[], rodata_start[], rodata_end[], data_start[], data_end[], bss_start[], bss_end[];

extern const struct handover *handover; /* Through the direct map. */

/* kernel-main.c */
void check(const char *what, int holds);
void check_equal(const char *what, u64 got, u64 expected);

/* kernel-memory.c */
struct walk {
  u64 entry;   /* The leaf, or the entry that is not present. */
  u64 allowed; /* PTE_RW and PTE_US if every level grants them, PTE_XD if any level sets it. */
  u64 physical;
  u64 page_size; /* 0 if not present. */
};
struct walk walk(const void *linear);
void *direct(u64 physical);
void map_page(u64 linear, u64 physical, u64 flags);
u64 *leaf_entry(u64 linear);
void drop_identity_map(void);
void check_memory(void);
void check_page_faults(void);
void check_fault(const char *what, u64 vector, u64 error);
void check_page_fault(const char *what, u64 error, u64 cr2);

/* kernel-traps.c */
struct trap_frame {
  u64 rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15;
  u64 vector, error;
  u64 rip, cs, rflags, rsp, ss;
};
struct trapped {
  u64 vector, error, rip, cs, rsp_in_handler, cr2;
  u64 count;
};
extern volatile struct trapped trapped;
extern volatile u64 ticks, stray_interrupts;
void traps_open(void);
void set_kernel_stack(u64 rsp);
/* Runs deed(a, b). 1 if a fault ended it, which `trapped` then describes; 0 if it returned. */
u64 attempt(void (*deed)(u64, u64), u64 a, u64 b);
void check_fault_or(const char *what, u64 vector, u64 error, u64 tolerated);
void check_idt_error(const char *what, u64 vector, u64 named);
void check_traps(void);
void check_strict(void);
void check_timer(void);

/* Deeds: each does one thing that may fault. */
void deed_read(u64 address, u64 unused);
void deed_write(u64 address, u64 value);
void deed_write_quad(u64 address, u64 value);
void deed_call(u64 address, u64 unused);
void deed_int3(u64 a, u64 b);
void deed_ud2(u64 a, u64 b);
void deed_divide(u64 dividend, u64 divisor);
void deed_load_ds(u64 selector, u64 unused);
void deed_int_missing(u64 a, u64 b);
void deed_int_absent(u64 a, u64 b);
void deed_lose_stack(u64 address, u64 unused);
void deed_write_cr0(u64 value, u64 unused);
void deed_write_cr4(u64 value, u64 unused);
void deed_write_msr(u64 index, u64 value);

/* kernel-user.c */
void check_user(void);

#endif
