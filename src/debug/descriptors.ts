/** Descriptor tables as people read them: GDT, LDT, IDT and TSS decoded, with what is wrong with an entry beside it. */
import { hex32 } from '../bits/hex.ts';
import { isCanonical } from '../bits/words.ts';
import {
  DESC_ACCESSED,
  DESC_CODE,
  DESC_CONFORMING,
  DESC_DB,
  DESC_DPL_SHIFT,
  DESC_EXPAND_DOWN,
  DESC_G,
  DESC_L,
  DESC_P,
  DESC_READABLE,
  DESC_S,
  DESC_TYPE_SHIFT,
  DESC_WRITABLE,
  TYPE_CALL_GATE16,
  TYPE_CALL_GATE32,
  TYPE_INTERRUPT_GATE16,
  TYPE_INTERRUPT_GATE32,
  TYPE_LDT,
  TYPE_TASK_GATE,
  TYPE_TRAP_GATE16,
  TYPE_TRAP_GATE32,
  TYPE_TSS16,
  TYPE_TSS16_BUSY,
  TYPE_TSS32,
  TYPE_TSS32_BUSY,
} from '../isa/descriptors.ts';
import { VECTOR_NAMES } from '../isa/vectors.ts';
import { type Address, add, linearText } from './address.ts';

/** Reads guest memory without side effects; undefined where a byte of it is not mapped. */
export type ReadLinear = (address: Address, bytes: number) => Uint8Array | undefined;

/** Base and limit of GDTR, IDTR, LDTR or TR. */
export interface TableRegister {
  readonly base: Address;
  readonly limit: number;
}

interface DescriptorText {
  /** From the start of the table: for a GDT that is the selector with RPL 0. */
  readonly offset: number;
  readonly text: string;
  /** What the processor would object to; empty when nothing. */
  readonly problems: readonly string[];
}

export interface TableText {
  readonly entries: readonly DescriptorText[];
  /** Why the listing is incomplete, in words; undefined when it is whole. */
  readonly broken: string | undefined;
}

// biome-ignore format: one type a line.
const SYSTEM_NAMES: Readonly<Record<number, string>> = {
  [TYPE_TSS16]:            '16-bit TSS',
  [TYPE_LDT]:              'LDT',
  [TYPE_TSS16_BUSY]:       '16-bit TSS, busy',
  [TYPE_CALL_GATE16]:      '16-bit call gate',
  [TYPE_TASK_GATE]:        'task gate',
  [TYPE_INTERRUPT_GATE16]: '16-bit interrupt gate',
  [TYPE_TRAP_GATE16]:      '16-bit trap gate',
  [TYPE_TSS32]:            'TSS',
  [TYPE_TSS32_BUSY]:       'TSS, busy',
  [TYPE_CALL_GATE32]:      'call gate',
  [TYPE_INTERRUPT_GATE32]: 'interrupt gate',
  [TYPE_TRAP_GATE32]:      'trap gate',
};
const GATES = new Set([TYPE_CALL_GATE16, TYPE_CALL_GATE32, TYPE_TASK_GATE]);
const IDT_GATES = new Set([
  TYPE_TASK_GATE,
  TYPE_INTERRUPT_GATE16,
  TYPE_TRAP_GATE16,
  TYPE_INTERRUPT_GATE32,
  TYPE_TRAP_GATE32,
]);
const LONG_TYPES = new Set([
  TYPE_LDT,
  TYPE_TSS32,
  TYPE_TSS32_BUSY,
  TYPE_CALL_GATE32,
  TYPE_INTERRUPT_GATE32,
  TYPE_TRAP_GATE32,
]);

function typeOf(high: number): number {
  return (high >>> DESC_TYPE_SHIFT) & 0xf;
}

/** The byte limit of a segment descriptor, G applied (SDM Vol. 3A, "Segment Descriptors"). */
export function limitOf(low: number, high: number): number {
  const limit = (low & 0xffff) | (high & 0xf0000);
  return high & DESC_G ? limit * 4096 + 4095 : limit;
}

function baseOf(low: number, high: number): number {
  return ((low >>> 16) | ((high & 0xff) << 16) | (high & 0xff000000)) >>> 0;
}

/**
 * One segment descriptor in words. `upper` is the second half of a 16-byte system descriptor of IA-32e mode, and
 * undefined for all others.
 */
export function describeSegment(
  low: number,
  high: number,
  upper?: number,
): { text: string; problems: string[] } {
  const problems: string[] = [];
  const dpl = (high >>> DESC_DPL_SHIFT) & 3;
  const absent = high & DESC_P ? '' : ', not present';
  const long = upper !== undefined;
  const span = (): string => {
    const base = long ? linearText([baseOf(low, high) | 0, upper]) : hex32(baseOf(low, high));
    return `base ${base} limit ${hex32(limitOf(low, high))} DPL ${dpl}${absent}`;
  };
  if (high & DESC_S) {
    if (high & DESC_CODE) {
      if (high & DESC_L && high & DESC_DB)
        problems.push('L and D are both set: #GP when CS is loaded in IA-32e mode');
      const size = high & DESC_L ? '64-bit' : high & DESC_DB ? '32-bit' : '16-bit';
      const conforming = high & DESC_CONFORMING ? ', conforming' : '';
      const readable = high & DESC_READABLE ? '' : ', execute only';
      return { text: `${size} code${readable}${conforming}${accessedText(high)} ${span()}`, problems };
    }
    const writable = high & DESC_WRITABLE ? '' : ', read only';
    const down = high & DESC_EXPAND_DOWN ? ', expand down' : '';
    return { text: `data${writable}${down}${accessedText(high)} ${span()}`, problems };
  }
  const type = typeOf(high);
  const name = SYSTEM_NAMES[type];
  if (!name || (long && !LONG_TYPES.has(type))) {
    problems.push(`system type ${type} is reserved${long ? ' in IA-32e mode' : ''}`);
    return { text: `system type ${type}${absent}`, problems };
  }
  if (GATES.has(type))
    return { text: `${name} ${gateTarget(low, high, upper)} DPL ${dpl}${absent}`, problems };
  if (long && !isCanonical(upper, 48)) {
    problems.push(
      'the upper half of the base is not canonical: an 8-byte descriptor where 16 bytes are needed?',
    );
  }
  const bits = type === TYPE_LDT ? '' : long ? '64-bit ' : type >= TYPE_TSS32 ? '32-bit ' : '';
  return { text: `${bits}${name} ${span()}`, problems };
}

function accessedText(high: number): string {
  return high & DESC_ACCESSED ? '' : ', not accessed';
}

/** `0010:ffffffff80201000`. */
function gateTarget(low: number, high: number, upper: number | undefined): string {
  const offset = (low & 0xffff) | (high & 0xffff0000);
  return `${hex32(low >>> 16, 4)}:${upper === undefined ? hex32(offset) : linearText([offset, upper])}`;
}

/** One interrupt gate in words; `upper` as for `describeSegment`. */
export function describeGate(
  low: number,
  high: number,
  upper?: number,
): { text: string; problems: string[] } {
  const problems: string[] = [];
  const type = typeOf(high);
  const long = upper !== undefined;
  if (high & DESC_S || !IDT_GATES.has(type) || (long && !LONG_TYPES.has(type))) {
    problems.push('not an interrupt, trap or task gate: #GP when it is used');
    return { text: `type ${type}`, problems };
  }
  if (low >>> 18 === 0 && type !== TYPE_TASK_GATE) problems.push('the selector is null: #GP when it is used');
  const dpl = (high >>> DESC_DPL_SHIFT) & 3;
  // Interrupt-stack table index: bits 34:32 (SDM Vol. 3A, "64-Bit Mode IDT").
  const stack = long && (high & 7) !== 0 ? ` IST ${high & 7}` : '';
  const absent = high & DESC_P ? '' : ', not present';
  return {
    text: `${SYSTEM_NAMES[type]} ${gateTarget(low, high, upper)} DPL ${dpl}${stack}${absent}`,
    problems,
  };
}

const EMPTY: TableText = { entries: [], broken: undefined };

/** The non-zero descriptors of a GDT or LDT. In IA-32e mode system descriptors take two entries. */
export function describeGdt(read: ReadLinear, table: TableRegister, longMode: boolean): TableText {
  return describeTable(read, table, 8, (view, at) => {
    const [low, high] = [view.getInt32(at, true), view.getInt32(at + 4, true)];
    const wide = longMode && (high & DESC_S) === 0;
    if (!wide) return { ...describeSegment(low, high), bytes: 8 };
    if (at + 16 <= view.byteLength)
      return { ...describeSegment(low, high, view.getInt32(at + 8, true)), bytes: 16 };
    const text = describeSegment(low, high).text;
    return { text, problems: ['the limit cuts this 16-byte descriptor: #GP when it is used'], bytes: 8 };
  });
}

/** The non-zero gates of an IDT. */
export function describeIdt(read: ReadLinear, table: TableRegister, longMode: boolean): TableText {
  const bytes = longMode ? 16 : 8;
  return describeTable(read, table, bytes, (view, at) => {
    const upper = longMode ? view.getInt32(at + 8, true) : undefined;
    return { ...describeGate(view.getInt32(at, true), view.getInt32(at + 4, true), upper), bytes };
  });
}

/** The vector of an IDT entry as people name it: `#PF`, `0x20`. */
export function vectorText(vector: number): string {
  const name = VECTOR_NAMES[vector];
  return name && !name.startsWith('vector') ? `${name} (${vector})` : `${hex32(vector, 2)}`;
}

function describeTable(
  read: ReadLinear,
  table: TableRegister,
  step: number,
  describe: (view: DataView, at: number) => { text: string; problems: string[]; bytes: number },
): TableText {
  if (table.limit === 0) return { ...EMPTY, broken: 'limit 0: never loaded' };
  const entries: DescriptorText[] = [];
  // A page at a time, so that a table whose end is not mapped is still shown up to there.
  const bytes = new Uint8Array(table.limit + 1);
  let known = 0;
  while (known < bytes.length) {
    const start = add(table.base, known);
    const count = Math.min(bytes.length - known, 4096 - (start[0] & 0xfff));
    const piece = read(start, count);
    if (!piece) break;
    bytes.set(piece, known);
    known += count;
  }
  const view = new DataView(bytes.buffer, 0, known);
  for (let at = 0; at + step <= known; ) {
    if (view.getInt32(at, true) === 0 && view.getInt32(at + 4, true) === 0) {
      at += step;
      continue;
    }
    const { text, problems, bytes: used } = describe(view, at);
    entries.push({ offset: at, text, problems });
    at += used;
  }
  const broken = known < bytes.length ? `${linearText(add(table.base, known))} is not mapped` : undefined;
  return { entries, broken };
}

/** The stacks of a 64-bit TSS, or of a 32-bit one (SDM Vol. 3A, "TSS in 64-bit Mode"); undefined where unreadable. */
export function describeTss(
  read: ReadLinear,
  base: Address,
  limit: number,
  longMode: boolean,
): string[] | undefined {
  const needed = longMode ? 104 : 26 * 4;
  if (limit + 1 < needed) return [`limit ${hex32(limit)} is below ${hex32(needed - 1)}: #TS when it is used`];
  const bytes = read(base, needed);
  if (!bytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pair = (at: number): string => linearText([view.getInt32(at, true), view.getInt32(at + 4, true)]);
  if (longMode) {
    const stacks = [0, 1, 2].map((cpl) => `RSP${cpl} ${pair(4 + cpl * 8)}`);
    const table = [1, 2, 3, 4, 5, 6, 7].map((n) => `IST${n} ${pair(36 + (n - 1) * 8)}`);
    return [...stacks, ...table, `I/O map at ${hex32(view.getUint16(102, true), 4)}`];
  }
  const stacks = [0, 1, 2].map((cpl) => {
    const at = 4 + cpl * 8;
    return `SS${cpl}:ESP${cpl} ${hex32(view.getUint16(at + 4, true), 4)}:${hex32(view.getInt32(at, true))}`;
  });
  return [
    ...stacks,
    `CR3 ${hex32(view.getInt32(28, true))}`,
    `I/O map at ${hex32(view.getUint16(102, true), 4)}`,
  ];
}
