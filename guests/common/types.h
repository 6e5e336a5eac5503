/* Integer names used by every guest. <stdint.h> comes from the compiler itself in freestanding mode. */
#ifndef LONGMODE_TYPES_H
#define LONGMODE_TYPES_H

#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

/* Page sizes the processor offers: PTE, PDE and PDPTE leaves. */
#define PAGE_4K 0x1000u
#define PAGE_2M 0x200000u
#define PAGE_1G 0x40000000u

#endif
