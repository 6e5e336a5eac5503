/* What the loader tells the kernel. Its linear address in the direct map arrives in RDI. Every field is 64 bits wide, so
 * that the 32-bit loader and the 64-bit kernel agree on the layout without a packed structure. */
#ifndef LONGMODE_HANDOVER_H
#define LONGMODE_HANDOVER_H

#include "../common/types.h"

#define HANDOVER_MAGIC 0x45444f4d474e4f4cull /* "LONGMODE", little-endian. */
#define HANDOVER_SEGMENTS 8

#define KERNEL_BASE 0xffffffff80000000ull /* The last 2 GiB: where -mcmodel=kernel code may lie. */
#define DIRECT_BASE 0xffff880000000000ull
#define DIRECT_SIZE 0x40000000ull

/* How the loader lays the kernel out in physical memory. */
enum layout {
  LAYOUT_MODULE = 0, /* The module's own bytes are the kernel's pages. */
  LAYOUT_LINUX = 1,  /* Segments are copied to p_paddr; 512 MiB from physical 0 are mapped at KERNEL_BASE. */
  LAYOUT_BROKEN = 2, /* 2 MiB from physical 0 are mapped at KERNEL_BASE, and the kernel is not there. */
};

struct handover_segment {
  u64 linear;
  u64 file_bytes;
  u64 memory_bytes;
  u64 flags; /* PF_R, PF_W, PF_X of the ELF segment. */
};

struct handover {
  u64 magic;
  u64 layout;
  u64 entry;
  u64 pml4; /* Physical. */
  u64 direct_base;
  u64 direct_size;
  u64 cmdline; /* Physical. */
  u64 module_start; /* Physical. */
  u64 module_end;
  u64 loader_start; /* Physical, and linear in the loader's identity map. */
  u64 loader_end;
  u64 memory_end;
  u64 segment_count;
  struct handover_segment segments[HANDOVER_SEGMENTS];
};

#endif
