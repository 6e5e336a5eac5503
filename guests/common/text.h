/* Bytes and words: the four functions that the compiler may call by itself, and reading `name=value` command lines. */
#ifndef LONGMODE_TEXT_H
#define LONGMODE_TEXT_H

#include "types.h"

void *memcpy(void *destination, const void *source, size_t length);
void *memset(void *destination, int value, size_t length);
void *memmove(void *destination, const void *source, size_t length);
int memcmp(const void *left, const void *right, size_t length);
size_t text_length(const char *s);

/* The value of the last word `name=value` of a command line, or NULL. The value ends at a space or at the end. */
const char *option(const char *cmdline, const char *name);

/* Whether that value is this very word. */
int option_is(const char *cmdline, const char *name, const char *value);

/* That value as a number with an optional suffix K, M or G; `otherwise` if it is missing or malformed. */
u64 option_number(const char *cmdline, const char *name, u64 otherwise);

#endif
