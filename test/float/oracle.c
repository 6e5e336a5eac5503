/*
 * Runs floating-point instructions on the real processor and prints what they did, one line per case:
 *
 *   x87   op cw   st0 st1 memory | st0 st1 memory fsw
 *   sse   op mxcsr a b c         | result flags
 *
 * Usage: oracle x87|transcendental|sse SEED CASES [OP]. Cases go round robin over the operations; operands and control
 * words are random with a strong taste for the special. Deterministic for a seed. An unmasked x87 exception stays
 * pending and is read with FNSTSW; an unmasked SIMD exception arrives as SIGFPE and prints "-" as its result.
 * Build: gcc -O1 -o oracle oracle.c. Needs x86-64 with FMA and F16C.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

static uint64_t state;
static uint64_t next(void) {
  state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
  return state * 0x2545f4914f6cdd1dull;
}
static uint32_t below(uint32_t n) { return (next() >> 33) % n; }

/* A bit pattern with structure: random, a few bits, runs of ones, near a carry. */
static uint64_t pattern(void) {
  uint64_t r = next();
  switch (below(8)) {
    case 0: return 0;
    case 1: return ~0ull;
    case 2: return 1ull << (r & 63);
    case 3: return ~(1ull << (r & 63));
    case 4: return ~0ull << (r & 63);
    case 5: return (~0ull << (r & 63)) ^ (1ull << ((r >> 8) & 63));
    case 6: return (r << ((r >> 8) & 63));
    default: return r;
  }
}

/* ---- x87 ---- */

typedef struct __attribute__((packed)) {
  uint64_t significand;
  uint16_t exponent;
} Extended;

static Extended st0, st1;
static union {
  uint64_t u64;
  uint32_t u32;
  uint16_t u16;
  Extended extended;
} memory;
static uint16_t cw, fsw;
static const uint16_t quiet_cw = 0x37f;

#define X87_OPERATION(id, text)                                                                        \
  static void x87_##id(void) {                                                                         \
    asm volatile("fninit\n fldt %[b]\n fldt %[a]\n fldcw %[cw]\n" text "\n fnstsw %[sw]\n fnclex\n"     \
                 "fldcw %[quiet]\n fstpt %[a]\n fstpt %[b]\n fninit"                                    \
                 : [a] "+m"(st0), [b] "+m"(st1), [m] "+m"(memory), [sw] "=m"(fsw)                      \
                 : [cw] "m"(cw), [quiet] "m"(quiet_cw)                                                 \
                 : "memory");                                                                          \
  }
#define X87_LIST(X)                                                                                    \
  X(fadd, "fadd %%st(1), %%st") X(fsub, "fsub %%st(1), %%st") X(fmul, "fmul %%st(1), %%st")             \
  X(fdiv, "fdiv %%st(1), %%st") X(fdivr, "fdivr %%st(1), %%st") X(fsubr, "fsubr %%st(1), %%st") X(fsqrt, "fsqrt") X(fprem, "fprem")    \
  X(fprem1, "fprem1") X(frndint, "frndint") X(fscale, "fscale") X(fxtract, "fxtract")                  \
  X(fcom, "fcom %%st(1)") X(fucom, "fucom %%st(1)") X(ftst, "ftst") X(fxam, "fxam")                    \
  X(fld32, "flds %[m]") X(fld64, "fldl %[m]") X(fild16, "filds %[m]") X(fild32, "fildl %[m]")          \
  X(fild64, "fildll %[m]") X(fbld, "fbld %[m]") X(fst32, "fstps %[m]") X(fst64, "fstpl %[m]")          \
  X(fist16, "fistps %[m]") X(fist32, "fistpl %[m]") X(fist64, "fistpll %[m]")                          \
  X(fisttp16, "fisttps %[m]") X(fisttp32, "fisttpl %[m]") X(fisttp64, "fisttpll %[m]")                 \
  X(fbstp, "fbstp %[m]") X(fadd32, "fadds %[m]") X(fmul64, "fmull %[m]") X(fiadd16, "fiadds %[m]")      \
  X(fidiv32, "fidivl %[m]") X(fcom64, "fcoml %[m]")                                                    \
  X(fld1, "fstp %%st\n fld1") X(fldpi, "fstp %%st\n fldpi") X(fldl2e, "fstp %%st\n fldl2e")             \
  X(fldl2t, "fstp %%st\n fldl2t") X(fldlg2, "fstp %%st\n fldlg2") X(fldln2, "fstp %%st\n fldln2")
#define TRANSCENDENTAL_LIST(X)                                                                         \
  X(fsin, "fsin") X(fcos, "fcos") X(fsincos, "fsincos") X(fptan, "fptan") X(fpatan, "fpatan")           \
  X(f2xm1, "f2xm1") X(fyl2x, "fyl2x") X(fyl2xp1, "fyl2xp1")
X87_LIST(X87_OPERATION)
TRANSCENDENTAL_LIST(X87_OPERATION)

typedef struct {
  const char *name;
  void (*run)(void);
} X87Row;
#define X87_ROW(id, text) {#id, x87_##id},
static const X87Row x87_rows[] = {X87_LIST(X87_ROW)};
static const X87Row transcendental_rows[] = {TRANSCENDENTAL_LIST(X87_ROW)};

static Extended random_extended(void) {
  Extended v = {pattern() | 1ull << 63, 0};
  uint16_t sign = next() & 0x8000;
  switch (below(16)) {
    case 0: v.significand = 0; break;                                       /* zero */
    case 1: v.significand = pattern() & ~(1ull << 63); break;               /* denormal or zero */
    case 2: if (below(3)) v.exponent = 0x7fff, v.significand = 1ull << 63;  /* infinity or pseudo-denormal */
      break;
    case 3: v.exponent = 0x7fff; break;                                     /* NaN */
    case 4: v.exponent = 0x7ffe - below(70); break;
    case 5: v.exponent = 1 + below(70); break;
    case 6: v.exponent = next() & 0x7fff; break;
    case 7: v.exponent = (next() & 0x7fff), v.significand = below(8) ? v.significand : pattern(); break;
    case 8: v.exponent = 16383 + below(66); break;
    case 9: v.exponent = 16383 - 1080 + below(70); break;                   /* edges of the double format */
    case 10: v.exponent = 16383 + (below(2) ? 1020 + below(8) : 124 + below(8)); break;
    case 11: v.exponent = 16383 - 155 + below(40); break;
    case 12: v.exponent = 16383 + below(19); v.significand = (uint64_t)(1 + below(65535)) << 48;
      while (!(v.significand >> 63)) v.significand <<= 1;
      break;
    default: v.exponent = 16383 - 8 + below(16); break;
  }
  v.exponent |= sign;
  return v;
}

static uint16_t random_cw(void) {
  static const uint16_t precision[] = {0x000, 0x200, 0x300, 0x300};
  return 0x40 | (below(4) << 10) | precision[below(4)] | (below(3) ? 0x3f : next() & 0x3f);
}

static uint64_t random_double(void) {
  uint64_t sign = next() << 63, fraction = pattern() & 0xfffffffffffffull;
  switch (below(12)) {
    case 0: return sign;
    case 1: return sign | fraction;
    case 2: return sign | 0x7ff0000000000000ull;
    case 3: return sign | 0x7ff0000000000000ull | fraction;
    case 4: return sign | (uint64_t)(0x7fe - below(56)) << 52 | fraction;
    case 5: return sign | (uint64_t)(1 + below(56)) << 52 | fraction;
    case 6: return sign | (next() & 0x7ff0000000000000ull) | fraction;
    case 7: return sign | (uint64_t)(1023 + below(66)) << 52 | fraction;
    case 8: return sign | (uint64_t)(1023 - 155 + below(40)) << 52 | fraction;
    case 9: return sign | (uint64_t)(1023 + 124 + below(8)) << 52 | fraction;
    default: return sign | (uint64_t)(1023 - 4 + below(8)) << 52 | fraction;
  }
}

static uint32_t random_single(void) {
  uint32_t sign = next() << 31, fraction = pattern() >> (below(2) ? 41 : 0) & 0x7fffff;
  switch (below(12)) {
    case 0: return sign;
    case 1: return sign | fraction;
    case 2: return sign | 0x7f800000;
    case 3: return sign | 0x7f800000 | fraction;
    case 4: return sign | (0xfe - below(27)) << 23 | fraction;
    case 5: return sign | (1 + below(27)) << 23 | fraction;
    case 6: return sign | (next() & 0x7f800000) | fraction;
    case 7: return sign | (127 + below(66)) << 23 | fraction;
    case 8: return sign | (127 - 27 + below(16)) << 23 | fraction; /* edges of the half format */
    case 9: return sign | (127 + 12 + below(6)) << 23 | fraction;
    default: return sign | (127 - 4 + below(8)) << 23 | fraction;
  }
}

static Extended random_bcd(void) {
  Extended v = {0, (next() & 0x8000) | below(10) | below(10) << 4};
  for (int i = 0; i < 16; i++) v.significand = v.significand << 4 | (below(3) ? below(10) : 0);
  if (below(4) == 0) v.significand >>= below(64) & 60, v.exponent &= 0x8000;
  return v;
}

static void x87_case(const X87Row *row, int transcendental) {
  st0 = random_extended(), st1 = random_extended(), cw = random_cw();
  if (!below(8)) st1.significand = st0.significand;
  if (!below(4)) st1.exponent = (st0.exponent + below(5) - 2) & 0x7fff, st1.significand |= 1ull << 63;
  memset(&memory, 0, sizeof memory);
  const char *name = row->name;
  if (strstr(name, "fbld")) memory.extended = random_bcd();
  else if (strstr(name, "fld32") || strstr(name, "fadd32")) memory.u32 = random_single();
  else if (strstr(name, "64") && !strstr(name, "fi") && !strstr(name, "fst")) memory.u64 = random_double();
  else memory.u64 = pattern();
  if (transcendental) {
    if (!strcmp(name, "f2xm1") && below(8) && (st0.exponent & 0x7fff) > 0x3ffe) st0.exponent = (st0.exponent & 0x8000) | (0x3ffe - below(72));
    if (!strcmp(name, "fyl2xp1") && below(8) && (st0.exponent & 0x7fff) > 0x3ffc) st0.exponent = (st0.exponent & 0x8000) | (0x3ffc - below(72));
    if (!strcmp(name, "fyl2x") && below(4)) st0.exponent &= 0x7fff;
    if (!strcmp(name, "fyl2x") && !below(4)) st0.exponent = 0x3ffe + below(2);
  }
  printf("%s %04x %04x%016lx %04x%016lx %04x%016lx |", name, cw, st0.exponent, st0.significand, st1.exponent,
         st1.significand, memory.extended.exponent, memory.extended.significand);
  row->run();
  printf(" %04x%016lx %04x%016lx %04x%016lx %04x\n", st0.exponent, st0.significand, st1.exponent, st1.significand,
         memory.extended.exponent, memory.extended.significand, fsw);
}

/* ---- SSE, AVX, FMA, F16C ---- */

static unsigned long in_a[2], in_b[2], in_c[2], result;
static uint32_t mxcsr, mxcsr_after;
static sigjmp_buf trapped;

static void on_sigfpe(int number, siginfo_t *info, void *context) {
  (void)number, (void)info;
  mxcsr_after = ((ucontext_t *)context)->uc_mcontext.fpregs->mxcsr;
  siglongjmp(trapped, 1);
}

#define SSE_OPERATION(id, kind, text)                                                                  \
  static void sse_##id(void) {                                                                         \
    asm volatile("movups %[a], %%xmm0\n movups %[b], %%xmm1\n movups %[c], %%xmm2\n ldmxcsr %[mx]\n"    \
                 text "\n stmxcsr %[after]\n movq %%xmm0, %[r]"                                        \
                 : [after] "=m"(mxcsr_after), [r] "=m"(result)                                         \
                 : [a] "m"(in_a), [b] "m"(in_b), [c] "m"(in_c), [mx] "m"(mxcsr)                        \
                 : "xmm0", "xmm1", "xmm2", "rax", "memory", "cc");                                     \
  }
/* Kinds: width of the sources and of the result, in bits; P packed (second lanes in b's and a's high half). */
#define SD(X, id, text) X(id, D, text)
#define TO_XMM "movq %%rax, %%xmm0"
#define FLAGS_TO_XMM "lahf\n shr $8, %%eax\n and $0x45, %%eax\n stmxcsr %[after]\n movq %%rax, %%xmm0"
#define CMP_(X, n) X(cmpsd_##n, D, "vcmpsd $" #n ", %%xmm1, %%xmm0, %%xmm0")                           \
                   X(cmpss_##n, S, "vcmpss $" #n ", %%xmm1, %%xmm0, %%xmm0")
#define ROUND_(X, n) X(roundsd_##n, D, "roundsd $" #n ", %%xmm0, %%xmm0")                              \
                     X(roundss_##n, S, "roundss $" #n ", %%xmm0, %%xmm0")
#define HALF_(X, n) X(cvtps2ph_##n, SH, "vcvtps2ph $" #n ", %%xmm0, %%xmm0")
#define BOTH_(X, op) X(op##sd, D, #op "sd %%xmm1, %%xmm0") X(op##ss, S, #op "ss %%xmm1, %%xmm0")
#define FMA_(X, op) X(op##sd, D, #op "sd %%xmm2, %%xmm1, %%xmm0") X(op##ss, S, #op "ss %%xmm2, %%xmm1, %%xmm0")
#define SSE_LIST(X)                                                                                    \
  BOTH_(X, add) BOTH_(X, sub) BOTH_(X, mul) BOTH_(X, div) BOTH_(X, min) BOTH_(X, max) BOTH_(X, sqrt)    \
  X(comisd, D, "comisd %%xmm1, %%xmm0\n" FLAGS_TO_XMM) X(comiss, S, "comiss %%xmm1, %%xmm0\n" FLAGS_TO_XMM)     \
  X(ucomisd, D, "ucomisd %%xmm1, %%xmm0\n" FLAGS_TO_XMM) X(ucomiss, S, "ucomiss %%xmm1, %%xmm0\n" FLAGS_TO_XMM) \
  X(cvtsd2ss, DS, "cvtsd2ss %%xmm0, %%xmm0") X(cvtss2sd, SD, "cvtss2sd %%xmm0, %%xmm0")                \
  X(cvtsd2si32, DS, "cvtsd2si %%xmm0, %%eax\n" TO_XMM) X(cvtsd2si64, D, "cvtsd2si %%xmm0, %%rax\n" TO_XMM)      \
  X(cvttsd2si32, DS, "cvttsd2si %%xmm0, %%eax\n" TO_XMM) X(cvttsd2si64, D, "cvttsd2si %%xmm0, %%rax\n" TO_XMM)  \
  X(cvtss2si32, S, "cvtss2si %%xmm0, %%eax\n" TO_XMM) X(cvtss2si64, SD, "cvtss2si %%xmm0, %%rax\n" TO_XMM)      \
  X(cvttss2si32, S, "cvttss2si %%xmm0, %%eax\n" TO_XMM) X(cvttss2si64, SD, "cvttss2si %%xmm0, %%rax\n" TO_XMM)  \
  X(cvtsi2sd32, ID, "movq %%xmm0, %%rax\n cvtsi2sd %%eax, %%xmm0")                                     \
  X(cvtsi2sd64, LD, "movq %%xmm0, %%rax\n cvtsi2sdq %%rax, %%xmm0")                                    \
  X(cvtsi2ss32, IS, "movq %%xmm0, %%rax\n cvtsi2ss %%eax, %%xmm0")                                     \
  X(cvtsi2ss64, LS, "movq %%xmm0, %%rax\n cvtsi2ssq %%rax, %%xmm0")                                    \
  X(cvtph2ps, HS, "vcvtph2ps %%xmm0, %%xmm0")                                                          \
  X(rcpss, S, "rcpss %%xmm0, %%xmm0") X(rsqrtss, S, "rsqrtss %%xmm0, %%xmm0")                          \
  X(addpd, P, "addpd %%xmm1, %%xmm0") X(divpd, P, "divpd %%xmm1, %%xmm0")                              \
  FMA_(X, vfmadd132) FMA_(X, vfmadd213) FMA_(X, vfmadd231)                                             \
  FMA_(X, vfmsub213) FMA_(X, vfnmadd213) FMA_(X, vfnmsub213)                                           \
  CMP_(X, 0) CMP_(X, 1) CMP_(X, 2) CMP_(X, 3) CMP_(X, 4) CMP_(X, 5) CMP_(X, 6) CMP_(X, 7)               \
  CMP_(X, 8) CMP_(X, 9) CMP_(X, 10) CMP_(X, 11) CMP_(X, 12) CMP_(X, 13) CMP_(X, 14) CMP_(X, 15)         \
  CMP_(X, 16) CMP_(X, 17) CMP_(X, 18) CMP_(X, 19) CMP_(X, 20) CMP_(X, 21) CMP_(X, 22) CMP_(X, 23)       \
  CMP_(X, 24) CMP_(X, 25) CMP_(X, 26) CMP_(X, 27) CMP_(X, 28) CMP_(X, 29) CMP_(X, 30) CMP_(X, 31)       \
  ROUND_(X, 0) ROUND_(X, 1) ROUND_(X, 2) ROUND_(X, 3) ROUND_(X, 4) ROUND_(X, 8) ROUND_(X, 9)            \
  ROUND_(X, 10) ROUND_(X, 11) ROUND_(X, 12)                                                            \
  HALF_(X, 0) HALF_(X, 1) HALF_(X, 2) HALF_(X, 3) HALF_(X, 4)
SSE_LIST(SSE_OPERATION)

typedef struct {
  const char *name, *kind;
  void (*run)(void);
} SseRow;
#define SSE_ROW(id, kind, text) {#id, #kind, sse_##id},
static const SseRow sse_rows[] = {SSE_LIST(SSE_ROW)};

static uint64_t random_half(void) {
  uint32_t sign = next() & 0x8000, fraction = pattern() >> below(8) & 0x3ff;
  return sign | fraction | (below(4) ? next() & 0x7c00 : below(2) ? 0x7c00 : 0);
}

static void sse_case(const SseRow *row) {
  const char *kind = row->kind;
  int wide = kind[0] == 'D' || kind[0] == 'P', packed = kind[0] == 'P';
  for (int lane = 0; lane < 2; lane++) {
    unsigned long *operand[] = {&in_a[lane], &in_b[lane], &in_c[lane]};
    for (int i = 0; i < 3; i++) *operand[i] = wide ? random_double() : random_single();
    if (!below(8)) in_b[lane] = in_a[lane];
    if (!below(8)) in_b[lane] = in_a[lane] ^ pattern() >> (wide ? 12 : 41);
    if (!below(8)) in_c[lane] = in_a[lane];
    if (kind[0] == 'H') in_a[lane] = random_half();
    if (kind[0] == 'L') in_a[lane] = pattern();
    if (kind[0] == 'I') in_a[lane] = pattern() & 0xffffffff;
    /* An addend that cancels most of the product. */
    if (row->name[0] == 'v' && row->name[1] == 'f' && !below(3)) {
      if (wide) {
        double a, b, product;
        memcpy(&a, &in_a[lane], 8), memcpy(&b, &in_b[lane], 8);
        product = below(2) ? -a * b : a * b;
        memcpy(&in_c[lane], &product, 8);
        if (below(2)) in_c[lane] += below(5) - 2;
      } else {
        float a, b, product;
        memcpy(&a, &in_a[lane], 4), memcpy(&b, &in_b[lane], 4);
        product = below(2) ? -a * b : a * b;
        memcpy(&in_c[lane], &product, 4);
      }
      if (below(2)) { uint64_t t = in_c[lane]; in_c[lane] = in_b[lane], in_b[lane] = t; }
    }
  }
  if (!strcmp(kind, "SH")) in_a[1] = 0; /* VCVTPS2PH converts four lanes. */
  if (packed) in_c[0] = 0;
  mxcsr = below(4) << 13 | (below(3) ? 0x1f80 : (next() & 0x1f80));
  if (!below(4)) mxcsr |= 0x40;
  if (!below(4)) mxcsr |= 0x8000;
  if (packed)
    printf("%s %04x %016lx%016lx %016lx%016lx 0 |", row->name, mxcsr, in_a[1], in_a[0], in_b[1], in_b[0]);
  else {
    int w = kind[0] == 'H' ? 4 : wide || kind[0] == 'L' ? 16 : 8;
    printf("%s %04x %0*lx %0*lx %0*lx |", row->name, mxcsr, w, in_a[0], w, in_b[0], w, in_c[0]);
  }
  if (sigsetjmp(trapped, 0)) {
    printf(" - %02x\n", mxcsr_after & 0x3f);
    return;
  }
  row->run();
  uint32_t quiet = 0x1f80, flags = mxcsr_after & 0x3f;
  asm volatile("ldmxcsr %0" : : "m"(quiet));
  char to = kind[strlen(kind) - 1];
  int width = to == 'D' || to == 'P' ? 16 : to == 'H' ? 4 : 8;
  printf(" %0*lx %02x\n", width, width == 16 ? result : result & ((1ul << width * 4) - 1), flags);
}

int main(int count, char **arguments) {
  if (count < 4) return 2;
  const char *set = arguments[1], *only = count > 4 ? arguments[4] : 0;
  state = strtoull(arguments[2], 0, 0) * 0x9e3779b97f4a7c15ull | 1;
  for (int i = 0; i < 20; i++) next();
  long cases = atol(arguments[3]);
  struct sigaction action = {0};
  action.sa_sigaction = on_sigfpe, action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigaction(SIGFPE, &action, 0);
  int sse = !strcmp(set, "sse"), transcendental = !strcmp(set, "transcendental");
  const X87Row *x87 = transcendental ? transcendental_rows : x87_rows;
  int rows = sse            ? sizeof sse_rows / sizeof *sse_rows
             : transcendental ? sizeof transcendental_rows / sizeof *transcendental_rows
                              : sizeof x87_rows / sizeof *x87_rows;
  for (long done = 0, i = 0; done < cases; i++) {
    int r = i % rows;
    if (only && strcmp(only, sse ? sse_rows[r].name : x87[r].name)) continue;
    if (sse) sse_case(&sse_rows[r]);
    else x87_case(&x87[r], transcendental);
    done++;
  }
  return 0;
}
