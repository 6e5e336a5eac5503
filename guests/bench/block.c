/* Blocks of memory, strings, and products and quotients of double width. */
#include "bench.h"

typedef unsigned long word;

#define BLOCK 16384

static u8 source[BLOCK + 64], target[BLOCK + 64];

void memcpy_prepare(struct workload *self) {
  (void)self;
  for (u32 i = 0; i < BLOCK; i++) {
    source[i] = (u8)(i * 13 + (i >> 7));
  }
}

static void move_words(void *to, const void *from, size_t words) {
  __asm__ volatile(BY_WIDTH("rep movsl", "rep movsq") : "+D"(to), "+S"(from), "+c"(words) : : "memory");
}

static void store_words(void *to, word value, size_t words) {
  __asm__ volatile(BY_WIDTH("rep stosl", "rep stosq") : "+D"(to), "+c"(words) : "a"(value) : "memory");
}

/* 64 KiB moved: 16 by bytes, 16 by words, 16 by a loop, and 16 by pieces of 33 bytes from odd addresses to other odd
 * ones. An operation is a byte. */
u64 memcpy_unit(void) {
  u32 result = 0;
  memcpy(target, source, BLOCK);
  result += target[BLOCK - 1];
  store_words(target, 0, BLOCK / sizeof(word));
  move_words(target, source, BLOCK / sizeof(word));
  result = result * 31 + target[BLOCK / 2 + 1];
  word *to = (word *)target;
  const word *from = (const word *)(source + 8);
  for (u32 i = 0; i < (BLOCK - 8) / sizeof(word); i++) {
    to[i] = from[i];
  }
  result = result * 31 + target[777];
  for (u32 i = 0; i + 34 < BLOCK; i += 33) {
    memcpy(target + i + 1, source + i, 33);
  }
  for (u32 i = 0; i < 64; i++) {
    result = result * 31 + target[i * 251];
  }
  return result;
}

#define TEXT 4096

static char text[TEXT], same[TEXT];

void string_prepare(struct workload *self) {
  (void)self;
  u32 state = 3;
  for (u32 i = 0; i < TEXT - 1; i++) {
    const u32 r = next_random(&state) % 27;
    text[i] = same[i] = (char)(r == 26 ? ' ' : 'a' + (int)r);
  }
}

static size_t scan(const char *s, char wanted, size_t most) {
  size_t left = most;
  __asm__ volatile("repne scasb" : "+D"(s), "+c"(left) : "a"(wanted) : "cc", "memory");
  return most - left;
}

static size_t compare(const char *l, const char *r, size_t most) {
  size_t left = most;
  __asm__ volatile("repe cmpsb" : "+S"(l), "+D"(r), "+c"(left) : : "cc", "memory");
  return most - left;
}

/* A text of 4 KiB four times: its length by a loop and by REPNE SCASB, a comparison by REPE CMPSB, and its words counted.
 * An operation is a character. */
u64 string_unit(void) {
  u32 result = (u32)text_length(text);
  result = result * 31 + (u32)scan(text, 0, TEXT);
  result = result * 31 + (u32)compare(text, same, TEXT);
  u32 words = 0;
  u32 hash = 0;
  int inside = 0;
  for (const char *p = text; *p; p++) {
    if (*p == ' ') {
      inside = 0;
      continue;
    }
    words += !inside;
    inside = 1;
    hash = (hash << 5 | hash >> 27) + (u8)*p;
  }
  return result * 31 + words + hash;
}

/* A product of two words and its quotient by a third: an operation is both. */
u64 wide_unit(void) {
  word a = (word)0x9e3779b97f4a7c15ull;
  word b = (word)0xd1342543de82ef95ull;
  word sum = 0;
  for (u32 i = 0; i < 1024; i++) {
    word low, high, quotient, remainder;
    __asm__("mul %3" : "=a"(low), "=d"(high) : "0"(a), "r"(b) : "cc");
    const word divisor = high + 1 + (i & 0xff) > high ? high + 1 + (i & 0xff) : ~(word)0;
    __asm__("div %4" : "=a"(quotient), "=d"(remainder) : "0"(low), "1"(high), "r"(divisor) : "cc");
    sum += quotient ^ remainder;
    a = a * (word)0x5851f42d4c957f2dull + 1;
    b ^= remainder | 1;
  }
  return sum;
}
