import { ARENA_BYTES, BASELINES, GDT, IDT, SEL, TABLE_LIMIT, type World } from './layout.ts';

/** Which IRET launches the scenario: see harness.asm. */
export const KIND = { outer: 0, same: 1, long: 2, real: 3 } as const;

export interface Patch {
  readonly address: number;
  readonly bytes: readonly number[];
  readonly what: string;
}

export type Msr = readonly [index: number, value: bigint];

/** All that the processor starts with, and what of the arena is not as in the baseline. */
export interface Scenario {
  family: string;
  /** The code and where it runs, for people. */
  text: string;
  world: World;
  kind: number;
  cr0: number;
  cr3: number;
  cr4: number;
  cr8: number;
  efer: number;
  dr7: number;
  xcr0: number;
  pkru: number;
  gdtLimit: number;
  idtLimit: number;
  idtBase: number;
  ldtr: number;
  tr: number;
  es: number;
  cs: number;
  ss: number;
  ds: number;
  fs: number;
  gs: number;
  rip: bigint;
  rflags: number;
  rsp: bigint;
  gpr: bigint[];
  msrs: Msr[];
  patches: Patch[];
}

export const CR0_HOME = 0x11;

export function emptyScenario(world: World): Scenario {
  return {
    family: '', text: '', world, kind: KIND.outer, cr0: CR0_HOME, cr3: 0, cr4: 0x40000, cr8: 0, efer: 0, dr7: 0x400, xcr0: 1, pkru: 0,
    gdtLimit: TABLE_LIMIT, idtLimit: world === 'long' ? 0xfff : 0x7ff, idtBase: IDT, ldtr: SEL.ldt, tr: SEL.tss,
    es: 0, cs: 0, ss: 0, ds: 0, fs: 0, gs: 0, rip: 0n, rflags: 2, rsp: 0n, gpr: new Array<bigint>(16).fill(0n), msrs: [], patches: [],
  }; // biome-ignore format: one value a field.
}

export function copyScenario(s: Scenario): Scenario {
  return { ...s, gpr: [...s.gpr], msrs: [...s.msrs], patches: [...s.patches] };
}

/** MSRs have a value in every scenario, so that nothing leaks from one into the next. The order is the record's. */
export const MSR_NAMES: readonly (readonly [index: number, name: string, initial: bigint])[] = [
  [0x174, 'SYSENTER_CS', 0n],
  [0x175, 'SYSENTER_ESP', 0n],
  [0x176, 'SYSENTER_EIP', 0n],
  [0x277, 'PAT', 0x0007040600070406n],
  [0xc0000081, 'STAR', 0n],
  [0xc0000082, 'LSTAR', 0n],
  [0xc0000083, 'CSTAR', 0n],
  [0xc0000084, 'FMASK', 0n],
  [0xc0000100, 'FS_BASE', 0n],
  [0xc0000101, 'GS_BASE', 0n],
  [0xc0000102, 'KERNEL_GS_BASE', 0n],
  [0xc0000103, 'TSC_AUX', 0n],
];

function encode(s: Scenario, id: number): Uint8Array {
  const msrs = new Map<number, bigint>(MSR_NAMES.map(([index, , initial]) => [index, initial]));
  for (const [index, value] of s.msrs) msrs.set(index, value);
  const size = 240 + msrs.size * 12 + s.patches.reduce((sum, p) => sum + 8 + ((p.bytes.length + 3) & ~3), 0);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  const u32 = (at: number, value: number) => view.setUint32(at, value >>> 0, true);
  const u16 = (at: number, value: number) => view.setUint16(at, value, true);
  const u64 = (at: number, value: bigint) => view.setBigUint64(at, BigInt.asUintN(64, value), true);
  const words = [
    size,
    id,
    s.kind,
    BASELINES + (s.world === 'long' ? ARENA_BYTES : 0),
    s.cr0,
    s.cr3,
    s.cr4,
    s.efer,
  ];
  for (const [n, value] of words.entries()) u32(n * 4, value);
  u16(32, s.gdtLimit);
  u32(34, GDT);
  u16(40, s.idtLimit);
  u32(42, s.idtBase);
  for (const [n, value] of [s.ldtr, s.tr, s.ds, s.es, s.fs, s.gs, s.ss, s.cs].entries())
    u16(48 + n * 2, value);
  u64(64, s.rip);
  u64(72, BigInt(s.rflags));
  u64(80, s.rsp);
  for (const [n, value] of s.gpr.entries()) u64(88 + n * 8, value);
  for (const [n, value] of [s.dr7, s.xcr0, s.pkru, msrs.size, s.patches.length, s.cr8].entries())
    u32(216 + n * 4, value);
  let at = 240;
  for (const [index, value] of msrs) {
    u32(at, index);
    u64(at + 4, value);
    at += 12;
  }
  for (const patch of s.patches) {
    u32(at, patch.address);
    u32(at + 4, patch.bytes.length);
    bytes.set(patch.bytes, at + 8);
    at += 8 + ((patch.bytes.length + 3) & ~3);
  }
  return bytes;
}

/** A list of scenarios as the harness reads it; `ids` number them. */
export function encodeAll(scenarios: readonly Scenario[], ids: readonly number[]): Uint8Array {
  const parts = scenarios.map((s, n) => encode(s, ids[n]!));
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0) + 4);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
