import { readFileSync } from 'node:fs';
import { MAP_0F } from '../../src/cpu/decode/map-0f.ts';
import { MAP_0F3A } from '../../src/cpu/decode/map-0f3a.ts';
import { MAP_0F38 } from '../../src/cpu/decode/map-0f38.ts';
import { MAP_ONE_BYTE } from '../../src/cpu/decode/map-one-byte.ts';
import { MAP_VEX_0F, MAP_VEX_0F3A, MAP_VEX_0F38 } from '../../src/cpu/decode/map-vex.ts';
import { MAP_X87 } from '../../src/cpu/decode/map-x87.ts';
import { type Row, readRows } from '../../src/cpu/decode/row.ts';
import { BY_SIZE_D64, BY_SIZE_F64, BY_SIZE_M64 } from '../../src/cpu/decode/selectors.ts';
import { missingHandlers } from '../../src/cpu/handlers.ts';

/** One row of an opcode map, ready to be turned into bytes. */
export interface Form {
  readonly name: string;
  readonly map: string;
  readonly row: Row;
  readonly vexMap: number;
  readonly escape: readonly number[];
}

const MAPS: readonly (readonly [name: string, text: string, vexMap: number, escape: readonly number[]])[] = [
  ['one-byte', MAP_ONE_BYTE, 0, []],
  ['x87', MAP_X87, 0, []],
  ['0F', MAP_0F, 0, [0x0f]],
  ['0F38', MAP_0F38, 0, [0x0f, 0x38]],
  ['0F3A', MAP_0F3A, 0, [0x0f, 0x3a]],
  ['VEX.0F', MAP_VEX_0F, 1, []],
  ['VEX.0F38', MAP_VEX_0F38, 2, []],
  ['VEX.0F3A', MAP_VEX_0F3A, 3, []],
];

/** Features under the names of /proc/cpuinfo, where they differ. */
const HOST_NAMES: Readonly<Record<string, string>> = {
  'sse4.1': 'sse4_1',
  'sse4.2': 'sse4_2',
  sse3: 'pni',
  lzcnt: 'abm',
  sha: 'sha_ni',
  clflush: 'clflush',
  cmov: 'cmov',
};

/**
 * What is left out, and why: what a user-mode process cannot be asked, or what has no one answer. Everything else of the
 * maps that exists in 64-bit mode is tried, privileged instructions too: they are #GP(0) or #UD here and there.
 */
const EXCLUDED: readonly (readonly [reason: string, pattern: RegExp])[] = [
  ['enters the kernel, which answers in its own way', /^(?:INT|INT1|INT3|INTO|SYSCALL|SYSENTER)(?:_|$)/],
  ['far transfers and loads of segment registers: the descriptor tables are the kernel\'s (tried against QEMU and Bochs)', /_Mp$|_Ap$|^RET_far|^IRET|^L[DEFGS]S_|^MOV_Sw|^POP_Sw|^(?:LAR|LSL|VERR|VERW|ARPL)_/],
  ['with CR4.UMIP the kernel emulates it', /^(?:SGDT|SIDT|SLDT|STR|SMSW)(?:_|$)/],
  ['the hypervisor answers, or the kernel does', /^(?:CPUID|VM(?:CALL|MCALL|FUNC)|RDPMC|XGETBV|RDPKRU|WRPKRU|GETSEC|MONITOR|MWAIT|RSM|HLT|RDPID)(?:_|$)/],
  ['reads a clock or chance', /^(?:RDTSCP?|RDRAND|RDSEED|RDPRU)(?:_|$)/],
]; // biome-ignore format: one reason a row.

function cpuinfo(): string {
  return readFileSync('/proc/cpuinfo', 'utf8');
}

export function hostVendor(): string {
  return /AuthenticAMD/.test(cpuinfo()) ? 'amd' : 'intel';
}

function hostFeatures(): ReadonlySet<string> {
  return new Set((/^flags\s*:(.*)$/m.exec(cpuinfo())?.[1] ?? '').trim().split(/\s+/));
}

/** State components of the host that longmode's models lack (SDM Vol. 1, "XSAVE-Supported Features and State-Component Bitmaps"). */
const FOREIGN_COMPONENTS: Readonly<Record<string, number>> = {
  mpx: 0x18,
  avx512f: 0xe0,
  ospke: 0x200,
  amx_tile: 0x60000,
};

/** Of them, those that XSAVE may be asked for on this machine. */
export function foreignComponents(): number {
  const host = hostFeatures();
  return Object.entries(FOREIGN_COMPONENTS).reduce(
    (mask, [name, bits]) => mask | (host.has(name) ? bits : 0),
    0,
  );
}

/** Every row of the maps. */
export function* allForms(): Generator<Form> {
  for (const [map, text, vexMap, escapeBytes] of MAPS) {
    for (const row of readRows(text)) yield { name: row.opName, map, row, vexMap, escape: escapeBytes };
  }
}

function forms64(): Form[] {
  return [...allForms()].filter(({ row }) => row.in64 && isReachable(row));
}

/** 32-bit operands do not exist where the size defaults to 64 bits (SDM Vol. 2A, "Instruction Prefixes"). */
function isReachable({ masks, opName }: Row): boolean {
  const isDoubleword = masks[BY_SIZE_D64] === 2 || masks[BY_SIZE_F64] === 2 || masks[BY_SIZE_M64] === 2;
  return !isDoubleword || !/_[A-Z]?d(?:_|$)/.test(opName);
}

function reasonAgainst(form: Form): string | undefined {
  return EXCLUDED.find(([, pattern]) => pattern.test(form.name))?.[0];
}

export function isExcluded(form: Form): boolean {
  return reasonAgainst(form) !== undefined;
}

function featuresOf({ row, vexMap }: Form): string[] {
  const features = [row.feature, row.feature256].filter((feature) => feature !== undefined);
  return vexMap > 0 && !features.some((feature) => feature.startsWith('bmi'))
    ? [...features, 'avx']
    : features;
}

/** Every row that both sides can execute. */
export function usableForms(only: RegExp | undefined): Form[] {
  const host = hostFeatures();
  const missing = new Set(missingHandlers());
  return forms64().filter(
    (form) =>
      !missing.has(form.name) &&
      !reasonAgainst(form) &&
      (!only || only.test(form.name)) &&
      featuresOf(form).every((feature) => host.has(HOST_NAMES[feature] ?? feature)),
  );
}

/** What is not tried, and why. */
export function excludedForms(): { reason: string; names: string[] }[] {
  return grouped(forms64(), reasonAgainst).map(([reason, names]) => ({ reason, names }));
}

/** Ops that would be tried if this machine's processor had the feature. */
export function lackingForms(): [feature: string, names: string[]][] {
  const host = hostFeatures();
  return grouped(
    forms64().filter((form) => !reasonAgainst(form)),
    (form) => featuresOf(form).find((feature) => !host.has(HOST_NAMES[feature] ?? feature)),
  );
}

function grouped(forms: readonly Form[], keyOf: (form: Form) => string | undefined): [string, string[]][] {
  const groups = new Map<string, Set<string>>();
  for (const form of forms) {
    const key = keyOf(form);
    if (key !== undefined) groups.set(key, (groups.get(key) ?? new Set()).add(form.name));
  }
  return [...groups].map(([key, names]) => [key, [...names].sort()]);
}
