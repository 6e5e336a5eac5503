/* The GDT of the 64-bit image, in the order that SYSCALL and SYSRET want. */
#ifndef LONGMODE_BENCH_SELECTORS_H
#define LONGMODE_BENCH_SELECTORS_H

#define CODE64 0x08
#define DATA 0x10
#define CODE32 0x18
#define USER_DATA 0x20
#define USER_CODE64 0x28
#define TSS 0x30

#define RPL_USER 3

#endif
