/* SSE2 by compiler intrinsics: what loops of media and numeric code consist of. */
#include "bench.h"

#define _MM_MALLOC_H_INCLUDED /* It would bring <stdlib.h>, which a freestanding build lacks. */
#include <emmintrin.h>

#define LANES 1024

static __m128i integers[LANES], others[LANES];
static __m128 singles[LANES], results[LANES];

void sse_prepare(struct workload *self) {
  (void)self;
  u32 state = 5;
  u32 *i32 = (u32 *)integers;
  u32 *o32 = (u32 *)others;
  float *f32 = (float *)singles;
  for (u32 i = 0; i < LANES * 4; i++) {
    i32[i] = next_random(&state) * 0x101;
    o32[i] = next_random(&state) * 0x10001;
    f32[i] = (float)(int)(next_random(&state) & 0xffff) / 256.0f;
  }
}

/* Four passes over 16 KiB. An operation is a vector of 16 bytes through one pass. */
u64 sse_integer_unit(void) {
  __m128i sum = _mm_setzero_si128();
  u32 equal = 0;
  for (u32 i = 0; i < LANES; i++) { /* Arithmetic of bytes, words and doublewords. */
    const __m128i a = integers[i], b = others[i];
    sum = _mm_add_epi32(sum, _mm_xor_si128(_mm_mullo_epi16(a, b), _mm_subs_epu8(a, b)));
    sum = _mm_add_epi64(sum, _mm_sad_epu8(a, b));
  }
  for (u32 i = 0; i < LANES; i++) { /* Shuffles. */
    const __m128i low = _mm_unpacklo_epi8(integers[i], others[i]);
    const __m128i high = _mm_unpackhi_epi16(integers[i], others[i]);
    sum = _mm_xor_si128(_mm_shuffle_epi32(sum, 0x39), _mm_packus_epi16(low, high));
  }
  for (u32 i = 0; i < LANES; i++) { /* Shifts and multiplications of 32 by 32 bits. */
    const __m128i product = _mm_mul_epu32(integers[i], others[i]);
    sum = _mm_add_epi64(sum, _mm_or_si128(_mm_srli_epi64(product, 7), _mm_slli_epi32(others[i], 3)));
  }
  for (u32 i = 0; i < LANES; i++) { /* Comparison with a mask, as memchr does. */
    equal += (u32)_mm_movemask_epi8(_mm_cmpeq_epi8(integers[i], _mm_srli_si128(others[i], 1)));
  }
  sum = _mm_xor_si128(sum, _mm_srli_si128(sum, 8));
  const u32 low = (u32)_mm_cvtsi128_si32(sum);
  return (u64)(u32)_mm_cvtsi128_si32(_mm_srli_si128(sum, 4)) << 32 | (low ^ equal);
}

/* Two passes of single precision, two of double. An operation is a vector of 16 bytes through one pass. */
u64 sse_float_unit(void) {
  const __m128 factor = _mm_set1_ps(0.75f);
  __m128 dot = _mm_setzero_ps();
  for (u32 i = 0; i < LANES; i++) { /* a * x + y, as everybody does. */
    results[i] = _mm_add_ps(_mm_mul_ps(singles[i], factor), singles[LANES - 1 - i]);
  }
  for (u32 i = 0; i < LANES; i++) { /* The larger root, and a bound. */
    dot = _mm_add_ps(dot, _mm_min_ps(_mm_sqrt_ps(results[i]), singles[i]));
  }
  __m128d total = _mm_setzero_pd();
  for (u32 i = 0; i < LANES; i++) { /* A polynomial. */
    const __m128d x = _mm_cvtps_pd(results[i]);
    total = _mm_add_pd(total, _mm_mul_pd(_mm_add_pd(_mm_mul_pd(x, _mm_set1_pd(0.5)), _mm_set1_pd(3.0)), x));
  }
  for (u32 i = 0; i < LANES; i++) { /* Conversions and a division. */
    const __m128d n = _mm_cvtepi32_pd(_mm_and_si128(integers[i], _mm_set1_epi32(0xffff)));
    total = _mm_add_pd(total, _mm_div_pd(n, _mm_set1_pd(7.0)));
  }
  total = _mm_add_sd(_mm_add_sd(total, _mm_unpackhi_pd(total, total)), _mm_cvtss_sd(total, dot));
  union {
    double value;
    u64 bits;
  } result;
  _mm_store_sd(&result.value, total);
  return result.bits;
}
