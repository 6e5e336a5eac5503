/* Integer programs of the kind that compilers make: no system, little memory. */
#include "bench.h"

typedef unsigned long word;
#define WORD_BITS (8 * sizeof(word))

static inline word rotate_left(word value, u32 by) { return value << by | value >> (WORD_BITS - by); }

/* Four registers, every kind of integer operation, one branch that no predictor learns. An operation is a round. */
u64 mix_unit(void) {
  word a = (word)0x9e3779b97f4a7c15ull;
  word b = (word)0xbf58476d1ce4e5b9ull;
  word c = (word)0x94d049bb133111ebull;
  word d = (word)0x2545f4914f6cdd1dull;
  for (u32 i = 0; i < 4096; i++) {
    a += b;
    d = rotate_left(d ^ a, 16);
    c += d * 5;
    b = rotate_left(b ^ c, 13);
    a -= c >> 7;
    d |= a & (b << 3);
    if (d & 0x10) {
      a ^= ~c + i;
    }
    b += c * a;
  }
  return a ^ b ^ c ^ d;
}

/* fib(20) by calls alone: 21,891 of them. */
__attribute__((noinline, noclone, optimize("no-optimize-sibling-calls"))) static u32 fib(u32 n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

u64 recursion_unit(void) { return fib(20); }

#define SIEVE 65536

static u8 composite[SIEVE];

/* Eratosthenes over 64 KiB of bytes: an operation is a cell. */
u64 sieve_unit(void) {
  for (u32 i = 0; i < SIEVE; i++) {
    composite[i] = 0;
  }
  u32 primes = 0;
  for (u32 i = 2; i < SIEVE; i++) {
    if (composite[i]) {
      continue;
    }
    primes++;
    for (u32 j = i + i; j < SIEVE; j += i) {
      composite[j] = 1;
    }
  }
  return primes;
}

#define SORTED 4096

static u32 numbers[SORTED];

static void quicksort(u32 *from, u32 *to) {
  while (to - from > 1) {
    const u32 pivot = from[(to - from) / 2];
    u32 *low = from;
    u32 *high = to - 1;
    while (low <= high) {
      while (*low < pivot) {
        low++;
      }
      while (*high > pivot) {
        high--;
      }
      if (low <= high) {
        const u32 swapped = *low;
        *low++ = *high;
        *high-- = swapped;
      }
    }
    quicksort(from, high + 1);
    from = low;
  }
}

/* 4,096 random numbers: an operation is a number. */
u64 quicksort_unit(void) {
  u32 state = 1;
  for (u32 i = 0; i < SORTED; i++) {
    numbers[i] = next_random(&state);
  }
  quicksort(numbers, numbers + SORTED);
  u32 result = 0;
  for (u32 i = 1; i < SORTED; i++) {
    if (numbers[i] < numbers[i - 1]) {
      return 0;
    }
    result = result * 31 + numbers[i];
  }
  return result;
}

#define CRC_BYTES 65536

static u32 crc_table[256];
static u8 crc_data[CRC_BYTES];

void crc_prepare(struct workload *self) {
  (void)self;
  for (u32 i = 0; i < 256; i++) {
    u32 crc = i;
    for (u32 bit = 0; bit < 8; bit++) {
      crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
    }
    crc_table[i] = crc;
  }
  for (u32 i = 0; i < CRC_BYTES; i++) {
    crc_data[i] = (u8)(i * 7 + (i >> 8));
  }
}

/* CRC-32 by table: an operation is a byte. */
u64 crc_unit(void) {
  u32 crc = ~0u;
  for (u32 i = 0; i < CRC_BYTES; i++) {
    crc = crc >> 8 ^ crc_table[(crc ^ crc_data[i]) & 0xff];
  }
  return (u32)~crc;
}

#define ORDER 32

static u32 left[ORDER][ORDER], right[ORDER][ORDER], product[ORDER][ORDER];

/* 32 x 32 of 32-bit integers: an operation is a multiplication with its addition. */
u64 matrix_unit(void) {
  for (u32 i = 0; i < ORDER; i++) {
    for (u32 j = 0; j < ORDER; j++) {
      left[i][j] = i * 3 + j;
      right[i][j] = i ^ j * 5;
    }
  }
  for (u32 i = 0; i < ORDER; i++) {
    for (u32 j = 0; j < ORDER; j++) {
      u32 sum = 0;
      for (u32 k = 0; k < ORDER; k++) {
        sum += left[i][k] * right[k][j];
      }
      product[i][j] = sum;
    }
  }
  u32 result = 0;
  for (u32 i = 0; i < ORDER; i++) {
    for (u32 j = 0; j < ORDER; j++) {
      result = result * 17 + product[i][j];
    }
  }
  return result;
}
