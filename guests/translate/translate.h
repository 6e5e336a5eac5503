/* The translation guest: main.c walks over a window of linear memory, paging.c maps it by one page size at a time. */
#ifndef LONGMODE_TRANSLATE_H
#define LONGMODE_TRANSLATE_H

#include "../common/bits.h"
#include "../common/console.h"
#include "../common/multiboot.h"
#include "../common/processor.h"
#include "../common/text.h"

/* The RAM behind the window: a power of two of 4 KiB frames, starting on a 2 MiB boundary, in the first GiB. */
struct pool {
  u64 start;
  u64 frames;
};

__attribute__((noreturn)) void fail(const char *what);

/* The window of `set` bytes. It starts over at the pool's first frame when the pool is the smaller one; with 1 GiB pages
 * it cannot, and *set is cut to the pool's size. Returns its linear address. */
u64 map_window(const struct pool *pool, u64 page_size, u64 *set);

/* How many bytes of page tables a window needs. They lie between the image and the pool. */
u64 tables_needed(u64 set);

#endif
