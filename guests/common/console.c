/* A 16550 driven by polling: no guest may depend on interrupts in order to speak. */
#include "console.h"
#include "processor.h"

#include <stdarg.h>

enum { THR = 0, DLL = 0, IER = 1, DLM = 1, FCR = 2, LCR = 3, MCR = 4, LSR = 5 };
enum { LCR_8N1 = 0x03, LCR_DLAB = 0x80, FCR_ENABLE_AND_CLEAR = 0x07, MCR_DTR_RTS = 0x03, LSR_THRE = 0x20 };

void console_open(void) {
  out8(COM1 + IER, 0);
  out8(COM1 + LCR, LCR_DLAB);
  out8(COM1 + DLL, 1); /* 115,200 baud: divisor 1. */
  out8(COM1 + DLM, 0);
  out8(COM1 + LCR, LCR_8N1);
  out8(COM1 + FCR, FCR_ENABLE_AND_CLEAR);
  out8(COM1 + MCR, MCR_DTR_RTS);
}

static void put(char c) {
  while (!(in8(COM1 + LSR) & LSR_THRE)) {
  }
  out8(COM1 + THR, (u8)c);
}

static void put_string(const char *s) {
  while (*s) {
    put(*s++);
  }
}

static void put_hex(u64 value) {
  put_string("0x");
  int shift = 60;
  while (shift > 0 && !(value >> shift)) {
    shift -= 4;
  }
  for (; shift >= 0; shift -= 4) {
    put("0123456789abcdef"[value >> shift & 15]);
  }
}

/* 32 bits only: a 64-bit division in 32-bit code would call into libgcc, which the guests do without. */
static void put_decimal(u32 value) {
  char digits[10];
  int n = 0;
  do {
    digits[n++] = (char)('0' + value % 10);
    value /= 10;
  } while (value);
  while (n > 0) {
    put(digits[--n]);
  }
}

void print(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  for (; *format; format++) {
    if (*format != '%') {
      put(*format);
      continue;
    }
    switch (*++format) {
      case 's':
        put_string(va_arg(arguments, const char *));
        break;
      case 'u':
        put_decimal(va_arg(arguments, u32));
        break;
      case 'x':
        put_hex(va_arg(arguments, u64));
        break;
      case 'c':
        put((char)va_arg(arguments, int));
        break;
      default:
        put(*format);
    }
  }
  va_end(arguments);
}

void leave(u8 code) {
  out8(DEBUG_EXIT_PORT, code);
  for (;;) {
    __asm__ volatile("cli; hlt");
  }
}
