import type { Difference } from './compare.ts';
import { ARENA, CODE_U, TSS } from './layout.ts';
import { FLAG, MODES, type ModeName } from './modes.ts';
import type { Outcome } from './record.ts';
import type { Scenario } from './scenario.ts';

/** What a rule sees: everything about one scenario on two processors. */
export interface Case {
  readonly s: Scenario;
  readonly ours: Outcome;
  readonly theirs: Outcome;
  readonly all: readonly Difference[];
}

/** A known difference. docs/manual-errata.md has a paragraph of the same name, with the manual's words. */
export interface Rule {
  readonly name: string;
  /** Whether one difference by itself is this one. */
  readonly part?: (d: Difference, c: Case) => boolean;
  /** Whether all that is left differs because of this one. */
  readonly whole?: (c: Case) => boolean;
}

/** What the rules are written in: small questions about a case, each with one answer. */

export const both = (d: Difference): d is Difference & { ours: bigint; theirs: bigint } =>
  typeof d.ours === 'bigint' && typeof d.theirs === 'bigint';
/** The bits that differ; all of them where something is not a number. */
export const bitsOf = (d: Difference): bigint => (both(d) ? d.ours ^ d.theirs : -1n);
export const addressOf = (d: Difference): number =>
  d.where.startsWith('memory ') ? Number.parseInt(d.where.slice(7), 16) : 0;
/** In a paging structure. */
export const isTable = (d: Difference): boolean => {
  const at = addressOf(d);
  return (at >= ARENA && at < 0x10000) || (at >= 0x13000 && at < 0x1a000);
};
export const isDescriptor = (d: Difference): boolean => addressOf(d) >= 0x10000 && addressOf(d) < 0x10800;
export const isTask = (d: Difference): boolean => addressOf(d) >= TSS && addressOf(d) < TSS + 0x1000;
/** In a page where code, data or a stack of the scenario is: SYSENTER and the TSS may put a frame into any of them. */
export const isStack = (d: Difference): boolean => addressOf(d) >= CODE_U;
export const isRegister = (d: Difference): boolean => /^r([a-z]{2}|\d+)$/.test(d.where);

export const vector = (o: Outcome): number => (o.end === 'event' ? Number(o.fields.get('vector')) : -1);
const WITH_CODE = new Set([8, 10, 11, 12, 13, 14, 17, 21]);

/** Where the frame has EFLAGS and the error code: linear addresses, without the base of the stack. */
export function frameOf(o: Outcome): { top: number; flags: number; code: number } {
  if (o.end !== 'event') return { top: -8, flags: -8, code: -8 };
  const bytes = Number(o.fields.get('handlerBits')) >> 3;
  const sp = Number(o.fields.get('rsp')! & 0xffffffffn);
  const code = bytes > 2 && WITH_CODE.has(vector(o)) ? sp : -1;
  return { top: sp, flags: sp + (code < 0 ? 0 : bytes) + 2 * bytes, code };
}

/** Whether `d` is the dword with byte `at`, on a stack of base 0 or of the harness's 16-bit segments; how far into it. */
export function shiftIn(d: Difference, at: number): number {
  for (const base of [0, 0x10000]) {
    const offset = at + base - addressOf(d);
    if (offset >= 0 && offset < 4 && isStack(d)) return offset * 8;
  }
  return -1;
}

export const isErrorCode = (d: Difference, o: Outcome): boolean =>
  frameOf(o).code >= 0 && shiftIn(d, frameOf(o).code) === 0;

export const modeOf = (s: Scenario): ModeName => s.text.slice(0, s.text.indexOf(':')) as ModeName;
export const cplOf = (s: Scenario): number => MODES[modeOf(s)].cpl;
export const isCode64 = (s: Scenario): boolean => MODES[modeOf(s)].bits === 64;
export const isLong = (s: Scenario): boolean => s.world === 'long';
export const isV86 = (s: Scenario): boolean => (s.rflags & FLAG.VM) !== 0;
/** What the text has in brackets or behind `= `: a value written, or a selector. */
export const valueIn = (s: Scenario): bigint => BigInt(/(?:\(|= )(0x[0-9a-f]+)/.exec(s.text)?.[1] ?? 0);
export const msrOf = (s: Scenario, index: number): bigint => new Map(s.msrs).get(index) ?? 0n;
/** A far return or an IRET whose frame names a RIP that is not canonical. */
export const isReturnAstray = (s: Scenario): boolean =>
  /: (iret|retf)/i.test(s.text) && (/not canonical/.test(s.text) || !isCanonical(frameWords(s)[0] ?? 0n));
/** Whether a patched gate of the 64-bit IDT names a stack of its own. */
export const hasIst = (s: Scenario): boolean =>
  isLong(s) && s.patches.some((p) => p.what.startsWith('IDT') && (p.bytes[4]! & 7) !== 0);
export const isCanonical = (value: bigint): boolean => BigInt.asUintN(64, BigInt.asIntN(48, value)) === value;
/** The first byte of the scenario's code. */
export const firstByte = (s: Scenario): number =>
  s.patches.find((p) => p.what.startsWith('code '))?.bytes[0] ?? 0;
/** The type of a system descriptor that a patch tells, else -1. */
export function gateType(what: string): number {
  const value = BigInt(/= (0x[0-9a-f]+)/.exec(what)?.[1] ?? 0);
  return value & (1n << 44n) ? -1 : Number((value >> 40n) & 15n);
}
/** Every byte that differs is of ones here and of zeros there. */
export function isOnesAgainstZeros(d: Difference): boolean {
  if (!both(d)) return false;
  for (let rest = bitsOf(d), at = 0n; rest !== 0n; rest >>= 8n, at += 8n) {
    const byte = rest & 0xffn;
    if (byte !== 0n && (byte !== 0xffn || ((d.ours >> at) & 0xffn) !== 0xffn)) return false;
  }
  return true;
}
/** RIP in the frame of the handler; -1 where there is none. */
export function pushedRip(o: Outcome): number {
  if (o.end !== 'event') return -1;
  const at = frameOf(o).flags - 2 * (Number(o.fields.get('handlerBits')) >> 3);
  return o.memory.get(at) ?? o.memory.get(at + 0x10000) ?? -1;
}
/** The words of the frame that the scenario has made. */
export const frameWords = (s: Scenario): bigint[] =>
  (/^frame (.*)$/.exec(s.patches.find((p) => p.what.startsWith('frame'))?.what ?? '')?.[1] ?? '')
    .split(' ')
    .map(BigInt);

/** The error code in the frame; memory that an outcome does not mention is 0 there. */
export function errorCode(o: Outcome): number {
  const { code } = frameOf(o);
  return code < 0 ? 0 : (o.memory.get(code) ?? o.memory.get(code + 0x10000) ?? 0) & 0xffff;
}

/** Where a PC has video memory and ROMs, and every machine its own. */
export const isInLegacyArea = (rip: number): boolean => rip >= 0xa0000 && rip < 0x100000;

/** A far return in IA-32e mode was refused, and its frame names a null SS whose RPL is not that of CS. */
export function isNullStackOfAnotherLevel({ s, ours }: Case): boolean {
  const words = frameWords(s);
  const isIret = /: iret/.test(s.text);
  if (!isLong(s) || !/: (iret|retf)/.test(s.text) || vector(ours) !== 13 || errorCode(ours) !== 0)
    return false;
  const stack = words[isIret ? 4 : 3];
  return stack !== undefined && (stack & 0xfffcn) === 0n && (stack & 3n) !== (words[1]! & 3n);
}
