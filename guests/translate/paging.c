#include "translate.h"

#define WINDOW 0xffffc90000000000ull

extern u64 boot_pml4[512];
extern u8 image_end[];

static u64 next_table;

static u64 *new_table(void) {
  u64 *table = (u64 *)next_table;
  next_table += PAGE_4K;
  memset(table, 0, PAGE_4K);
  return table;
}

u64 tables_needed(u64 set) {
  const u64 page_tables = set / PAGE_2M + 1;
  return PAGE_4K * (page_tables + set / PAGE_1G + 3);
}

static u64 *step(u64 *entry) {
  if (!(*entry & PTE_P)) {
    *entry = (u64)new_table() | PTE_P | PTE_RW;
  }
  return (u64 *)(*entry & PTE_ADDRESS);
}

u64 map_window(const struct pool *pool, u64 page_size, u64 *set) {
  const u64 pool_bytes = pool->frames * PAGE_4K;
  u64 base = WINDOW;
  u64 bytes = *set;
  if (page_size == PAGE_1G) {
    if (*set > pool_bytes) {
      *set = pool_bytes;
    }
    base += pool->start;
    bytes = PAGE_1G;
  } else if (bytes < page_size) {
    bytes = page_size;
  }
  u64 *slot = &boot_pml4[WINDOW >> 39 & 511];
  *slot = 0;
  next_table = (u64)image_end;
  for (u64 offset = 0; offset < bytes; offset += page_size) {
    u64 *entry = &step(slot)[(WINDOW + offset) >> 30 & 511];
    if (page_size == PAGE_1G) {
      *entry = PTE_P | PTE_RW | PTE_XD | PTE_PS; /* Physical 0: the pool lies in it. */
      continue;
    }
    const u64 physical = pool->start + (offset & (pool_bytes - 1));
    entry = &step(entry)[offset >> 21 & 511];
    if (page_size == PAGE_2M) {
      *entry = physical | PTE_P | PTE_RW | PTE_XD | PTE_PS;
      continue;
    }
    step(entry)[offset >> 12 & 511] = physical | PTE_P | PTE_RW | PTE_XD;
  }
  write_cr3((u64)boot_pml4); /* Forgets the window before this one. */
  return base;
}
