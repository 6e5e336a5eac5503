/*
 * The decimal-adjust instructions do not exist in 64-bit mode: this enters a 32-bit code segment of Linux (selector 23h) for
 * each of them. Output as that of integer.c, with `flags ax` in each group. generate.sh builds and runs it.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

typedef struct {
  uint32_t flags, eax;
  uint64_t rsp;
} Block;

/* Copied below 4 GiB. ESI points to the block; the two NOPs become the instruction, the far jump is patched. */
extern uint8_t code32[], code32_op[], code32_jump[], code32_end[];
asm(".code32\n code32: pushl (%esi)\n mov 4(%esi), %eax\n popfl\n code32_op: nop\n nop\n pushfl\n popl (%esi)\n mov %eax, 4(%esi)\n"
    "code32_jump: ljmp $0x33, $0\n code32_end:\n .code64\n");

/* A 64-bit process has null DS and ES, so they are loaded first. */
extern uint8_t back64[];
void enter32(uint64_t code, uint64_t stack, Block *block);
asm("enter32: mov $0x2b, %eax\n mov %eax, %ds\n mov %eax, %es\n"
    "push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"
    "mov %rsp, 8(%rdx)\n mov %rsi, %rsp\n mov %rdx, %rsi\n pushq $0x23\n pushq %rdi\n lretq\n"
    "back64: mov 8(%rsi), %rsp\n pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n ret\n");

static uint32_t seed = 1;
static uint32_t next(void) { return (seed = seed * 1664525 + 1013904223) >> 8; }

int main(void) {
  static const struct {
    const char *text;
    uint8_t bytes[2];
    int length;
  } rows[] = {{"daa", {0x27, 0x90}, 1}, {"das", {0x2f, 0x90}, 1}, {"aaa", {0x37, 0x90}, 1}, {"aas", {0x3f, 0x90}, 1},
    {"aam", {0xd4, 10}, 2}, {"aam $7", {0xd4, 7}, 2}, {"aad", {0xd5, 10}, 2}, {"aad $255", {0xd5, 255}, 2}, {"salc", {0xd6, 0x90}, 1}};
  uint8_t *low = mmap(0, 0x10000, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  uint8_t *stub = low + 0x400;
  uint64_t target = (uint64_t)back64;
  uint32_t at = (uint32_t)(uint64_t)stub;
  Block *block = (Block *)(low + 0x800);
  if (low == MAP_FAILED) return 1;
  memcpy(low, code32, (size_t)(code32_end - code32));
  memcpy(low + (code32_jump - code32) + 1, &at, 4);
  memcpy(stub, "\x49\xbb", 2), memcpy(stub + 2, &target, 8), memcpy(stub + 10, "\x41\xff\xe3", 3); /* mov r11, back64; jmp r11 */
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    memcpy(low + (code32_op - code32), rows[i].bytes, 2);
    for (int n = 0; n < rows[i].length; n++) printf("%02x", rows[i].bytes[n]);
    printf(" | %s\n", rows[i].text);
    for (int n = 0; n < 100; n++) {
      uint32_t flags = next() & 0x8d5, ax = next() & 0xffff;
      block->flags = flags | 0x202, block->eax = ax;
      enter32((uint64_t)low, (uint64_t)low + 0x8000, block);
      printf("%x %x | %x %x\n", flags, ax, block->flags & 0x8d5, block->eax);
    }
  }
  return 0;
}
