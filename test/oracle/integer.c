/*
 * Runs integer instructions on the real processor and prints what they did, for test/cpu/execute/vectors.test.ts. A line
 * `bytes | instruction` opens the cases of one instruction; a case is two groups of `flags rax rdx rcx rbx` in hexadecimal,
 * before and after, or the word DE in place of the second. Only status flags are printed. Flags that the manuals leave
 * undefined are those of the processor that ran this: the committed file is an AMD EPYC 7003's (Zen 3).
 * generate.sh builds and runs it. User mode, x86-64; every run prints the same.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef struct {
  uint64_t flags, rax, rdx, rcx, rbx;
} Registers;

/* SHIFT: the count in CL is what matters. DIVIDE: mostly quotients that fit. COMPARE: equal half of the time. */
enum Kind { PLAIN, SHIFT, DIVIDE, COMPARE };

#define INSTRUCTION(id, kind, text)                                                                     \
  void id(Registers *);                                                                                 \
  extern const uint8_t id##_start[], id##_end[];                                                        \
  asm(#id ": push %rbx\n pushfq\n pushq (%rdi)\n"                                                       \
      "mov 8(%rdi), %rax\n mov 16(%rdi), %rdx\n mov 24(%rdi), %rcx\n mov 32(%rdi), %rbx\n"              \
      "popfq\n" #id "_start: " text "\n" #id "_end: pushfq\n popq (%rdi)\n"                             \
      "mov %rax, 8(%rdi)\n mov %rdx, 16(%rdi)\n mov %rcx, 24(%rdi)\n mov %rbx, 32(%rdi)\n"              \
      "popfq\n pop %rbx\n ret\n");
#include "integer.inc"
#undef INSTRUCTION

typedef struct {
  const char *text;
  void (*run)(Registers *);
  const uint8_t *start, *end;
  enum Kind kind;
} Row;

#define INSTRUCTION(id, kind, text) {text, id, id##_start, id##_end, kind},
static const Row rows[] = {
#include "integer.inc"
};

enum { STATUS = 0x8d5 };

static uint64_t seed = 0x9e3779b97f4a7c15ull;
static uint64_t next(void) { /* xorshift64* */
  seed ^= seed >> 12, seed ^= seed << 25, seed ^= seed >> 27;
  return seed * 2685821657736338717ull;
}

static uint64_t value(void) {
  static const uint64_t edges[] = {0, 1, 2, 0x7f, 0x80, 0x81, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000,
    0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff, 0xfffffffffffffffe, 0x5555555555555555,
    0xffffffff80000000, 0xffffffffffff8000, 0xffffffffffffff80, 0x8080808080808080};
  uint64_t pick = next();
  if (pick & 1) return edges[(pick >> 8) % (sizeof edges / sizeof *edges)];
  return next() >> ((pick >> 8) & 63);
}

static sigjmp_buf escape;
static void on_fpe(int signal) { siglongjmp(escape, signal); }

static void print(const Registers *r) {
  printf("%llx %llx %llx %llx %llx", (unsigned long long)(r->flags & STATUS), (unsigned long long)r->rax,
    (unsigned long long)r->rdx, (unsigned long long)r->rcx, (unsigned long long)r->rbx);
}

int main(int argc, char **argv) {
  int cases = 12;
  if (argc > 1) sscanf(argv[1], "%d", &cases);
  signal(SIGFPE, on_fpe);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const Row *row = &rows[i];
    for (const uint8_t *p = row->start; p < row->end; p++) printf("%02x", *p);
    printf(" | %s\n", row->text);
    /* Shifts have the most to show. */
    for (int n = 0; n < (row->kind == SHIFT ? cases * 2 : cases); n++) {
      Registers before = {next() & STATUS, value(), value(), value(), value()}, after;
      if (row->kind == SHIFT) {
        before.rcx = (before.rcx & ~0xffull) | (n < 5 ? (n == 0 ? 0 : n < 4 ? 1 : 0x20) : next() & 0xff);
      }
      if (row->kind == DIVIDE && (next() & 3) != 0) {
        before.rbx |= 1, before.rdx = next() & 1 ? 0 : (next() & 1 ? ~0ull : before.rdx % before.rbx);
        if (strstr(row->text, "idiv")) before.rdx = (int64_t)before.rdx >> 1;
        if (strstr(row->text, "%bl")) before.rax = (uint64_t)((before.rax & 0xff) * (next() & 0x7f));
      }
      if (row->kind == COMPARE && (n & 1)) before.rbx = before.rax;
      after = before;
      after.flags |= 0x202;
      print(&before);
      printf(" | ");
      if (sigsetjmp(escape, 1) == 0) {
        row->run(&after);
        print(&after);
      } else {
        printf("DE");
      }
      printf("\n");
    }
  }
  return 0;
}
