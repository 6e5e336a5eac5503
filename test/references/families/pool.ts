import type { Random } from '../../oracle/random.ts';
import {
  CODE_S,
  CODE_U,
  DATA,
  DATA2,
  descriptor,
  FREE_ENTRIES,
  GDT,
  gate,
  LANDING,
  LDT,
  SEL,
} from '../layout.ts';
import { type Code, CR0, CR4, inMode, iopl, MODES, type ModeName, type Paging, patch, setCode, word64 } from '../modes.ts'; // biome-ignore format: one line.
import type { Scenario } from '../scenario.ts';

/** Makes one scenario. */
export type Family = (random: Random) => Scenario;

export const PROTECTED: readonly ModeName[] = ['16-0', '16-3', '32-0', '32-0', '32-1', '32-3', 'compat16-3', 'compat32-0', 'compat32-3', '64-0', '64-0', '64-3']; // biome-ignore format: one line.
export const EVERY: readonly ModeName[] = [...PROTECTED, 'real', 'v86', 'v86'];

export function pagingOf(mode: ModeName, random: Random): Paging {
  if (MODES[mode].long) return random.chance(0.1) ? '5' : '4';
  if (mode === 'real') return 'off';
  return random.pick(['off', '32', 'pae'] as const);
}

/** A mode with its usual state, and small numbers in the registers. */
export function start(random: Random, modes: readonly ModeName[]): { s: Scenario; mode: ModeName } {
  const mode = random.pick(modes);
  const s = inMode(mode, pagingOf(mode, random));
  for (let n = 0; n < 16; n++) if (n !== 4) s.gpr[n] = registerValue(random);
  if (random.chance(0.1)) s.rflags |= iopl(random.below(4));
  if (random.chance(0.1)) s.rflags |= 1 << random.pick([0, 2, 4, 6, 7, 10, 11, 21]);
  return { s, mode };
}

export function registerValue(random: Random): bigint {
  const kind = random.below(4);
  if (kind === 0) return BigInt(random.below(256));
  const value = (BigInt(random.word() >>> 0) << 32n) | BigInt(random.word() >>> 0);
  return kind === 1 ? BigInt.asUintN(32, value) : value;
}

export const bitsOf = (mode: ModeName): 16 | 32 | 64 => MODES[mode].bits;
/** ModRM of a register operand, and of [rBX] in all address sizes. */
export const direct = (reg: number, rm: number): number => 0xc0 | (reg << 3) | rm;
export const atRbx = (mode: ModeName, reg: number): number => (reg << 3) | (bitsOf(mode) === 16 ? 7 : 3);
export const hex = (value: number | bigint): string => `0x${value.toString(16)}`;

/** Points rBX at a linear address that the mode's own segments reach. */
export function pointRbx(s: Scenario, mode: ModeName, linear: bigint | number): void {
  s.gpr[3] = BigInt.asUintN(64, BigInt(linear) - BigInt(MODES[mode].base));
}

const SIZES: readonly number[] = [0, 1, 2, 3, 7, 0x66, 0x67, 0x2b, 0xfff, 0xffff, 0xfffff, 0x1c003, 0x1b100];

/** A code or data descriptor, or of a system type; most are such that something works. */
export function randomDescriptor(random: Random, long: boolean): bigint {
  const kind = random.below(10);
  const dpl = random.pick([0, 0, 1, 2, 3, 3]);
  const present = random.chance(0.92) ? 0x80 : 0;
  const isPlain = random.chance(0.6);
  const base = isPlain ? 0 : random.pick([0, 0x10000, DATA, 0x800, 0xfffff000, 0x12345678]);
  const limit = isPlain ? 0xfffff : random.pick(SIZES);
  let flags = isPlain ? 12 : random.below(16);
  if (kind < 4) return descriptor(base, limit, present | (dpl << 5) | 0x10 | random.below(8), flags);
  if (kind < 8) {
    if (long && random.chance(0.6)) flags = 10;
    return descriptor(base, limit, present | (dpl << 5) | 0x18 | random.below(8), flags);
  }
  if (kind === 8)
    return gate(
      random.pick(CODES) | random.below(4),
      landing(random),
      present | (dpl << 5) | random.below(16),
      random.below(4),
    );
  return descriptor(
    random.pick([LDT, SEL.tssOther, 0x12400, 0x12c00]),
    random.pick(SIZES),
    present | (dpl << 5) | random.below(16),
    0,
  );
}

export const CODES: readonly number[] = [
  SEL.code32k, SEL.code32u, SEL.code64k, SEL.code64u, SEL.code16k, SEL.code16u, SEL.code32r1, SEL.code32r2, SEL.conforming, SEL.data32k, 0,
]; // biome-ignore format: one line.

export const landing = (random: Random): number =>
  random.pick([CODE_S, CODE_S, CODE_U]) + LANDING + random.below(4) * 0x40;

/** Fills a free slot of GDT or LDT and answers its selector without RPL. In IA-32e mode a slot has 16 bytes. */
export function placeDescriptor(s: Scenario, random: Random, value: bigint, upper = 0n): number {
  const long = s.world === 'long';
  let index = random.below(FREE_ENTRIES >> 1) * 2;
  const local = random.chance(0.25);
  const isTaken = () => s.tr === SEL.free + index * 8;
  while (!local && isTaken()) index = random.below(FREE_ENTRIES >> 1) * 2;
  const offset = (local ? 0x80 : SEL.free) + index * 8;
  const bytes = long ? [...word64(value), ...word64(upper)] : word64(value);
  patch(s, (local ? LDT : GDT) + offset, bytes, `${local ? 'LDT' : 'GDT'}[${hex(offset)}] = ${hex(value)}`);
  return offset | (local ? 4 : 0);
}

/** A selector: null, of the harness, beyond the limit, or of a fresh descriptor. */
export function randomSelector(s: Scenario, random: Random): number {
  const kind = random.below(12);
  const rpl = random.below(4);
  if (kind === 0) return rpl;
  if (kind === 1) return random.pick(Object.values(SEL)) | rpl;
  if (kind === 2) return random.pick([0x3f8, 0x400, 0xfff8, 0x404, 0x3fc]) | rpl;
  return (
    placeDescriptor(
      s,
      random,
      randomDescriptor(random, s.world === 'long'),
      random.chance(0.1) ? registerValue(random) : 0n,
    ) | rpl
  );
}

/** With a probability each: write protection, user-mode guards, alignment checks. */
export function spiceControl(s: Scenario, random: Random): void {
  if (random.chance(0.3)) s.cr0 = (s.cr0 ^ CR0.WP) >>> 0;
  if (random.chance(0.1)) s.cr0 = (s.cr0 ^ CR0.AM) >>> 0;
  if (random.chance(0.1)) s.cr4 ^= CR4.VME;
  if (random.chance(0.1)) s.cr4 ^= CR4.UMIP;
}

export const someData = (random: Random): number =>
  random.pick([DATA, DATA2]) + random.pick([0, 8, 0x10, 0x7c, 0xff0, 0xffe, 0xfff]);

/** Code that ends in UD2 like all, from parts. */
export function code(text: string, ...bytes: (number | readonly number[])[]): Code {
  return { text, bytes: bytes.flat() };
}

export { setCode };
