/* Starts every other processor by INIT and start-up messages, and has all of them do together what only several can get
 * wrong: count under LOCK, take a lock, forget a translation when told, run code that another one has changed. */
#include "../common/console.h"
#include "../common/processor.h"
#include "smp.h"


#define APIC 0xfee00000u
#define APIC_ID 0x20
#define APIC_EOI 0xb0
#define APIC_SVR 0xf0
#define APIC_ICR_LOW 0x300
#define SVR_ENABLE 0x1ff
#define ICR_PENDING 0x1000
#define ICR_INIT 0x000c4500
#define ICR_STARTUP (0x000c4600 | STARTUP_PAGE)
#define ICR_FLUSH (0x000c4000 | VECTOR_FLUSH)

#define COUNTS 20000
#define ROUNDS 50
#define CODE64 8

extern u8 trampoline[], trampoline_end[];
extern u64 boot_pd[512];
extern struct {
  u16 offset_low, selector, type, offset_middle;
  u32 offset_high, zero;
} idt[256];
extern volatile u32 patched_value;
void on_flush(void);
u32 patched(void);
__attribute__((noreturn)) void smp_main(void);
__attribute__((noreturn)) void smp_follow(u32 number);

/* Processors that have begun; the bootstrap processor is number 0. The trampoline counts the others. */
volatile u32 processors = 1;
void *volatile flush_address;
volatile u32 flush_answers;

static volatile u32 arrived, generation, total;
static volatile u32 counter, lock_word, token, turns;
static volatile u64 guarded, last_tsc;
static volatile u32 stale, wrong_code, tsc_backwards;
static volatile u64 ids;
static u64 table[512] __attribute__((aligned(4096)));
static volatile u64 pages[2][512] __attribute__((aligned(4096)));

static volatile u32 *apic(u32 offset) { return (volatile u32 *)(u64)(APIC + offset); }
static void relax(void) { __asm__ volatile("pause" : : : "memory"); }
static void enable_interrupts(void) { __asm__ volatile("sti" : : : "memory"); }

static void send(u32 command) {
  *apic(APIC_ICR_LOW) = command;
  while (*apic(APIC_ICR_LOW) & ICR_PENDING) relax();
}

/* A read of a port that nothing decodes takes about a microsecond. */
static void delay(u32 microseconds) {
  while (microseconds--) in8(0x80);
}

static u32 add(volatile u32 *to, u32 amount) {
  __asm__ volatile("lock xaddl %0, %1" : "+r"(amount), "+m"(*to) : : "memory");
  return amount;
}

/* Nobody leaves before all have come. */
static void meet(void) {
  const u32 mine = generation;
  if (add(&arrived, 1) + 1 == total) {
    arrived = 0;
    generation = mine + 1;
  } else
    while (generation == mine) relax();
}

static void take(void) {
  u32 held = 1;
  for (;;) {
    __asm__ volatile("xchgl %0, %1" : "+r"(held), "+m"(lock_word) : : "memory");
    if (!held) return;
    while (lock_word) relax();
    held = 1;
  }
}

static void release(void) {
  __asm__ volatile("" : : : "memory");
  lock_word = 0;
}

/* The page that changes its frame: 1 GiB minus 2 MiB, mapped by 4 KiB. */
#define WINDOW 0x3fe00000u
static volatile u64 *window(void) { return (volatile u64 *)(u64)WINDOW; }

static void all_together(u32 number) {
  *apic(APIC_SVR) = SVR_ENABLE;
  const u32 id = *apic(APIC_ID) >> 24;
  if ((cpuid(1, 0).ebx >> 24) != id) add(&wrong_code, 1);
  __asm__ volatile("lock btsq %1, %0" : "+m"(ids) : "r"((u64)id) : "memory");
  enable_interrupts();
  meet();

  for (u32 i = 0; i < COUNTS; i++) __asm__ volatile("lock incl %0" : "+m"(counter) : : "memory");
  for (u32 i = 0; i < COUNTS / 10; i++) {
    take();
    guarded = guarded + 1;
    release();
  }
  meet();

  /* The token goes round, and time with it. */
  for (u32 i = 0; i < ROUNDS; i++) {
    while (token != number) relax();
    const u64 now = rdtsc();
    if (now < last_tsc) add(&tsc_backwards, 1);
    last_tsc = now;
    turns = turns + 1;
    token = number + 1 == total ? 0 : number + 1;
  }
  meet();

  for (u32 i = 0; i < ROUNDS; i++) {
    if (*window() != (i & 1)) add(&stale, 1);
    if (patched() != i) add(&wrong_code, 1);
    meet();
    if (number == 0) {
      flush_answers = 0;
      flush_address = (void *)(u64)WINDOW;
      table[0] = (u64)pages[(i + 1) & 1] | 3;
      invlpg(flush_address);
      if (total > 1) send(ICR_FLUSH);
      while (flush_answers != total - 1) relax();
      patched_value = i + 1;
    }
    meet();
  }
}

void smp_follow(u32 number) {
  while (!total) relax();
  all_together(number);
  for (;;) __asm__ volatile("cli; hlt");
}

static void check(const char *what, int holds) {
  print("smp: %s %s\n", what, holds ? "ok" : "FAILED");
  if (!holds) {
    print("FAIL\n");
    leave(EXIT_FAIL);
  }
}

void smp_main(void) {
  console_open();
  out8(0x21, 0xff); /* The 8259 pair still has the BIOS's vectors. */
  out8(0xa1, 0xff);
  const u64 handler = (u64)on_flush;
  idt[VECTOR_FLUSH].offset_low = (u16)handler;
  idt[VECTOR_FLUSH].selector = CODE64;
  idt[VECTOR_FLUSH].type = 0x8e00;
  idt[VECTOR_FLUSH].offset_middle = (u16)(handler >> 16);
  pages[0][0] = 0;
  pages[1][0] = 1;
  table[0] = (u64)pages[0] | 3;
  boot_pd[511] = (u64)table | 3;
  write_cr3(read_cr3());

  u8 *to = (u8 *)(u64)TRAMPOLINE;
  for (const u8 *from = trampoline; from < trampoline_end; from++) *to++ = *from;
  *apic(APIC_SVR) = SVR_ENABLE;
  /* SDM Vol. 3A, "Typical BSP Initialization Sequence": INIT, 10 ms, start-up, 200 us, start-up. */
  send(ICR_INIT);
  delay(10000);
  send(ICR_STARTUP);
  delay(200);
  send(ICR_STARTUP);
  /* Who is missing after two seconds is missed by the test, which knows how many there are. */
  const u32 expected = cpuid(1, 0).ebx >> 16 & 0xff;
  for (u32 i = 0; i < 2000 && processors < expected; i++) delay(1000);
  print("smp: %u processors\n", processors);
  total = processors;
  all_together(0);

  u32 seen = 0;
  for (u32 i = 0; i < 64; i++) seen += (ids >> i) & 1;
  check("every processor has an APIC ID of its own ................", seen == total);
  check("LOCK INC loses no count ..................................", counter == COUNTS * total);
  check("XCHG takes a lock ........................................", guarded == (u64)(COUNTS / 10) * total);
  check("time-stamp counters agree from turn to turn ..............", turns == ROUNDS * total && !tsc_backwards);
  check("a translation is forgotten everywhere when told by IPI ...", !stale);
  check("code that one processor changes changes for all ..........", !wrong_code);
  print("PASS\n");
  leave(EXIT_PASS);
}
