/**
 * The processor at a kernel's first instruction. Multiboot 1, "Machine state", and multiboot 2, "I386 machine state",
 * fix EAX, EBX, flat 32-bit segments, A20, CR0.PE = 1, CR0.PG = 0, EFLAGS.VM = EFLAGS.IF = 0, and nothing else.
 */
import { CR0_AM, CR0_EM, CR0_ET, CR0_MP, CR0_NE, CR0_PE, CR0_TS, CR0_WP } from '../isa/control.ts';
import { RFLAGS_AC, RFLAGS_DF, RFLAGS_FIXED, RFLAGS_ID, RFLAGS_IOPL, RFLAGS_STATUS } from '../isa/rflags.ts';
import { ByteWriter } from './byte-writer.ts';
import { LOW_MEMORY_END } from './memory-map.ts';
import type { PlacedRange } from './placement.ts';

/** A loaded segment register: what software can read, and the hidden part. */
export interface EntrySegment {
  readonly selector: number;
  readonly base: number;
  /** In bytes, inclusive. */
  readonly limit: number;
  /** Bits 8 to 23 of the descriptor's second word: type, S, DPL, P, (limit,) AVL, L, D/B, G. */
  readonly attributes: number;
}

export interface EntryTable {
  readonly base: number;
  readonly limit: number;
}

/** All values are unsigned 32-bit numbers. What is not here is as after reset. */
interface EntryRegisters {
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
  readonly esi: number;
  readonly edi: number;
  readonly ebp: number;
  readonly esp: number;
  readonly eip: number;
  readonly eflags: number;
  readonly cr0: number;
  readonly cs: EntrySegment;
  readonly ds: EntrySegment;
  readonly es: EntrySegment;
  readonly fs: EntrySegment;
  readonly gs: EntrySegment;
  readonly ss: EntrySegment;
  /** Default: as after reset. */
  readonly tr?: EntrySegment;
  readonly gdtr: EntryTable;
  readonly idtr: EntryTable;
  readonly a20: true;
}

/** Flat 32-bit code without paging. */
export interface ProtectedEntryState extends EntryRegisters {
  readonly mode: 'protected-32';
}

/** 64-bit code on page tables of the loader's; the general registers' high halves are zero. */
export interface LongEntryState extends EntryRegisters {
  readonly mode: 'long-64';
  readonly cr3: number;
  readonly cr4: number;
  readonly efer: number;
}

export type EntryState = ProtectedEntryState | LongEntryState;

/** What the protocol itself decides. */
interface EntryValues {
  readonly eax: number;
  readonly ebx: number;
  readonly eip: number;
}

export const ATTRIBUTES_CODE = 0xc09b; // G, D, present, execute and read, accessed
export const ATTRIBUTES_DATA = 0xc093; // G, B, present, read and write, accessed

/** GRUB 2.06 enters with these selectors, ESP and CR0, the other registers zero, and its GDT in low memory. */
const GRUB_CODE = 0x10;
const GRUB_DATA = 0x18;
const GRUB_ESP = 0x7ff00;

/** The whole 4 GiB from 0. */
export const flat = (selector: number, attributes: number): EntrySegment => ({
  selector,
  base: 0,
  limit: 0xffffffff,
  attributes,
});

/** The descriptor table the default state points to: null, null, code, data. */
export function loaderGdt(): Uint8Array {
  return new ByteWriter()
    .u64(0)
    .u64(0)
    .u32(0x0000ffff) // 0x10: base 0, limit 4 GiB, 32-bit code
    .u32(0x00cf9b00)
    .u32(0x0000ffff) // 0x18: the same as data
    .u32(0x00cf9300)
    .finish();
}

/** The state GRUB leaves behind, with its descriptor table at `gdt`. */
export function entryState(values: EntryValues, gdt: EntryTable): ProtectedEntryState {
  const data = flat(GRUB_DATA, ATTRIBUTES_DATA);
  return {
    mode: 'protected-32',
    ...values,
    ecx: 0,
    edx: 0,
    esi: 0,
    edi: 0,
    ebp: 0,
    esp: GRUB_ESP,
    eflags: RFLAGS_FIXED,
    cr0: CR0_PE | CR0_ET,
    cs: flat(GRUB_CODE, ATTRIBUTES_CODE),
    ds: data,
    es: data,
    fs: data,
    gs: data,
    ss: data,
    gdtr: gdt,
    idtr: { base: 0, limit: 0 },
    a20: true,
  };
}

/**
 * Marsaglia's 32-bit xorshift (13, 17, 5). The first outputs are thrown away: small seeds start with many zero bits.
 */
export class Garbage {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed ^ 0x9e3779b9) | 0 || 1;
    for (let i = 0; i < 8; i++) this.word();
  }

  /** The next signed 32-bit word. */
  word(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x;
  }

  unsigned(): number {
    return this.word() >>> 0;
  }

  fillWords(words: Int32Array): void {
    let x = this.#state;
    for (let i = 0; i < words.length; i++) {
      x ^= x << 13;
      x ^= x >>> 17;
      x ^= x << 5;
      words[i] = x;
    }
    this.#state = x;
  }
}

/**
 * The same promises, and garbage in all that the specifications call undefined. TF, RF and NT stay clear: no loader
 * could have set them and still have arrived here.
 */
export function hostileEntryState(values: EntryValues, garbage: Garbage): ProtectedEntryState {
  const undefinedFlags = RFLAGS_STATUS | RFLAGS_DF | RFLAGS_IOPL | RFLAGS_AC | RFLAGS_ID;
  const undefinedCr0 = CR0_MP | CR0_EM | CR0_TS | CR0_NE | CR0_WP | CR0_AM;
  const selector = (): number => (garbage.word() & 0xfff8) | 8; // Never null: a null selector cannot be flat.
  const data = (): EntrySegment => flat(selector(), ATTRIBUTES_DATA);
  return {
    mode: 'protected-32',
    ...values,
    ecx: garbage.unsigned(),
    edx: garbage.unsigned(),
    esi: garbage.unsigned(),
    edi: garbage.unsigned(),
    ebp: garbage.unsigned(),
    esp: garbage.unsigned(),
    eflags: (RFLAGS_FIXED | (garbage.word() & undefinedFlags)) >>> 0,
    cr0: (CR0_PE | CR0_ET | (garbage.word() & undefinedCr0)) >>> 0,
    cs: flat(selector(), ATTRIBUTES_CODE),
    ds: data(),
    es: data(),
    fs: data(),
    gs: data(),
    ss: data(),
    gdtr: { base: garbage.unsigned(), limit: garbage.word() & 0xffff },
    idtr: { base: garbage.unsigned(), limit: garbage.word() & 0xffff },
    a20: true,
  };
}

/** The interrupt vectors and the BIOS data area belong to the firmware, which has written them. */
const FIRMWARE_END = 0x500;

/** Where RAM is unused: neither placed, nor the firmware's, nor behind the holes below 1 MiB. */
export function unusedRam(
  ranges: readonly PlacedRange[],
  ramBytes: number,
): { start: number; end: number }[] {
  const taken = [
    { start: 0, end: FIRMWARE_END },
    { start: LOW_MEMORY_END, end: 0x100000 },
    ...ranges,
    { start: ramBytes, end: Number.POSITIVE_INFINITY },
  ].sort((a, b) => a.start - b.start);
  const unused: { start: number; end: number }[] = [];
  let free = 0;
  for (const range of taken) {
    if (range.start > free) unused.push({ start: free, end: range.start });
    free = Math.max(free, range.end);
  }
  return unused;
}

/** Fills unused RAM, whose byte 0 is `ram[0]`; the same seed and ranges always give the same bytes. */
export function fillUnusedRam(ram: Uint8Array, ranges: readonly PlacedRange[], seed: number): void {
  const garbage = new Garbage(seed);
  for (const { start, end } of unusedRam(ranges, ram.length)) {
    let at = start;
    while (at < end && (ram.byteOffset + at) % 4 !== 0) ram[at++] = garbage.word();
    const words = Math.floor((end - at) / 4);
    garbage.fillWords(new Int32Array(ram.buffer, ram.byteOffset + at, words));
    for (at += words * 4; at < end; at++) ram[at] = garbage.word();
  }
}
