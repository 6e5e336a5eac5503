/* What all parts of the guest share. Every mode does its checks and then prints one line with the output routine of its
 * own code size. A check that fails leaves its number in `verdict`. Checks of what QEMU's TCG does not enforce (segment
 * limits and types) leave theirs in `unenforced`, which counts as a failure only with strict=1 on the command line. */
#include "../common/bits.h"
#include "../common/multiboot.h"

#define CODE32 0x08
#define DATA32 0x10
#define CODE16 0x18
#define DATA16 0x20
#define CODE64 0x28
#define TSS32 0x30
#define SMALL 0x38     /* Data at SCRATCH, limit 0xff. */
#define READ_ONLY 0x40 /* The same, not writable. */
#define EXPAND_DOWN 0x48 /* Base 0, limit 0xfff: offsets from 0x1000 up. */
#define ABSENT 0x50
#define TSS_BYTES (104 + 128 + 1)

/* Fixed places in conventional memory. */
#define STACK16 0x5000
#define TSS 0x6000
#define SCRATCH 0x7000
#define IVT 0

#define VECTOR_DE 0
#define VECTOR_UD 6
#define VECTOR_NP 11
#define VECTOR_GP 13
#define VECTOR_PF 14
#define VECTOR_REFLECTED 0x40 /* Reflected to virtual-8086 code through the interrupt vector table. */
#define VECTOR_LEAVE_V86 0x41
#define VECTOR_GATE_V86 0x42 /* A gate with DPL 3. */
#define IDT_VECTORS 0x43

#ifdef __ASSEMBLER__
/* ARM, one instruction, CAUGHT: the instruction must fault so. The same text serves in 16- and 32-bit code. */
  .macro ARM
  movl $88f, resume_far
  mov %cs, resume_far + 4
  mov %esp, resume_stack
  mov %ss, resume_stack + 4
  movl $-1, fault_vector
  .endm

  .macro CAUGHT number, vector, error, where=verdict
  jmp 89f
88:
  cmpl $\vector, fault_vector
  jne 89f
  cmpl $\error, fault_error
  je 90f
89:
  movl $\number, \where
90:
  .endm

  /* Checks ZF. */
  .macro EXPECT number, where=verdict
  je 90f
  movl $\number, \where
90:
  .endm

  .macro FUNCTION name
  .globl \name
  .type \name, @function
\name:
  .endm
#endif
