/* Physical pages. The loader knows which ranges are in use and hands out pages from above itself, stepping over them. */
#include "loader.h"

#define RANGES 32

static struct {
  u64 start, end;
} reserved[RANGES];
static u32 reserved_count;
static u64 region_end; /* Of the RAM that holds the loader. */
static u64 next_page;
static u32 pages_used;

/* The end of the available RAM around the loader. Page tables must be within the direct map, so 1 GiB is the most. */
void memory_open(const struct multiboot_info *info) {
  const u64 here = (u32)loader_start;
  if (info->flags & MULTIBOOT_INFO_MMAP) {
    const u32 mmap_end = info->mmap_addr + info->mmap_length;
    for (u32 at = info->mmap_addr; at < mmap_end;) {
      const struct multiboot_mmap_entry *entry = (const struct multiboot_mmap_entry *)at;
      print("loader: memory %x + %x %s\n", entry->base_addr, entry->length,
            entry->type == MULTIBOOT_MEMORY_AVAILABLE ? "available" : "reserved");
      if (entry->type == MULTIBOOT_MEMORY_AVAILABLE && here >= entry->base_addr &&
          here - entry->base_addr < entry->length) {
        region_end = entry->base_addr + entry->length;
      }
      at += entry->size + sizeof entry->size;
    }
  } else if (info->flags & MULTIBOOT_INFO_MEMORY) {
    region_end = 0x100000 + ((u64)info->mem_upper << 10);
  }
  if (region_end > DIRECT_SIZE) {
    region_end = DIRECT_SIZE;
  }
  region_end &= ~(u64)(PAGE_4K - 1);
  if (region_end <= (u32)loader_end) {
    fail("the boot information names no RAM around the loader", region_end);
  }
  next_page = (u32)loader_end;
}

void memory_reserve(u64 start, u64 end) {
  if (reserved_count == RANGES) {
    fail("more boot information than the loader can keep track of", RANGES);
  }
  reserved[reserved_count].start = start;
  reserved[reserved_count++].end = end;
}

/* The first reserved range that [start, end) touches, or reserved_count. */
static u32 collision(u64 start, u64 end) {
  u32 i = 0;
  while (i < reserved_count && !(start < reserved[i].end && end > reserved[i].start)) {
    i++;
  }
  return i;
}

/* Everything from the loader up to next_page may already have been handed out. */
int memory_is_free(u64 start, u64 end) {
  return start >= next_page && end <= region_end && collision(start, end) == reserved_count;
}

u32 memory_allocate_page(void) {
  for (;;) {
    const u32 i = collision(next_page, next_page + PAGE_4K);
    if (i == reserved_count) {
      break;
    }
    next_page = (reserved[i].end + PAGE_4K - 1) & ~(u64)(PAGE_4K - 1);
  }
  if (next_page + PAGE_4K > region_end) {
    fail("out of memory below", region_end);
  }
  const u32 page = (u32)next_page;
  next_page += PAGE_4K;
  pages_used++;
  memset((void *)page, 0, PAGE_4K); /* RAM holds whatever was there: a page table of garbage maps garbage. */
  return page;
}

u32 memory_pages_used(void) { return pages_used; }

u64 memory_end(void) { return region_end; }
