/* The 32-bit loader: main.c reads the boot information, memory.c hands out pages, paging.c builds the page tables,
 * segments.c puts the kernel into them. Everything is addressed physically: paging is off until loader-entry.S. */
#ifndef LONGMODE_LOADER_H
#define LONGMODE_LOADER_H

#include "../common/bits.h"
#include "../common/console.h"
#include "../common/elf64.h"
#include "../common/multiboot.h"
#include "../common/text.h"
#include "handover.h"

/* The linker script's names for the loader's own parts. */
extern u8 loader_start[], loader_text_end[], loader_end[];

extern struct handover handover;

__attribute__((noreturn)) void fail(const char *what, u64 value);

/* memory.c: physical pages, each cleared before it is handed out, never one that is in use. */
void memory_open(const struct multiboot_info *info);
void memory_reserve(u64 start, u64 end);
int memory_is_free(u64 start, u64 end);
u32 memory_allocate_page(void);
u32 memory_pages_used(void);
u64 memory_end(void);

/* paging.c */
void paging_open(void);
u32 paging_root(void);
void paging_map_4k(u64 linear, u64 physical, u64 flags);
void paging_map_2m(u64 linear, u64 physical, u64 flags);
void paging_protect_4k(u64 linear, u64 flags);
u32 paging_tables(void);

/* segments.c */
const struct elf64_ehdr *kernel_check(u32 start, u32 end);
void kernel_map_in_place(const struct elf64_ehdr *elf);
void kernel_map_like_linux(const struct elf64_ehdr *elf);
void kernel_map_nowhere(void);

/* loader-entry.S: turns paging and long mode on and calls the kernel. */
__attribute__((noreturn)) void enter_kernel(u32 pml4, const u64 *entry, const u64 *handover_linear);

#endif
