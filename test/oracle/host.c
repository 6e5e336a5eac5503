/*
 * Runs a few instructions at a time on the real processor. Reads a batch of cases from standard input, writes as many results to
 * standard output; the records are described in protocol.ts.
 *
 * A case is entered by returning from a signal handler with its registers in the signal frame, and left by the signal that
 * its last byte raises: the page of code is full of INT3. Where the instruction branches, RFLAGS.TF is used instead (a trap
 * that costs fifty microseconds in a virtual machine, against two). Linux, x86-64, XSAVE.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

enum { CODE = 0x200000, DATA = 0x300000, DATA_BYTES = 0x2000, PAGE = 0x1000, CHANGES = 1024 };
enum { STEP = 1 };

typedef struct {
  uint8_t code[64];
  uint8_t length, flags, pad[6];
  uint64_t gpr[16];
  uint64_t rflags;
  uint8_t xmm[16][16], ymmh[16][16];
  uint8_t st[8][16];
  uint16_t fcw, fsw;
  uint32_t ftw, mxcsr, pad2;
} Case;

typedef struct {
  uint32_t vector, error;
  uint64_t cr2;
  uint64_t gpr[16];
  uint64_t rip, rflags;
  uint8_t xmm[16][16], ymmh[16][16];
  uint8_t st[8][16];
  uint16_t fcw, fsw;
  uint32_t ftw, mxcsr, pad;
  uint32_t changed_from, changed_bytes;
  uint8_t changed[CHANGES];
  uint64_t fs_base, gs_base;
} Result;

typedef struct {
  uint16_t fcw, fsw;
  uint8_t ftw, zero;
  uint16_t fop;
  uint64_t fip, fdp;
  uint32_t mxcsr, mxcsr_mask;
  uint8_t st[8][16];
  uint8_t xmm[16][16];
  uint8_t reserved[96];
  uint64_t xstate_bv, xcomp_bv, header[6];
  uint8_t ymmh[16][16];
} Xsave;

enum { X87 = 1, SSE = 2, AVX = 4 };

static const int ORDER[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                              REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

static Case *cases;
static Result *results;
static uint32_t count, at;
static int running;
static uint8_t *code;
static uint8_t pattern[DATA_BYTES];
static gregset_t start;
static Xsave start_fp;

/* The C library lives by FS: it is put back before anything of it runs. Only where the kernel has set CR4.FSGSBASE. */
static int has_bases;
static uint64_t our_fs, fs_base, gs_base;

static inline void swap_in_bases(void) {
  if (!has_bases) return;
  asm volatile("rdfsbase %0\n rdgsbase %1" : "=r"(fs_base), "=r"(gs_base));
  asm volatile("wrfsbase %0" ::"r"(our_fs));
}

static inline void swap_out_bases(void) {
  if (has_bases) asm volatile("wrfsbase %0\n wrgsbase %0" ::"r"(0ull));
}

static void load(const Case *c, ucontext_t *u) {
  greg_t *g = u->uc_mcontext.gregs;
  Xsave *x = (Xsave *)u->uc_mcontext.fpregs;
  memset(code, 0xcc, 128);
  memcpy(code + 16, c->code, c->length);
  for (int i = 0; i < 16; i++) g[ORDER[i]] = (greg_t)c->gpr[i];
  g[REG_RIP] = CODE + 16;
  g[REG_EFL] = (greg_t)(c->rflags | 0x202 | (c->flags & STEP ? 0x100 : 0));
  x->fcw = c->fcw, x->fsw = c->fsw, x->ftw = (uint8_t)c->ftw, x->fop = 0, x->fip = x->fdp = 0;
  x->mxcsr = c->mxcsr;
  memcpy(x->st, c->st, sizeof x->st);
  memcpy(x->xmm, c->xmm, sizeof x->xmm);
  memcpy(x->ymmh, c->ymmh, sizeof x->ymmh);
  x->xstate_bv |= X87 | SSE | AVX;
}

static void store(Result *r, const ucontext_t *u, const siginfo_t *info) {
  const greg_t *g = u->uc_mcontext.gregs;
  const Xsave *x = (const Xsave *)u->uc_mcontext.fpregs;
  uint64_t trap = (uint64_t)g[REG_TRAPNO];
  memset(r, 0, sizeof *r);
  r->rip = (uint64_t)g[REG_RIP];
  r->vector = (uint32_t)trap;
  if (trap == 1) r->vector = ~0u;
  if (trap == 3) r->vector = ~0u, r->rip--;
  r->error = (uint32_t)g[REG_ERR];
  r->cr2 = trap == 14 ? (uint64_t)g[REG_CR2] : 0;
  (void)info;
  r->fs_base = fs_base, r->gs_base = gs_base;
  for (int i = 0; i < 16; i++) r->gpr[i] = (uint64_t)g[ORDER[i]];
  r->rflags = (uint64_t)g[REG_EFL];
  r->fcw = 0x37f, r->mxcsr = x->mxcsr;
  if (x->xstate_bv & X87) {
    r->fcw = x->fcw, r->fsw = x->fsw, r->ftw = x->ftw;
    memcpy(r->st, x->st, sizeof r->st);
  }
  if (x->xstate_bv & SSE) memcpy(r->xmm, x->xmm, sizeof r->xmm);
  if (x->xstate_bv & AVX) memcpy(r->ymmh, x->ymmh, sizeof r->ymmh);
  const uint8_t *data = (const uint8_t *)DATA;
  if (memcmp(data, pattern, DATA_BYTES) != 0) {
    uint32_t first = 0, last = DATA_BYTES - 1;
    while (data[first] == pattern[first]) first++;
    while (data[last] == pattern[last]) last--;
    r->changed_from = first;
    r->changed_bytes = last + 1 - first;
    memcpy(r->changed, data + first, r->changed_bytes < CHANGES ? r->changed_bytes : CHANGES);
    memcpy((void *)DATA, pattern, DATA_BYTES);
  }
}

static void __attribute__((noinline)) handle(siginfo_t *info, ucontext_t *u) {
  if (!running) {
    running = 1;
    memcpy(start, u->uc_mcontext.gregs, sizeof start);
    memcpy(&start_fp, u->uc_mcontext.fpregs, sizeof start_fp);
  } else {
    store(&results[at], u, info);
    at++;
  }
  if (at < count) load(&cases[at], u);
  else {
    memcpy(u->uc_mcontext.gregs, start, sizeof start);
    memcpy(u->uc_mcontext.fpregs, &start_fp, sizeof start_fp);
    running = 0;
  }
}

/* Linux leaves AC, NT and ID as the case had them: no C library is compiled for the first, and the next case inherits the others. */
static void handler(int signal, siginfo_t *info, void *context) {
  swap_in_bases();
  asm volatile("pushfq\n andl $~0x244000, (%%rsp)\n popfq" ::: "memory", "cc");
  (void)signal;
  handle(info, context);
  if (running) swap_out_bases();
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void transfer(int fd, void *buffer, size_t bytes, int out) {
  for (uint8_t *p = buffer; bytes > 0;) {
    ssize_t n = out ? write(fd, p, bytes) : read(fd, p, bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      if (n == 0 && !out && p == buffer) exit(0);
      fail("pipe");
    }
    p += n, bytes -= (size_t)n;
  }
}

int main(void) {
  has_bases = (getauxval(AT_HWCAP2) & 2) != 0;
  if (has_bases) asm volatile("rdfsbase %0" : "=r"(our_fs));
  int flags = MAP_PRIVATE | MAP_ANONYMOUS;
  /* The page of code twice: the cases may read and execute it, only we write. */
  int file = memfd_create("code", 0);
  if (file < 0 || ftruncate(file, PAGE) != 0) fail("code");
  if (mmap((void *)CODE, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED_NOREPLACE, file, 0) != (void *)CODE) fail("code");
  code = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (code == MAP_FAILED) fail("code");
  if (mmap((void *)DATA, DATA_BYTES, PROT_READ | PROT_WRITE, flags | MAP_FIXED_NOREPLACE, -1, 0) != (void *)DATA) fail("data");
  memset(code, 0xcc, PAGE);
  stack_t stack = {.ss_sp = mmap(0, 1 << 17, PROT_READ | PROT_WRITE, flags, -1, 0), .ss_size = 1 << 17};
  sigaltstack(&stack, 0);
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
  int signals[] = {SIGTRAP, SIGSEGV, SIGILL, SIGFPE, SIGBUS};
  for (int i = 0; i < 5; i++) sigaction(signals[i], &action, 0);
  for (;;) {
    transfer(0, &count, sizeof count, 0);
    transfer(0, pattern, sizeof pattern, 0);
    cases = malloc(count * sizeof *cases);
    results = malloc(count * sizeof *results);
    transfer(0, cases, count * sizeof *cases, 0);
    memcpy((void *)DATA, pattern, DATA_BYTES);
    at = 0;
    raise(SIGTRAP);
    transfer(1, results, count * sizeof *results, 1);
    free(cases), free(results);
  }
}
