/* Code that is written while it runs. */
#include "bench.h"

#define MOV_EAX 0xb8 /* B8 id: MOV EAX, imm32 */
#define ADD_EAX 0x05 /* 05 id: ADD EAX, imm32 */
#define RET 0xc3

typedef u32 (*function)(void);

static u8 *code;
static volatile u32 *data;

static u32 next;

void smc_prepare(struct workload *self) {
  code = (u8 *)take_frames(PAGE_2M, PAGE_2M);
  data = (u32 *)(code + 2048);
  code[0] = MOV_EAX;
  code[5] = RET;
  self->expected = self->operations;
}

/* An operation writes the immediate of a function of two instructions, and calls it. */
u64 smc_unit(void) {
  u32 right = 0;
  for (u32 i = 0; i < 1000; i++) {
    *(volatile u32 *)(code + 1) = ++next;
    right += ((function)code)() == next;
  }
  return right;
}

/* An operation writes a variable that lies in the page of the function, and calls it: nothing of the code changes. */
u64 smc_data_unit(void) {
  u32 right = 0;
  for (u32 i = 0; i < 1000; i++) {
    data[i & 63] = i;
    right += ((function)code)() == 0;
  }
  return right;
}

/* What a just-in-time compiler does: an operation writes a function of 40 instructions in one of 64 places and calls it
 * 16 times. */
u64 smc_generate_unit(void) {
  u32 right = 0;
  for (u32 i = 0; i < 100; i++) {
    u8 *at = code + 4096 + next++ % 64 * 256;
    u8 *p = at;
    *p++ = MOV_EAX;
    *(u32 *)p = next;
    p += 4;
    for (u32 k = 0; k < 39; k++) {
      *p++ = ADD_EAX;
      *(u32 *)p = k;
      p += 4;
    }
    *p = RET;
    u32 good = 1;
    for (u32 k = 0; k < 16; k++) {
      good &= ((function)at)() == next + 741;
    }
    right += good;
  }
  return right;
}
