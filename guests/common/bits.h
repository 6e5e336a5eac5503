/* Control bits under the manual's own names (SDM Vol. 3A, "Control Registers", "Paging"; Vol. 4, "Model-Specific Registers"). */
#ifndef LONGMODE_BITS_H
#define LONGMODE_BITS_H

#define CR0_PE 0x00000001
#define CR0_MP 0x00000002
#define CR0_ET 0x00000010
#define CR0_NE 0x00000020
#define CR0_WP 0x00010000
#define CR0_PG 0x80000000

#define CR4_VME 0x00000001
#define CR4_PSE 0x00000010
#define CR4_PAE 0x00000020
#define CR4_PGE 0x00000080
#define CR4_OSFXSR 0x00000200
#define CR4_OSXMMEXCPT 0x00000400
#define CR4_PCIDE 0x00020000
#define CR4_SMEP 0x00100000
#define CR4_SMAP 0x00200000

#define IA32_EFER 0xC0000080
#define IA32_STAR 0xC0000081
#define IA32_LSTAR 0xC0000082
#define IA32_FMASK 0xC0000084
#define IA32_FS_BASE 0xC0000100
#define IA32_GS_BASE 0xC0000101
#define IA32_KERNEL_GS_BASE 0xC0000102

#define EFER_SCE 0x00000001
#define EFER_LME 0x00000100
#define EFER_LMA 0x00000400
#define EFER_NXE 0x00000800

#define RFLAGS_CF 0x00000001
#define RFLAGS_IF 0x00000200
#define RFLAGS_DF 0x00000400
#define RFLAGS_VM 0x00020000
#define RFLAGS_AC 0x00040000
#define RFLAGS_ID 0x00200000

#define CPUID_80000001_EDX_NX 0x00100000
#define CPUID_80000001_EDX_PAGE1GB 0x04000000
#define CPUID_80000001_EDX_LM 0x20000000
#define CPUID_7_EBX_SMEP 0x00000080
#define CPUID_7_EBX_SMAP 0x00100000

#ifdef __ASSEMBLER__
#define BITS_U64(x) x
#else
#define BITS_U64(x) x##ull
#endif

#define PTE_P BITS_U64(0x001)
#define PTE_RW BITS_U64(0x002)
#define PTE_US BITS_U64(0x004)
#define PTE_A BITS_U64(0x020)
#define PTE_D BITS_U64(0x040)
#define PTE_PS BITS_U64(0x080)
#define PTE_ADDRESS BITS_U64(0x000ffffffffff000)
#define PTE_XD BITS_U64(0x8000000000000000)

/* Page-fault error code (SDM Vol. 3A, "Page-Fault Exceptions"). */
#define PF_P 0x01
#define PF_WR 0x02
#define PF_US 0x04
#define PF_RSVD 0x08
#define PF_ID 0x10

/* Where the debug-exit device listens, and the two values guests write: status (V << 1) | 1 = 33 or 35. */
#define DEBUG_EXIT_PORT 0xF4
#define EXIT_PASS 0x10
#define EXIT_FAIL 0x11

#define COM1 0x3F8

#endif
