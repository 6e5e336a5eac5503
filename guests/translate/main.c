/* Touches one word in each 4 KiB of a working set, in order or at random, whatever the page size of the mapping: the
 * addresses are the same for all of them, and only the translation differs. */
#include "translate.h"

#define CMDLINE_MAX 256
#define SIGNATURE 0x9e3779b97f4a7c15ull

enum order { ORDER_SEQ, ORDER_RANDOM };

struct job {
  u64 page_size;
  enum order order;
  int write;
  u64 set;
  u32 touches;
};

extern u8 image_end[];
__attribute__((noreturn)) void translate_main(const struct multiboot_info *info, u32 magic);

static char cmdline[CMDLINE_MAX];
static u32 wrong;

void fail(const char *what) {
  print("translate: FAIL: %s\n", what);
  leave(EXIT_FAIL);
}

/* The one word of each 4 KiB that is touched moves on by a cache line from page to page. */
static inline u64 word_in(u64 page) { return page * PAGE_4K + ((page & 63) << 6); }

static inline u64 next_random(u64 x) {
  x ^= x << 13;
  x ^= x >> 7;
  return x ^ x << 17;
}

#define RANDOM_SEED 0x2545f4914f6cdd1dull

static void fill(const struct pool *pool, u64 set) {
  for (u64 frame = 0; frame < pool->frames && frame < set / PAGE_4K; frame++) {
    *(u64 *)(pool->start + word_in(frame)) = frame * SIGNATURE;
  }
}

/* What the touched words add up to, read through the identity map. */
static u64 sum_of_pool(const struct pool *pool, u64 set) {
  u64 sum = 0;
  for (u64 frame = 0; frame < pool->frames && frame < set / PAGE_4K; frame++) {
    sum += *(u64 *)(pool->start + word_in(frame));
  }
  return sum;
}

static u64 touch(u64 base, const struct job *job) {
  const u64 mask = job->set / PAGE_4K - 1;
  u64 sum = 0;
  u64 x = RANDOM_SEED;
  if (job->write) {
    for (u32 i = 0; i < job->touches; i++) {
      x = job->order == ORDER_SEQ ? i : next_random(x);
      ++*(volatile u64 *)(base + word_in(x & mask));
    }
    return 0;
  }
  for (u32 i = 0; i < job->touches; i++) {
    x = job->order == ORDER_SEQ ? i : next_random(x);
    sum += *(volatile u64 *)(base + word_in(x & mask));
  }
  return sum;
}

/* The same walk without the memory: the sum that the reads must give. */
static u64 expected_sum(const struct pool *pool, const struct job *job) {
  const u64 mask = (job->set / PAGE_4K - 1) & (pool->frames - 1);
  u64 sum = 0;
  u64 x = RANDOM_SEED;
  for (u32 i = 0; i < job->touches; i++) {
    x = job->order == ORDER_SEQ ? i : next_random(x);
    sum += (x & mask) * SIGNATURE;
  }
  return sum;
}

static const char *name_of(u64 page_size) {
  return page_size == PAGE_4K ? "4k" : page_size == PAGE_2M ? "2m" : "1g";
}

static void run(const struct pool *pool, struct job job) {
  const u64 base = map_window(pool, job.page_size, &job.set);
  fill(pool, job.set);
  const u64 before = sum_of_pool(pool, job.set);
  const u64 start = rdtsc();
  u64 sum = touch(base, &job);
  const u64 cycles = rdtsc() - start;
  u64 expected;
  if (job.write) {
    sum = sum_of_pool(pool, job.set);
    expected = before + job.touches;
  } else {
    expected = expected_sum(pool, &job);
  }
  wrong += sum != expected;
  print("translate: pages %s order %s %s set %u KiB touches %u sum %x %s tsc %x (%u per touch)\n",
        name_of(job.page_size), job.order == ORDER_SEQ ? "seq" : "random", job.write ? "write" : "read",
        (u32)(job.set >> 10), job.touches, sum, sum == expected ? "ok" : "WRONG", cycles,
        job.touches ? (u32)(cycles / job.touches) : 0);
}

/* The end of the RAM that holds this image, within the identity map. */
static u64 find_memory_end(const struct multiboot_info *info) {
  u64 end = 0;
  if (info->flags & MULTIBOOT_INFO_MMAP) {
    for (u64 at = info->mmap_addr; at < (u64)info->mmap_addr + info->mmap_length;) {
      const struct multiboot_mmap_entry *entry = (const struct multiboot_mmap_entry *)at;
      const u64 here = (u64)image_end;
      if (entry->type == MULTIBOOT_MEMORY_AVAILABLE && here >= entry->base_addr &&
          here < entry->base_addr + entry->length) {
        end = entry->base_addr + entry->length;
      }
      at += entry->size + sizeof entry->size;
    }
  } else if (info->flags & MULTIBOOT_INFO_MEMORY) {
    end = 0x100000 + ((u64)info->mem_upper << 10);
  }
  return end > PAGE_1G ? PAGE_1G : end;
}

static struct pool find_pool(u64 memory_end, u64 set) {
  struct pool pool = {((u64)image_end + tables_needed(set) + PAGE_2M - 1) & ~(u64)(PAGE_2M - 1), PAGE_2M / PAGE_4K};
  if (pool.start + PAGE_2M > memory_end) {
    fail("too little RAM for the page tables and a pool of 2 MiB");
  }
  while (pool.start + 2 * pool.frames * PAGE_4K <= memory_end) {
    pool.frames *= 2;
  }
  return pool;
}

/* Whether the option is missing, or is `value`. */
static int selected(const char *name, const char *value) {
  return !option(cmdline, name) || option_is(cmdline, name, value);
}

void translate_main(const struct multiboot_info *info, u32 magic) {
  console_open();
  if (magic != MULTIBOOT_BOOTLOADER_MAGIC) {
    fail("EAX is not the multiboot magic");
  }
  /* Everything is taken out of the boot information first: page tables and pool may then lie over it. */
  if (info->flags & MULTIBOOT_INFO_CMDLINE) {
    const char *given = (const char *)(u64)info->cmdline;
    const size_t length = text_length(given);
    if (length >= CMDLINE_MAX) {
      fail("the command line has more than 255 characters");
    }
    memcpy(cmdline, given, length + 1);
  }
  const u64 memory_end = find_memory_end(info);
  const u64 set = option_number(cmdline, "size", 16 << 20);
  const u64 touches = option_number(cmdline, "touches", 50000);
  if (set < PAGE_4K || (set & (set - 1)) || set > 64ull << 30) {
    fail("size= must be a power of two from 4K to 64G");
  }
  if (touches >> 32) {
    fail("touches= must be below 4G");
  }
  const struct pool pool = find_pool(memory_end, set);
  print("translate: %u KiB of RAM behind the window, at %x\n", (u32)(pool.frames * 4), pool.start);

  static const u64 page_sizes[] = {PAGE_4K, PAGE_2M, PAGE_1G};
  static const char *const orders[] = {"seq", "random"};
  const int has_1g = (cpuid(0x80000001, 0).edx & CPUID_80000001_EDX_PAGE1GB) != 0;
  u32 runs = 0;
  for (u32 p = 0; p < 3; p++) {
    if (!selected("pages", name_of(page_sizes[p]))) {
      continue;
    }
    if (page_sizes[p] == PAGE_1G && !has_1g) {
      if (option(cmdline, "pages")) {
        fail("CPUID offers no 1 GiB pages");
      }
      print("translate: pages 1g left out: CPUID does not offer them\n");
      continue;
    }
    for (u32 o = 0; o < 2; o++) {
      if (!selected("order", orders[o])) {
        continue;
      }
      for (int write = 0; write < 2; write++) {
        /* Without write= only the sequential order is written to, which keeps the default short. */
        if (option(cmdline, "write") ? option_number(cmdline, "write", 0) == (u64)write : !write || o == 0) {
          run(&pool, (struct job){page_sizes[p], (enum order)o, write, set, (u32)touches});
          runs++;
        }
      }
    }
  }
  if (!runs) {
    fail("pages= must be 4k, 2m or 1g, order= seq or random, write= 0 or 1");
  }
  print(wrong ? "FAIL\n" : "PASS\n");
  leave(wrong ? EXIT_FAIL : EXIT_PASS);
}
