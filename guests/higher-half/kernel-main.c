/* The order of the questions. Each prints one line; the last word is PASS or FAIL, and so is the exit status. */
#include "kernel.h"

const struct handover *handover;
static u32 checks, failures;

#define RESULT_COLUMN 52

static void begin_line(const char *what) {
  checks++;
  print("kernel: %s ", what);
  for (size_t column = text_length(what); column < RESULT_COLUMN; column++) {
    print(".");
  }
}

void check(const char *what, int holds) {
  begin_line(what);
  print(holds ? " ok\n" : " FAILED\n");
  failures += !holds;
}

void check_equal(const char *what, u64 got, u64 expected) {
  begin_line(what);
  if (got == expected) {
    print(" ok\n");
  } else {
    print(" FAILED: %x, expected %x\n", got, expected);
    failures++;
  }
}

static void check_arrival(u64 bss_is_zero, u64 loader_rsp, const u8 *run_address) {
  check("handover structure", handover->magic == HANDOVER_MAGIC);
  check("runs where it is linked", run_address == text_start && handover->entry == (u64)text_start);
  check("bss is zero", bss_is_zero != 0);
  check("stack is in the direct map", loader_rsp - handover->direct_base < handover->direct_size);
  check_equal("stack is aligned for a call", loader_rsp & 15, 8);
  check_equal("CR0 has PE, WP and PG", read_cr0() & (CR0_PE | CR0_WP | CR0_PG), CR0_PE | CR0_WP | CR0_PG);
  check("CR4 has PAE", (read_cr4() & CR4_PAE) != 0);
  check_equal("EFER has LME, LMA and NXE", rdmsr(IA32_EFER) & (EFER_LME | EFER_LMA | EFER_NXE),
              EFER_LME | EFER_LMA | EFER_NXE);
  check_equal("CR3 is the loader's PML4", read_cr3() & PTE_ADDRESS, handover->pml4);
}

/* Endings other than PASS, for tests of the emulator's own exit statuses. */
static void end_as_asked(const char *cmdline) {
  if (option_is(cmdline, "end", "fail")) {
    check("a failure was asked for", 0);
  } else if (option_is(cmdline, "end", "halt")) {
    print("kernel: halting for good\n");
    for (;;) {
      __asm__ volatile("cli; hlt");
    }
  } else if (option_is(cmdline, "end", "spin")) {
    print("kernel: spinning\n");
    for (;;) {
      __asm__ volatile("pause");
    }
  } else if (option_is(cmdline, "end", "triple")) {
    static const struct {
      u16 limit;
      u64 base;
    } __attribute__((packed)) nothing = {0, 0};
    print("kernel: triple fault\n");
    __asm__ volatile("lidt %0; ud2" : : "m"(nothing));
  }
}

__attribute__((noreturn)) void kernel_main(const struct handover *given, u64 bss_is_zero, u64 loader_rsp,
                                           const u8 *run_address) {
  handover = given;
  console_open();
  const char *cmdline = direct(handover->cmdline);
  print("kernel: entered in 64-bit mode at %x\n", (u64)run_address);
  print("kernel: command line \"%s\"\n", cmdline);
  check_arrival(bss_is_zero, loader_rsp, run_address);
  check_memory();
  traps_open();
  check_traps();
  drop_identity_map();
  check_page_faults();
  check_timer();
  check_user();
  if (option_is(cmdline, "strict", "1")) {
    check_strict();
  }
  end_as_asked(cmdline);
  print("kernel: %u checks, %u failed\n", checks, failures);
  print(failures ? "FAIL\n" : "PASS\n");
  leave(failures ? EXIT_FAIL : EXIT_PASS);
}
