/* Which workload, how many units of it, and whether every one of them gave what it must. */
#include "bench.h"

#define CMDLINE_MAX 256

char cmdline[CMDLINE_MAX];

/* Expected values: 6542 primes are below 65,536, fib(20) is 6765, CRC-32 is zlib's; the others are what the C code
 * gives when it is compiled for the host and run by its processor. */
static struct workload workloads[] = {
    {"none", 0, 1, 0, 0},
    {"mix", BY_WIDTH(0x7a1136bc, 0xa8ec6dfc318721b0), 4096, mix_unit, 0},
    {"recursion", 6765, 21891, recursion_unit, 0},
    {"sieve", 6542, 65536, sieve_unit, 0},
    {"quicksort", 0xd2d3b6e5, 4096, quicksort_unit, 0},
    {"crc", 0xdf6fd768, 65536, crc_unit, crc_prepare},
    {"matrix", 0xa0b78000, 32768, matrix_unit, 0},
    {"memcpy", 0x83fc38f2, 65536, memcpy_unit, memcpy_prepare},
    {"string", 0x89ad7d92, 16384, string_unit, string_prepare},
    {"wide", BY_WIDTH(0x19c6c49c, 0x77703953db2cf50f), 1024, wide_unit, 0},
    {"sse-integer", 0x3141f698deb98a2c, 4096, sse_integer_unit, sse_prepare},
    {"sse-float", 0x419130adb6209edc, 4096, sse_float_unit, sse_prepare},
#if __SIZEOF_POINTER__ == 8
    {"syscall", 1000, 1000, syscall_unit, user_prepare},
    {"int", 1000, 1000, int_unit, user_prepare},
    {"ipi", 1000, 1000, ipi_unit, ipi_prepare},
    {"page-fault", 512, 512, page_fault_unit, page_fault_prepare},
    {"cr3", 0, 1000, cr3_unit, cr3_prepare},
    {"pcid", 0, 1000, pcid_unit, pcid_prepare},
    {"invlpg", 0, 1000, invlpg_unit, invlpg_prepare},
    {"smc", 0, 1000, smc_unit, smc_prepare},
    {"smc-data", 0, 1000, smc_data_unit, smc_prepare},
    {"smc-generate", 0, 100, smc_generate_unit, smc_prepare},
    {"chase", 0, 0, chase_unit, chase_prepare},
#endif
};

void fail(const char *what) {
  print("bench: %s\nFAIL\n", what);
  leave(EXIT_FAIL);
}

/* Bochs has no debug-exit port; it ends when this word arrives at a port of its own. */
static void leave_bochs(void) {
  for (const char *p = "Shutdown"; *p; p++) {
    out8(0x8900, (u8)*p);
  }
}

static void end(u8 code) {
  out8(DEBUG_EXIT_PORT, code);
  leave_bochs();
  leave(code);
}

/* Whoever measures from outside looks at the emulator when it reads the line, and the emulator must still be there:
 * `linger=` turns of an empty loop are for that. */
static void linger(void) {
  for (u64 i = option_number(cmdline, "linger", 0); i > 0; i--) {
    __asm__ volatile("");
  }
}

static struct workload *chosen(void) {
  for (u32 i = 0; i < sizeof(workloads) / sizeof(workloads[0]); i++) {
    if (option_is(cmdline, "bench", workloads[i].name)) {
      return &workloads[i];
    }
  }
  fail("bench= must name a workload");
}

void bench_main(u32 magic, const struct multiboot_info *info) {
  console_open();
  if (magic != MULTIBOOT_BOOTLOADER_MAGIC) {
    fail("entered by something else than multiboot");
  }
  if (info->flags & MULTIBOOT_INFO_CMDLINE) {
    const char *given = (const char *)(uintptr_t)info->cmdline;
    for (u32 i = 0; i < CMDLINE_MAX - 1 && given[i]; i++) {
      cmdline[i] = given[i];
    }
  }
  struct workload *w = chosen();
  const u32 n = (u32)option_number(cmdline, "n", 1);
#if __SIZEOF_POINTER__ == 8
  system_open(info);
#endif
  if (w->prepare) {
    w->prepare(w);
  }
  u32 wrong = 0;
  u64 last = w->expected;
  print("bench: begin\n");
  if (w->unit) {
    for (u32 i = 0; i < n; i++) {
      const u64 result = w->unit();
      if (result != w->expected) {
        wrong++;
        last = result;
      }
    }
  }
  print("bench: end\n");
  linger();
  print("bench: %s units %u operations %u result %x\n", w->name, n, w->operations, last);
  if (wrong) {
    print("bench: %u units gave something else than %x\n", wrong, w->expected);
  }
  print(wrong ? "FAIL\n" : "PASS\n");
  end(wrong ? EXIT_FAIL : EXIT_PASS);
}
