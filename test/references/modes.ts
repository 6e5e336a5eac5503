import {
  CODE_S, CODE_U, ENTRY, PD32, PDPT_PAE, PML4, PML5, SEL, STACK_S, STACK_U, TSS_DOUBLE_FAULT, TSS_OTHER,
} from './layout.ts'; // biome-ignore format: a list of nouns.
import { emptyScenario, KIND, type Scenario } from './scenario.ts';

export const CR0 = { PE: 1, MP: 2, EM: 4, TS: 8, ET: 16, NE: 32, WP: 1 << 16, AM: 1 << 18, NW: 1 << 29, CD: 1 << 30, PG: 1 << 31 } as const; // biome-ignore format: a map.
export const CR4 = {
  VME: 1, PVI: 2, TSD: 4, DE: 8, PSE: 16, PAE: 32, MCE: 64, PGE: 128, PCE: 256, OSFXSR: 512, OSXMM: 1024, UMIP: 1 << 11, LA57: 1 << 12,
  FSGSBASE: 1 << 16, PCIDE: 1 << 17, OSXSAVE: 1 << 18, SMEP: 1 << 20, SMAP: 1 << 21, PKE: 1 << 22,
} as const; // biome-ignore format: a map.
export const EFER = { SCE: 1, LME: 1 << 8, LMA: 1 << 10, NXE: 1 << 11 } as const;
export const FLAG = { CF: 1, TF: 0x100, IF: 0x200, DF: 0x400, NT: 0x4000, RF: 0x10000, VM: 0x20000, AC: 0x40000, VIF: 0x80000, VIP: 0x100000, ID: 0x200000 } as const; // biome-ignore format: a map.
export const iopl = (level: number) => level << 12;

export type ModeName =
  | 'real' | 'v86' | '16-0' | '16-3' | '32-0' | '32-1' | '32-3' | 'compat16-3' | 'compat32-0' | 'compat32-3' | '64-0' | '64-3'; // biome-ignore format: a list of names.
export type Paging = 'off' | '32' | 'pae' | '4' | '5';

interface ModeRow {
  readonly kind: number;
  readonly cpl: number;
  readonly bits: 16 | 32 | 64;
  readonly cs: number;
  readonly ss: number;
  readonly data: number;
  /** The linear address of offset 0 of these segments. */
  readonly base: number;
  readonly long: boolean;
}

// biome-ignore format: one mode a row.
export const MODES: Readonly<Record<ModeName, ModeRow>> = {
  'real':       { kind: KIND.real,  cpl: 0, bits: 16, cs: 0x1000,          ss: 0x1000,            data: 0x1000,            base: 0x10000, long: false },
  'v86':        { kind: KIND.outer, cpl: 3, bits: 16, cs: 0x1000,          ss: 0x1000,            data: 0x1000,            base: 0x10000, long: false },
  '16-0':       { kind: KIND.same,  cpl: 0, bits: 16, cs: SEL.code16k,     ss: SEL.data16k,       data: SEL.data16k,       base: 0x10000, long: false },
  '16-3':       { kind: KIND.outer, cpl: 3, bits: 16, cs: SEL.code16u | 3, ss: SEL.data16u | 3,   data: SEL.data16u | 3,   base: 0x10000, long: false },
  '32-0':       { kind: KIND.same,  cpl: 0, bits: 32, cs: SEL.code32k,     ss: SEL.data32k,       data: SEL.data32k,       base: 0,       long: false },
  '32-1':       { kind: KIND.outer, cpl: 1, bits: 32, cs: SEL.code32r1 | 1, ss: SEL.data32r1 | 1, data: SEL.data32r1 | 1,  base: 0,       long: false },
  '32-3':       { kind: KIND.outer, cpl: 3, bits: 32, cs: SEL.code32u | 3, ss: SEL.data32u | 3,   data: SEL.data32u | 3,   base: 0,       long: false },
  'compat16-3': { kind: KIND.long,  cpl: 3, bits: 16, cs: SEL.code16u | 3, ss: SEL.data16u | 3,   data: SEL.data16u | 3,   base: 0x10000, long: true },
  'compat32-0': { kind: KIND.long,  cpl: 0, bits: 32, cs: SEL.code32k,     ss: SEL.data32k,       data: SEL.data32k,       base: 0,       long: true },
  'compat32-3': { kind: KIND.long,  cpl: 3, bits: 32, cs: SEL.code32u | 3, ss: SEL.data32u | 3,   data: SEL.data32u | 3,   base: 0,       long: true },
  '64-0':       { kind: KIND.long,  cpl: 0, bits: 64, cs: SEL.code64k,     ss: SEL.data32k,       data: SEL.data32k,       base: 0,       long: true },
  '64-3':       { kind: KIND.long,  cpl: 3, bits: 64, cs: SEL.code64u | 3, ss: SEL.data32u | 3,   data: SEL.data32u | 3,   base: 0,       long: true },
};

const LITTLE = (value: number, bytes: number) =>
  Array.from({ length: bytes }, (_, n) => (value >>> (n * 8)) & 0xff);
export const word16 = (value: number): number[] => LITTLE(value, 2);
export const word32 = (value: number): number[] => LITTLE(value, 4);
export const word64 = (value: bigint): number[] => [
  ...LITTLE(Number(value & 0xffffffffn), 4),
  ...LITTLE(Number((value >> 32n) & 0xffffffffn), 4),
];

export function patch(s: Scenario, address: number, bytes: readonly number[], what: string): void {
  s.patches.push({ address, bytes, what });
}

/** Bytes of code for a scenario, for people and for the processor. */
export interface Code {
  readonly text: string;
  readonly bytes: readonly number[];
}

/** Puts code where the mode has its code page; a scenario begins there. */
export function setCode(s: Scenario, mode: ModeName, code: Code): void {
  const { cpl, base } = MODES[mode];
  const page = cpl === 3 ? CODE_U : CODE_S;
  // The rest of the page is UD2 at even addresses.
  const tail = [0x0f, 0x0b, 0x0f, 0x0b, 0x0f, 0x0b, 0x0f].slice(0, 6 + (code.bytes.length & 1));
  if (code.bytes.length & 1) tail[6] = 0x90;
  patch(s, page + ENTRY, [...code.bytes, ...tail], `code ${code.text}`);
  s.rip = BigInt(page + ENTRY - base);
  s.text = `${mode}: ${code.text}`;
}

/** A scenario at the start of a mode, with segments, stack and paging as the mode's row says. */
export function inMode(mode: ModeName, paging: Paging): Scenario {
  const row = MODES[mode];
  const s = emptyScenario(row.long ? 'long' : 'legacy');
  s.kind = row.kind;
  s.cs = row.cs;
  s.ss = row.ss;
  for (const name of ['ds', 'es', 'fs', 'gs'] as const) s[name] = row.data;
  s.rflags = mode === 'v86' ? 2 | FLAG.VM : 2;
  const top = row.cpl === 0 ? STACK_S + 0xc00 : row.cpl === 3 ? STACK_U + 0xc00 : STACK_U + 0x800;
  s.rsp = BigInt(top - row.base);
  if (row.long) {
    s.cr4 |= CR4.PAE;
    s.efer = EFER.LME | EFER.NXE | EFER.SCE;
    s.cr0 = (s.cr0 | CR0.PG | CR0.WP) >>> 0;
    s.cr3 = paging === '5' ? PML5 : PML4;
    if (paging === '5') s.cr4 |= CR4.LA57;
  } else if (mode === 'real') {
    s.cr0 = CR0.ET;
    s.idtBase = 0;
    s.idtLimit = 0x3ff;
  } else if (paging === '32') {
    s.cr0 = (s.cr0 | CR0.PG) >>> 0;
    s.cr3 = PD32;
  } else if (paging === 'pae') {
    s.cr0 = (s.cr0 | CR0.PG) >>> 0;
    s.cr3 = PDPT_PAE;
    s.cr4 |= CR4.PAE;
    s.efer = EFER.NXE;
  }
  if (!row.long && s.cr3 !== 0)
    for (const tss of [TSS_OTHER, TSS_DOUBLE_FAULT]) patch(s, tss + 0x1c, word32(s.cr3), 'launch');
  return s;
}

/** What only the stack of the mode can give: the frame for the launching IRET, where it takes no stack of its own. */
export function finish(s: Scenario): Scenario {
  if (s.kind === KIND.same) {
    const base = s.ss === SEL.data16k ? 0x10000 : 0;
    s.rsp -= 12n;
    patch(
      s,
      base + Number(s.rsp),
      [...word32(Number(s.rip)), ...word32(s.cs), ...word32(s.rflags)],
      'launch',
    );
  } else if (s.kind === KIND.real) {
    s.rsp -= 6n;
    patch(
      s,
      (s.ss << 4) + Number(s.rsp),
      [...word16(Number(s.rip)), ...word16(s.cs), ...word16(s.rflags)],
      'launch',
    );
  }
  return s;
}
