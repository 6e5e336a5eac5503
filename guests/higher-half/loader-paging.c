/* Four-level page tables, written while paging is off: a table's physical address is its pointer. */
#include "loader.h"

static u64 *pml4;
static u32 tables;

static u64 *new_table(void) {
  tables++;
  return (u64 *)memory_allocate_page();
}

void paging_open(void) { pml4 = new_table(); }

u32 paging_root(void) { return (u32)pml4; }

u32 paging_tables(void) { return tables; }

static u32 index_at(u64 linear, int level) { return (u32)(linear >> (12 + 9 * level)) & 511; }

/* The table below `entry`. Upper levels allow everything: the leaf alone decides about writing and execution. */
static u64 *next_table(u64 *entry) {
  if (!(*entry & PTE_P)) {
    *entry = (u32)new_table() | PTE_P | PTE_RW;
  }
  if (*entry & PTE_PS) {
    fail("a 4 KiB page inside a large page", *entry);
  }
  return (u64 *)(u32)(*entry & PTE_ADDRESS);
}

static u64 *page_directory(u64 linear) {
  u64 *pdpt = next_table(&pml4[index_at(linear, 3)]);
  return next_table(&pdpt[index_at(linear, 2)]);
}

static void set_leaf(u64 *entry, u64 linear, u64 value) {
  if (*entry & PTE_P) {
    fail("mapped twice", linear);
  }
  *entry = value;
}

static u64 *leaf_4k(u64 linear) {
  u64 *table = next_table(&page_directory(linear)[index_at(linear, 1)]);
  return &table[index_at(linear, 0)];
}

void paging_map_4k(u64 linear, u64 physical, u64 flags) { set_leaf(leaf_4k(linear), linear, physical | flags); }

void paging_map_2m(u64 linear, u64 physical, u64 flags) {
  set_leaf(&page_directory(linear)[index_at(linear, 1)], linear, physical | flags | PTE_PS);
}

void paging_protect_4k(u64 linear, u64 flags) {
  u64 *entry = leaf_4k(linear);
  *entry = (*entry & PTE_ADDRESS) | flags;
}
