/* Multiboot Specification version 0.6.96: the parts of the header and the boot information that the guests use. */
#ifndef LONGMODE_MULTIBOOT_H
#define LONGMODE_MULTIBOOT_H

#define MULTIBOOT_HEADER_MAGIC 0x1BADB002
#define MULTIBOOT_BOOTLOADER_MAGIC 0x2BADB002

/* Header flags: what the image asks of its boot loader. */
#define MULTIBOOT_PAGE_ALIGN 0x00000001 /* Modules start on page boundaries. */
#define MULTIBOOT_MEMORY_INFO 0x00000002 /* mem_lower, mem_upper and, if it has one, the memory map. */

/* Information flags: which fields the boot loader filled in. */
#define MULTIBOOT_INFO_MEMORY 0x00000001
#define MULTIBOOT_INFO_CMDLINE 0x00000004
#define MULTIBOOT_INFO_MODS 0x00000008
#define MULTIBOOT_INFO_MMAP 0x00000040

#define MULTIBOOT_MEMORY_AVAILABLE 1

#ifndef __ASSEMBLER__
#include "types.h"

struct multiboot_info {
  u32 flags;
  u32 mem_lower; /* KiB from 0. */
  u32 mem_upper; /* KiB from 1 MiB. */
  u32 boot_device;
  u32 cmdline;
  u32 mods_count;
  u32 mods_addr;
  u32 syms[4];
  u32 mmap_length;
  u32 mmap_addr;
};

struct multiboot_module {
  u32 mod_start;
  u32 mod_end; /* One past the last byte. */
  u32 string;
  u32 reserved;
};

/* `size` does not count itself: the next entry lies at size + 4. */
struct multiboot_mmap_entry {
  u32 size;
  u64 base_addr;
  u64 length;
  u32 type;
} __attribute__((packed));
#endif

#endif
