/**
 * The processor at the first instruction of kernels that a loader enters directly: PVH (docs/misc/pvh.pandoc of Xen)
 * and Linux (Documentation/arch/x86/boot.rst, "32-bit Boot Protocol" and "64-bit Boot Protocol").
 */

import { CR0_ET, CR0_NE, CR0_PE, CR0_PG, CR4_PAE, EFER_LMA, EFER_LME } from '../isa/control.ts';
import { RFLAGS_DF, RFLAGS_FIXED, RFLAGS_STATUS } from '../isa/rflags.ts';
import { ByteWriter } from './byte-writer.ts';
import {
  ATTRIBUTES_CODE,
  ATTRIBUTES_DATA,
  type EntrySegment,
  type EntryTable,
  flat,
  type Garbage,
  type LongEntryState,
  type ProtectedEntryState,
} from './machine-state.ts';

const ATTRIBUTES_CODE64 = 0xa09b; // G, L, present, execute and read, accessed
const ATTRIBUTES_TSS32 = 0x008b; // present, busy 32-bit TSS

/** __BOOT_CS and __BOOT_DS; PVH asks for no particular selectors. */
const BOOT_CODE = 0x10;
const BOOT_DATA = 0x18;
const NO_TABLE: EntryTable = { base: 0, limit: 0 };

const PTE_PRESENT = 1 << 0;
const PTE_WRITABLE = 1 << 1;
const PTE_LARGE = 1 << 7;
const TABLE_BYTES = 0x1000;
const LARGE_PAGE = 0x200000;
/** Nobody promises a stack; old 32-bit entry points use one before they have their own. */
export const STACK_BYTES = 0x1000;
/** As many as map the 4 GiB that a 32-bit loader can have put things into. */
const DIRECTORIES = 4;

/** Null, null, flat code and data at the Linux selectors. */
export function directGdt(codeSize: 32 | 64): Uint8Array {
  const code = codeSize === 64 ? 0x00af9b00 : 0x00cf9b00;
  return new ByteWriter().u64(0).u64(0).u32(0x0000ffff).u32(code).u32(0x0000ffff).u32(0x00cf9300).finish();
}

/** PML4, page-directory-pointer table and page directories that map the first 4 GiB onto themselves. */
export function identityPageTables(base: number): Uint8Array {
  const bytes = new Uint8Array((2 + DIRECTORIES) * TABLE_BYTES);
  const view = new DataView(bytes.buffer);
  const table = PTE_PRESENT | PTE_WRITABLE;
  view.setUint32(0, base + TABLE_BYTES + table, true);
  for (let i = 0; i < DIRECTORIES; i++) {
    view.setUint32(TABLE_BYTES + i * 8, base + (2 + i) * TABLE_BYTES + table, true);
    for (let j = 0; j < 512; j++) {
      const page = (i * 512 + j) * LARGE_PAGE;
      view.setUint32((2 + i) * TABLE_BYTES + j * 8, page + (table | PTE_LARGE), true);
    }
  }
  return bytes;
}

/** Everything that a protocol leaves open is zero, or garbage. */
function open32(garbage: Garbage | undefined): { general: () => number; eflags: number } {
  const eflags = garbage ? RFLAGS_FIXED | (garbage.word() & RFLAGS_STATUS) : RFLAGS_FIXED;
  return { general: () => garbage?.unsigned() ?? 0, eflags };
}

function segments(code: EntrySegment, data: EntrySegment) {
  return { cs: code, ds: data, es: data, fs: data, gs: data, ss: data } as const;
}

/** EBX points to the start information; flat segments, a 32-bit TSS of 0x67 bytes, and only CR0.PE set. */
export function pvhEntryState(
  values: { readonly entry: number; readonly startInfo: number },
  garbage?: Garbage,
): ProtectedEntryState {
  const { general, eflags } = open32(garbage);
  return {
    mode: 'protected-32',
    eax: general(),
    ebx: values.startInfo,
    ecx: general(),
    edx: general(),
    esi: general(),
    edi: general(),
    ebp: general(),
    esp: general(),
    eip: values.entry,
    eflags: garbage ? eflags | (garbage.word() & RFLAGS_DF) : eflags,
    cr0: CR0_PE | CR0_ET,
    ...segments(flat(BOOT_CODE, ATTRIBUTES_CODE), flat(BOOT_DATA, ATTRIBUTES_DATA)),
    tr: { selector: 0, base: 0, limit: 0x67, attributes: ATTRIBUTES_TSS32 },
    gdtr: NO_TABLE,
    idtr: NO_TABLE,
    a20: true,
  };
}

interface LinuxValues {
  readonly entry: number;
  readonly bootParameters: number;
  /** Of `directGdt`. */
  readonly gdt: EntryTable;
  readonly esp: number;
}

/** "%esi must hold the base address of the struct boot_params; %ebp, %edi and %ebx must be zero." */
export function linux32EntryState(values: LinuxValues, garbage?: Garbage): ProtectedEntryState {
  const { general, eflags } = open32(garbage);
  return {
    mode: 'protected-32',
    eax: general(),
    ebx: 0,
    ecx: general(),
    edx: general(),
    esi: values.bootParameters,
    edi: 0,
    ebp: 0,
    esp: values.esp,
    eip: values.entry,
    eflags,
    cr0: CR0_PE | CR0_ET,
    ...segments(flat(BOOT_CODE, ATTRIBUTES_CODE), flat(BOOT_DATA, ATTRIBUTES_DATA)),
    gdtr: values.gdt,
    idtr: NO_TABLE,
    a20: true,
  };
}

/** "%rsi must hold the base address of the struct boot_params", and paging with everything given mapped 1:1. */
export function linux64EntryState(
  values: LinuxValues & { readonly pageTables: number },
  garbage?: Garbage,
): LongEntryState {
  const { general, eflags } = open32(garbage);
  return {
    mode: 'long-64',
    eax: general(),
    ebx: general(),
    ecx: general(),
    edx: general(),
    esi: values.bootParameters,
    edi: general(),
    ebp: general(),
    esp: values.esp,
    eip: values.entry,
    eflags,
    cr0: (CR0_PE | CR0_ET | CR0_NE | CR0_PG) >>> 0,
    cr3: values.pageTables,
    cr4: CR4_PAE,
    efer: EFER_LME | EFER_LMA,
    ...segments(flat(BOOT_CODE, ATTRIBUTES_CODE64), flat(BOOT_DATA, ATTRIBUTES_DATA)),
    gdtr: values.gdt,
    idtr: NO_TABLE,
    a20: true,
  };
}
