/* One inline function per privileged instruction. Compiles for 32 and for 64 bits: `unsigned long` is the register. */
#ifndef LONGMODE_PROCESSOR_H
#define LONGMODE_PROCESSOR_H

#include "bits.h"
#include "types.h"

static inline void out8(u16 port, u8 value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }

static inline u8 in8(u16 port) {
  u8 value;
  __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}

struct cpuid_result {
  u32 eax, ebx, ecx, edx;
};

static inline struct cpuid_result cpuid(u32 leaf, u32 subleaf) {
  struct cpuid_result r;
  __asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(subleaf));
  return r;
}

static inline u64 rdmsr(u32 index) {
  u32 low, high;
  __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(index));
  return (u64)high << 32 | low;
}

static inline void wrmsr(u32 index, u64 value) {
  __asm__ volatile("wrmsr" : : "c"(index), "a"((u32)value), "d"((u32)(value >> 32)) : "memory");
}

static inline u64 rdtsc(void) {
  u32 low, high;
  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
  return (u64)high << 32 | low;
}

#define CONTROL_REGISTER(n)                                                                     \
  static inline unsigned long read_cr##n(void) {                                                \
    unsigned long value;                                                                        \
    __asm__ volatile("mov %%cr" #n ", %0" : "=r"(value) : : "memory");                          \
    return value;                                                                               \
  }                                                                                             \
  static inline void write_cr##n(unsigned long value) {                                         \
    __asm__ volatile("mov %0, %%cr" #n : : "r"(value) : "memory");                              \
  }
CONTROL_REGISTER(0)
CONTROL_REGISTER(2)
CONTROL_REGISTER(3)
CONTROL_REGISTER(4)

static inline void invlpg(void *linear) { __asm__ volatile("invlpg (%0)" : : "r"(linear) : "memory"); }

#endif
