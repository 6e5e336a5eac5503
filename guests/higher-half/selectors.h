/* The kernel's GDT. SYSRET fixes the order of the user descriptors: STAR[63:48] + 8 is SS and + 16 is CS. */
#ifndef LONGMODE_SELECTORS_H
#define LONGMODE_SELECTORS_H

#define KERNEL_CS 0x08
#define KERNEL_SS 0x10
#define USER_SS 0x1B /* 0x18 with RPL 3. */
#define USER_CS 0x23 /* 0x20 with RPL 3. */
#define TSS_SELECTOR 0x28 /* 16 bytes: 0x28 and 0x30. */
#define GDT_BYTES 0x38

#define IDT_VECTORS 49
#define VECTOR_ABSENT 48 /* Its gate has P = 0. */
#define VECTOR_MISSING 0x80 /* Beyond the IDT's limit. */

#define IST_DOUBLE_FAULT 1
#define IST_NMI 2

#endif
