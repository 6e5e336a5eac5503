/* What translation costs: address spaces that alternate, entries that are dropped one by one, and chains of pointers. */
#include "bench.h"

static u64 page_size_option(void) {
  if (option_is(cmdline, "pages", "2m")) {
    return PAGE_2M;
  }
  return PAGE_4K;
}

/* Two address spaces, each with a window of 16 pages of its own. An operation is a load of CR3 and a read of all 16. */

#define SPACE_PAGES 16
#define CR3_KEEP (1ull << 63)

static u64 roots[2];

void cr3_prepare(struct workload *self) {
  for (u32 s = 0; s < 2; s++) {
    u64 *root = new_table();
    memcpy(root, boot_pml4, PAGE_4K);
    roots[s] = (u64)root;
    for (u64 i = 0; i < SPACE_PAGES; i++) {
      u64 *frame = new_table();
      frame[i * 8] = (s + 1) * 1000 + i;
      self->expected += frame[i * 8] * 500;
      map_page(root, WINDOW + i * PAGE_4K, (u64)frame, PAGE_4K, PTE_RW | PTE_XD);
    }
  }
}

u64 cr3_unit(void) {
  u64 sum = 0;
  for (u32 i = 0; i < 1000; i++) {
    write_cr3(roots[i & 1]);
    for (u64 page = 0; page < SPACE_PAGES; page++) {
      sum += *(volatile u64 *)(WINDOW + page * PAGE_4K + page * 64);
    }
  }
  return sum;
}

/* The same with process-context identifiers where CPUID offers them: nothing has to be forgotten. */
void pcid_prepare(struct workload *self) {
  cr3_prepare(self);
  if (!(cpuid(1, 0).ecx & 1 << 17)) {
    print("bench: CPUID offers no PCID\n");
    return;
  }
  write_cr4(read_cr4() | CR4_PCIDE);
  for (u64 s = 0; s < 2; s++) {
    write_cr3(roots[s] | (s + 1)); /* Forgets whatever carries this identifier; later loads keep it. */
    roots[s] |= CR3_KEEP | (s + 1);
  }
}

u64 pcid_unit(void) { return cr3_unit(); }

/* A window of 64 pages over two sets of frames. An operation gives one page the other frame, tells it to the TLB, reads
 * it, and reads four others, of which nothing has changed. */

#define INVLPG_PAGES 64

static u64 invlpg_size, *invlpg_entries, invlpg_frames[2];
static u8 invlpg_set[INVLPG_PAGES];

void invlpg_prepare(struct workload *self) {
  invlpg_size = page_size_option();
  for (u32 s = 0; s < 2; s++) {
    /* Of 2 MiB pages there are eight frames a set only: RAM is not what this is about. */
    const u64 frames = invlpg_size == PAGE_4K ? INVLPG_PAGES : 8;
    invlpg_frames[s] = take_frames(frames * invlpg_size, frames * invlpg_size); /* So that XOR goes from one to the other. */
    for (u64 i = 0; i < frames; i++) {
      *(u64 *)(invlpg_frames[s] + i * invlpg_size) = s + 1;
    }
  }
  for (u64 i = 0; i < INVLPG_PAGES; i++) {
    const u64 frame = invlpg_frames[0] + i * invlpg_size % (8 * PAGE_2M);
    map_page(boot_pml4, WINDOW + i * invlpg_size, frame, invlpg_size, PTE_RW | PTE_XD);
  }
  invlpg_entries = entry_of(boot_pml4, WINDOW, invlpg_size);
  self->expected = 1000; /* Wrong ones show as a difference from the number of operations. */
}

u64 invlpg_unit(void) {
  u64 right = 0;
  for (u32 i = 0; i < 1000; i++) {
    const u32 page = i * 37 % INVLPG_PAGES;
    const u64 linear = WINDOW + page * invlpg_size;
    const u8 set = invlpg_set[page] ^= 1;
    invlpg_entries[page] ^= invlpg_frames[0] ^ invlpg_frames[1];
    invlpg((void *)linear);
    u32 good = *(volatile u64 *)linear == set + 1u;
    for (u32 k = 1; k <= 4; k++) {
      const u32 other = (page + k * 7) % INVLPG_PAGES;
      good &= *(volatile u64 *)(WINDOW + other * invlpg_size) == invlpg_set[other] + 1u;
    }
    right += good;
  }
  return right;
}

/* One pointer in each 4 KiB of `span=` pages, in a chain that goes through all of them in random order. The addresses
 * are the same for both sizes of the mapping (`pages=4k` or `2m`). A unit goes through the chain once, or often enough
 * for 65,536 steps; an operation is a step. */

struct link {
  struct link *next;
  u64 number;
};

static struct link *chase_start;
static u32 chase_steps;

static struct link *link_of(u64 page) { return (struct link *)(WINDOW + page * PAGE_4K + page % 61 * 64); }

void chase_prepare(struct workload *self) {
  const u64 pages = option_number(cmdline, "span", 32);
  const u64 size = page_size_option();
  const u64 bytes = (pages * PAGE_4K + size - 1) & ~(size - 1);
  const u64 frames = take_frames(bytes, PAGE_2M);
  for (u64 offset = 0; offset < bytes; offset += size) {
    map_page(boot_pml4, WINDOW + offset, frames + offset, size, PTE_RW | PTE_XD);
  }
  /* Sattolo's algorithm, with the permutation where the numbers will be. */
  for (u64 i = 0; i < pages; i++) {
    link_of(i)->number = i;
  }
  u32 state = 7;
  for (u64 i = pages - 1; i > 0; i--) {
    const u64 j = (u64)next_random(&state) % i;
    const u64 number = link_of(i)->number;
    link_of(i)->number = link_of(j)->number;
    link_of(j)->number = number;
  }
  for (u64 i = 0; i < pages; i++) {
    link_of(i)->next = link_of(link_of(i)->number);
  }
  chase_start = link_of(0);
  chase_steps = pages > 65536 ? (u32)pages : (u32)(65536 / pages * pages);
  self->operations = chase_steps;
  self->expected = (u64)chase_start;
}

u64 chase_unit(void) {
  const struct link *at = chase_start;
  for (u32 i = 0; i < chase_steps; i++) {
    at = at->next;
  }
  return (u64)at;
}
