/* The kernel's view of its page tables, which it reads and extends through the direct map. */
#include "kernel.h"

#define PAGE_OFFSET(address) ((u64)(address) & (PAGE_4K - 1))

/* A gigabyte that no layout uses: the last one below 2^64. */
#define WINDOW 0xffffffffc0000000ull
#define NOWHERE 0xffffffffd0000000ull /* In it, and never mapped. */
#define NON_CANONICAL 0x0000800000000000ull

static u8 spare_tables[12][PAGE_4K] __attribute__((aligned(PAGE_4K)));
static u32 spare_tables_used;
static u8 scratch[2][PAGE_4K] __attribute__((aligned(PAGE_4K)));
static volatile u64 data_word = 0x0123456789abcdef;
/* Longer than a page, so that a writable page of the file image is in use too. */
static volatile u8 data_pages[2 * PAGE_4K] = {[0] = 0x5a, [2 * PAGE_4K - 1] = 0xa5};
static const u64 rodata_word = 0xfedcba9876543210;

void *direct(u64 physical) { return (void *)(handover->direct_base + physical); }

static u64 *table_of(u64 entry) { return direct(entry & PTE_ADDRESS); }

static u32 index_at(u64 linear, int level) { return (u32)(linear >> (12 + 9 * level)) & 511; }

struct walk walk(const void *pointer) {
  const u64 linear = (u64)pointer;
  struct walk w = {0, PTE_RW | PTE_US, 0, 0};
  u64 *table = direct(read_cr3() & PTE_ADDRESS);
  for (int level = 3; level >= 0; level--) {
    w.entry = table[index_at(linear, level)];
    if (!(w.entry & PTE_P)) {
      return w;
    }
    w.allowed = (w.allowed & w.entry & (PTE_RW | PTE_US)) | ((w.allowed | w.entry) & PTE_XD);
    if (level == 0 || (w.entry & PTE_PS)) {
      w.page_size = 1ull << (12 + 9 * level);
      w.physical = (w.entry & PTE_ADDRESS & ~(w.page_size - 1)) | (linear & (w.page_size - 1));
      return w;
    }
    table = table_of(w.entry);
  }
  return w;
}

static u64 *step(u64 *entry) {
  if (!(*entry & PTE_P)) {
    /* The bss is zero, and a spare table is used once. */
    *entry = walk(spare_tables[spare_tables_used++]).physical | PTE_P | PTE_RW | PTE_US;
  }
  return table_of(*entry);
}

u64 *leaf_entry(u64 linear) {
  u64 *table = direct(read_cr3() & PTE_ADDRESS);
  for (int level = 3; level > 0; level--) {
    table = step(&table[index_at(linear, level)]);
  }
  return &table[index_at(linear, 0)];
}

void map_page(u64 linear, u64 physical, u64 flags) {
  *leaf_entry(linear) = physical | flags;
  invlpg((void *)linear);
}

static u64 min(u64 a, u64 b) { return a < b ? a : b; }

/* Every page of every segment: 4 KiB, present, and allowed exactly what the ELF segment allows. */
static int segments_have_their_permissions(void) {
  for (u64 i = 0; i < handover->segment_count; i++) {
    const struct handover_segment *segment = &handover->segments[i];
    const u64 expected = (segment->flags & PF_W ? PTE_RW : 0) | (segment->flags & PF_X ? 0 : PTE_XD);
    for (u64 page = segment->linear - PAGE_OFFSET(segment->linear); page < segment->linear + segment->memory_bytes;
         page += PAGE_4K) {
      const struct walk w = walk((void *)page);
      if (w.page_size != PAGE_4K || w.allowed != expected) {
        return 0;
      }
    }
  }
  return 1;
}

/* Physical pages of a segment need not be neighbours, so the comparison goes page by page. */
static int same_through_direct_map(const u8 *start, const u8 *end) {
  while (start < end) {
    const size_t length = min((u64)(end - start), PAGE_4K - PAGE_OFFSET(start));
    if (memcmp(start, direct(walk(start).physical), length) != 0) {
      return 0;
    }
    start += length;
  }
  return 1;
}

/* The module is an ELF image of this very kernel: its first program header is the text segment. */
static int text_equals_module(void) {
  const struct elf64_ehdr *elf = direct(handover->module_start);
  const struct elf64_phdr *phdr = (const struct elf64_phdr *)((const u8 *)elf + elf->e_phoff);
  return elf->ei_magic == ELFMAG && elf->e_entry == (u64)text_start &&
         memcmp(text_start, (const u8 *)elf + phdr->p_offset, (size_t)(text_end - text_start)) == 0;
}

static int direct_map_is_large(void) {
  for (u64 offset = 0; offset < handover->direct_size; offset += PAGE_2M) {
    const struct walk w = walk(direct(offset));
    if (w.page_size != PAGE_2M || w.physical != offset || w.allowed != (PTE_RW | PTE_XD)) {
      return 0;
    }
  }
  return 1;
}

static void check_layout(void) {
  const u64 text = walk(text_start).physical;
  if (handover->layout == LAYOUT_LINUX) {
    check_equal("linux layout: text where p_paddr says", text, (u64)text_start - KERNEL_BASE);
    check_equal("linux layout: window begins at physical 0", walk((void *)KERNEL_BASE).physical, 0);
    const struct walk last = walk((void *)(KERNEL_BASE + 0x1ffff000));
    check("linux layout: window ends at 512 MiB", last.physical == 0x1ffff000 && last.page_size == PAGE_4K);
    check_equal("linux layout: nothing beyond", walk((void *)(KERNEL_BASE + 0x20000000)).page_size, 0);
  } else {
    const int in_module = text >= handover->module_start && text < handover->module_end;
    print("kernel: text at physical %x, %s\n", text, in_module ? "in the module" : "in a copy");
  }
}

void check_memory(void) {
  check("segments have their permissions by 4 KiB pages", segments_have_their_permissions());
  check("direct map is 1 GiB by 2 MiB pages, not executable", direct_map_is_large());
  check("direct map equals text map", same_through_direct_map(text_start, text_end));
  check("direct map equals read-only data", same_through_direct_map(rodata_start, rodata_end));
  check("text equals the module's file image", text_equals_module());
  check("initialised data is what the file holds", data_pages[0] == 0x5a && data_pages[sizeof data_pages - 1] == 0xa5 &&
                                                       data_pages[PAGE_4K] == 0);

  volatile u64 *const alias = direct(walk((const void *)&data_word).physical);
  const int before = *alias == 0x0123456789abcdef;
  data_word = 0x1111222233334444;
  const int seen = *alias == 0x1111222233334444;
  *alias = 0x5555666677778888;
  check("a store through one map is seen through the other", before && seen && data_word == 0x5555666677778888);
  check("loader is identity mapped", walk((void *)handover->loader_start).physical == handover->loader_start);
  check_layout();
}

void drop_identity_map(void) {
  u64 *pml4 = direct(read_cr3() & PTE_ADDRESS);
  pml4[0] = 0;
  write_cr3(read_cr3());
  attempt(deed_read, handover->loader_start, 0);
  check_page_fault("identity map dropped by a CR3 load", 0, handover->loader_start);
}

static void check_accessed_and_dirty(void) {
  const volatile u64 *entry = leaf_entry(WINDOW); /* Volatile: the processor writes to it. */
  map_page(WINDOW, walk(scratch[0]).physical, PTE_P | PTE_RW | PTE_XD);
  (void)*(volatile u8 *)WINDOW;
  check_equal("a read sets A and not D", *entry & (PTE_A | PTE_D), PTE_A);
  *(volatile u8 *)WINDOW = 1;
  check_equal("a write sets D", *entry & (PTE_A | PTE_D), PTE_A | PTE_D);
  scratch[1][0] = 2;
  map_page(WINDOW, walk(scratch[1]).physical, PTE_P | PTE_RW | PTE_XD);
  check_equal("INVLPG makes a changed entry visible", *(volatile u8 *)WINDOW, 2);
}

/* Bit 51 of an entry is reserved unless the processor has all 52 bits of physical address. */
static void check_reserved_bit(void) {
  if ((cpuid(0x80000008, 0).eax & 0xff) > 51) {
    return;
  }
  map_page(WINDOW, walk(scratch[0]).physical, PTE_P | PTE_RW | 1ull << 51);
  attempt(deed_read, WINDOW, 0);
  /* RSVD implies P; QEMU 7 leaves P out. */
  check_fault_or("reserved bit: #PF error 0x9", 14, PF_P | PF_RSVD, PF_RSVD);
}

static void check_store_across_pages(void) {
  map_page(WINDOW, walk(scratch[0]).physical, PTE_P | PTE_RW | PTE_XD);
  u8 *const edge = (u8 *)WINDOW + PAGE_4K - 4;
  memset(edge, 0x77, 4);
  attempt(deed_write_quad, (u64)edge, 0);
  check_page_fault("store across pages: CR2 is the second page", PF_WR, WINDOW + PAGE_4K);
  check("and the first page is untouched", edge[0] == 0x77 && edge[3] == 0x77);
}

void check_page_faults(void) {
  const u64 text_alias = handover->direct_base + walk(text_start).physical;
  attempt(deed_read, NOWHERE, 0);
  check_page_fault("not present, read: #PF error 0x0", 0, NOWHERE);
  attempt(deed_write, NOWHERE + 0x123, 0);
  check_page_fault("not present, write: #PF error 0x2", PF_WR, NOWHERE + 0x123);
  attempt(deed_call, NOWHERE, 0);
  check_page_fault("not present, execute: #PF error 0x10", PF_ID, NOWHERE);
  attempt(deed_call, (u64)&data_word, 0);
  check_page_fault("nx enforced in data: #PF error 0x11", PF_P | PF_ID, (u64)&data_word);
  attempt(deed_call, (u64)&rodata_word, 0);
  check_page_fault("nx enforced in read-only data: #PF error 0x11", PF_P | PF_ID, (u64)&rodata_word);
  attempt(deed_call, text_alias, 0);
  check_page_fault("nx enforced in the direct map: #PF error 0x11", PF_P | PF_ID, text_alias);
  attempt(deed_write, (u64)text_start, 0);
  check_page_fault("read-only enforced in text: #PF error 0x3", PF_P | PF_WR, (u64)text_start);
  attempt(deed_write, (u64)&rodata_word, 0);
  check_page_fault("read-only enforced in data: #PF error 0x3", PF_P | PF_WR, (u64)&rodata_word);
  write_cr0(read_cr0() & ~(u64)CR0_WP);
  const u64 faulted = attempt(deed_write, (u64)&rodata_word, 0x10);
  write_cr0(read_cr0() | CR0_WP);
  check("and allowed to ring 0 without CR0.WP", !faulted);
  attempt(deed_read, NON_CANONICAL, 0);
  check_fault("non-canonical address: #GP error 0x0", 13, 0);
  check_accessed_and_dirty();
  check_reserved_bit();
  check_store_across_pages();
}
