/* COM1, the only way the guests speak, and the debug-exit port, the only way they end. */
#ifndef LONGMODE_CONSOLE_H
#define LONGMODE_CONSOLE_H

#include "types.h"

void console_open(void);

/* A small printf: %s string, %u unsigned decimal of 32 bits, %x u64 in hexadecimal with 0x, %c character. */
void print(const char *format, ...);

/* Writes `code` to the debug-exit port, then halts for good: the device may act only after the instruction. */
__attribute__((noreturn)) void leave(u8 code);

#endif
