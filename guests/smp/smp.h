/* What the assembly and the C of this guest share. */
#ifndef LONGMODE_SMP_H
#define LONGMODE_SMP_H

/* The application processors begin here, in real mode: a page below 1 MiB. The start-up message carries its number. */
#define TRAMPOLINE 0x8000
#define STARTUP_PAGE (TRAMPOLINE >> 12)

#define MOST_PROCESSORS 16
#define STACK_BYTES 4096

#define VECTOR_FLUSH 0x40

#endif
