#include "text.h"

/* REP string instructions keep these short, and give the emulator's string paths something real to do. */
void *memcpy(void *destination, const void *source, size_t length) {
  void *d = destination;
  __asm__ volatile("rep movsb" : "+D"(d), "+S"(source), "+c"(length) : : "memory");
  return destination;
}

void *memset(void *destination, int value, size_t length) {
  void *d = destination;
  __asm__ volatile("rep stosb" : "+D"(d), "+c"(length) : "a"(value) : "memory");
  return destination;
}

void *memmove(void *destination, const void *source, size_t length) {
  if ((uintptr_t)destination - (uintptr_t)source >= length) {
    return memcpy(destination, source, length);
  }
  void *d = (u8 *)destination + length - 1;
  const void *s = (const u8 *)source + length - 1;
  __asm__ volatile("std; rep movsb; cld" : "+D"(d), "+S"(s), "+c"(length) : : "memory");
  return destination;
}

int memcmp(const void *left, const void *right, size_t length) {
  const u8 *l = left;
  const u8 *r = right;
  for (size_t i = 0; i < length; i++) {
    if (l[i] != r[i]) {
      return l[i] - r[i];
    }
  }
  return 0;
}

size_t text_length(const char *s) {
  size_t n = 0;
  while (s[n]) {
    n++;
  }
  return n;
}

const char *option(const char *cmdline, const char *name) {
  const size_t length = text_length(name);
  const char *found = NULL;
  int at_word = 1;
  for (const char *p = cmdline; *p; p++) {
    /* text_length bounds the comparison: memcmp stops at the first difference, so it never runs past the NUL. */
    if (at_word && memcmp(p, name, length) == 0 && p[length] == '=') {
      found = p + length + 1;
    }
    at_word = *p == ' ';
  }
  return found;
}

int option_is(const char *cmdline, const char *name, const char *value) {
  const char *found = option(cmdline, name);
  if (!found) {
    return 0;
  }
  const size_t length = text_length(value);
  return memcmp(found, value, length) == 0 && (found[length] == ' ' || found[length] == 0);
}

u64 option_number(const char *cmdline, const char *name, u64 otherwise) {
  const char *p = option(cmdline, name);
  if (!p || *p < '0' || *p > '9') {
    return otherwise;
  }
  u64 value = 0;
  while (*p >= '0' && *p <= '9') {
    value = value * 10 + (u64)(*p++ - '0');
  }
  switch (*p) {
    case 'K':
      value <<= 10;
      p++;
      break;
    case 'M':
      value <<= 20;
      p++;
      break;
    case 'G':
      value <<= 30;
      p++;
      break;
    default:
      break;
  }
  return *p == ' ' || *p == 0 ? value : otherwise;
}
