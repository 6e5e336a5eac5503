/* The benchmark guest: one workload a run, chosen on the command line, between two lines on the serial port. */
#ifndef LONGMODE_BENCH_H
#define LONGMODE_BENCH_H

#include "../common/bits.h"
#include "../common/console.h"
#include "../common/multiboot.h"
#include "../common/processor.h"
#include "../common/text.h"

/* A unit is the smallest piece that can be timed and checked: it does `operations` of what the workload is named for
 * and gives `expected`, every time. */
struct workload {
  const char *name;
  u64 expected;
  u32 operations;
  u64 (*unit)(void);
  /* What is not part of the time. It may change the two figures above, which then follow from the command line. */
  void (*prepare)(struct workload *self);
};

/* The width of a register decides what these compute; everything else is the same for both images. */
#if __SIZEOF_POINTER__ == 8
#define BY_WIDTH(narrow, wide) wide
#else
#define BY_WIDTH(narrow, wide) narrow
#endif

extern char cmdline[];

__attribute__((noreturn)) void fail(const char *what);

static inline u32 next_random(u32 *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

u64 mix_unit(void);
u64 recursion_unit(void);
u64 sieve_unit(void);
u64 quicksort_unit(void);
u64 crc_unit(void);
void crc_prepare(struct workload *self);
u64 matrix_unit(void);

u64 memcpy_unit(void);
void memcpy_prepare(struct workload *self);
u64 string_unit(void);
void string_prepare(struct workload *self);
u64 wide_unit(void);

u64 sse_integer_unit(void);
u64 sse_float_unit(void);
void sse_prepare(struct workload *self);

#if __SIZEOF_POINTER__ == 8
/* RAM that belongs to nobody: from `pool_start`, on a 2 MiB boundary, to the end that multiboot tells. */
extern u64 pool_start, pool_end;

void system_open(const struct multiboot_info *info);
void start_local_apic(void);

/* Where workloads map what they need, far from the identity map of the first 4 GiB. */
#define WINDOW 0xffffc90000000000ull
#define USER_CODE 0x0000100000000000ull
#define USER_STACK 0x0000100000200000ull

/* The entry that translates `linear` at the level of 4 KiB or 2 MiB pages, tables made on the way. */
u64 *entry_of(u64 *root, u64 linear, u64 page_size);
void map_page(u64 *root, u64 linear, u64 physical, u64 page_size, u64 flags);
u64 *new_table(void);
u64 take_frames(u64 bytes, u64 alignment);
extern u64 boot_pml4[512];

u64 syscall_unit(void);
u64 int_unit(void);
void user_prepare(struct workload *self);
u64 ipi_unit(void);
void ipi_prepare(struct workload *self);
u64 page_fault_unit(void);
void page_fault_prepare(struct workload *self);
u64 cr3_unit(void);
void cr3_prepare(struct workload *self);
u64 pcid_unit(void);
void pcid_prepare(struct workload *self);
u64 invlpg_unit(void);
void invlpg_prepare(struct workload *self);
u64 smc_unit(void);
u64 smc_data_unit(void);
u64 smc_generate_unit(void);
void smc_prepare(struct workload *self);
u64 chase_unit(void);
void chase_prepare(struct workload *self);
#endif

#endif
