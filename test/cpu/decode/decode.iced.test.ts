/**
 * The decoder against iced-x86: every opcode byte of every map, with a selection of ModRM bytes and prefixes, in the
 * three code sizes, and random bytes. Where the two may differ is a table, with the reason.
 */
import { CpuidFeature, Decoder, DecoderOptions, Instruction as IcedInstruction } from 'iced-x86';
import { describe, expect, test } from 'vitest';
import { decode } from '../../../src/cpu/decode/decode.ts';
import { Instruction } from '../../../src/isa/instruction.ts';
import { difference } from './iced-compare.ts';

/** Features that no CPU model here has: what needs them is #UD. By iced's names, with the reason. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  AVX512F: 'AVX-512', AVX512BW: 'AVX-512', AVX512DQ: 'AVX-512', AVX512_FP16: 'AVX-512',
  FMA4: 'AMD, withdrawn', XOP: 'AMD, withdrawn', TBM: 'AMD, withdrawn', LWP: 'AMD, withdrawn', D3NOW: 'AMD, withdrawn',
  D3NOWEXT: 'AMD, withdrawn',
  SSE4A: 'AMD', SEV_ES: 'AMD', SEV_SNP: 'AMD', INVLPGB: 'AMD', MCOMMIT: 'AMD',
  PADLOCK_RNG: 'VIA', PADLOCK_ACE: 'VIA', PADLOCK_PHE: 'VIA', PADLOCK_PMM: 'VIA', PADLOCK_GMI: 'VIA',
  PADLOCK_UNDOC: 'VIA', AVX_VNNI: 'after x86-64-v3', AVX_VNNI_INT8: 'after x86-64-v3',
  AVX_VNNI_INT16: 'after x86-64-v3', AVX_IFMA: 'after x86-64-v3', AVX_NE_CONVERT: 'after x86-64-v3',
  CMPCCXADD: 'after x86-64-v3', SM3: 'after x86-64-v3', SM4: 'after x86-64-v3', SHA512: 'after x86-64-v3',
  RAO_INT: 'after x86-64-v3', ENQCMD: 'after x86-64-v3', KL: 'after x86-64-v3', AESKLE: 'after x86-64-v3',
  HRESET: 'after x86-64-v3', UINTR: 'after x86-64-v3', FRED: 'after x86-64-v3', LKGS: 'after x86-64-v3',
  MSRLIST: 'after x86-64-v3', WRMSRNS: 'after x86-64-v3', TSE: 'after x86-64-v3',
  AMX_TILE: 'AMX', AMX_INT8: 'AMX', AMX_BF16: 'AMX', AMX_FP16: 'AMX', AMX_COMPLEX: 'AMX',
}; // biome-ignore format: feature and why.

/** Single differences that are meant. */
const MEANT: Readonly<Record<string, string>> = {
  'mnemonic: xchg for pause': 'F3 with REX.B and 90 exchanges R8 and RAX: tried on an AMD EPYC',
  'only ours: PTWRITE_Ed': 'iced refuses 66 before it; no model has PTWRITE',
  'only ours: PTWRITE_Eq': 'iced refuses 66 before it; no model has PTWRITE',
};

const MODRM = [
  0x00, 0x0c, 0x15, 0x1e, 0x28, 0x30, 0x44, 0xb8, 0xc1, 0xca, 0xd1, 0xd9, 0xe8, 0xf3, 0xf8, 0xfa,
]; // biome-ignore format: memory forms, register forms.
/** Every register form, and of the memory forms every third: all extensions, all address forms. */
const DENSE_MODRM = Array.from({ length: 256 }, (_, n) => n).filter((n) => n >= 0xc0 || n % 3 === 0);
const PREFIXES: readonly (readonly number[])[] = [
  [], [0x66], [0xf2], [0xf3], [0xf0], [0x67], [0x66, 0xf2], [0xf2, 0xf3], [0x64, 0x26], [0xf0, 0xf2], [0x2e],
]; // biome-ignore format: one line.
const REX_PREFIXES: readonly (readonly number[])[] = [
  [0x48], [0x41], [0x44], [0x66, 0x48], [0xf3, 0x49], [0xf2, 0x4f], [0x65, 0x42], [0x48, 0x66], [0x67, 0x47],
]; // biome-ignore format: one line.
const ESCAPES = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]] as const;
/** What follows ModRM: a SIB byte and then enough for any displacement and immediate. */
const REST = [0x91, 0x22, 0x33, 0x44, 0xd5, 0x66, 0x77, 0x88, 0x12, 0x34];

function legacy(modrms: readonly number[], prefixes: readonly (readonly number[])[]): number[][] {
  const cases: number[][] = [];
  for (const opening of ESCAPES) {
    for (let opcode = 0; opcode < 256; opcode++) {
      for (const prefix of prefixes) {
        for (const modrm of modrms) cases.push([...prefix, ...opening, opcode, modrm, ...REST]);
      }
    }
  }
  return cases;
}

/** VEX with both W, both L, vvvv 1111 and another, all pp. */
function vex(): number[][] {
  const cases: number[][] = [];
  for (let map = 1; map < 4; map++) {
    for (let last = 0; last < 256; last++) {
      if ((last & 0x78) !== 0x78 && (last & 0x78) !== 0x28) continue;
      for (let opcode = 0; opcode < 256; opcode++) {
        for (const modrm of [0x04, 0x4d, 0x10, 0x18, 0xca, 0xd3]) {
          cases.push([0xc4, 0xe0 | map, last, opcode, modrm, ...REST]);
          if (modrm === 0xca) cases.push([0xc4, map, last, opcode, modrm, ...REST]);
          if (map === 1 && last < 0x80) cases.push([0xc5, 0x80 | last, opcode, modrm, ...REST]);
        }
      }
    }
  }
  return cases;
}

/** Bytes of a seeded generator (Marsaglia's xorshift32), with prefixes and escapes more often than chance has them. */
function random(count: number, seed: number): number[][] {
  let state = seed;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  const openings = [0x0f, 0x66, 0xf2, 0xf3, 0x48, 0xc4, 0xc5, 0x4c, 0x67, 0xf0];
  return Array.from({ length: count }, () => {
    const bytes = Array.from({ length: 20 }, () => (next() >>> 8) & 0xff);
    const opening = next() % 4;
    for (let at = 0; at < opening; at++) bytes[at] = openings[next() % openings.length]!;
    return bytes;
  });
}

const SLOT = 24;

/** Decodes every case with both and returns the differences that are not meant, with one example of each. */
function compare(cases: readonly number[][], codeSize: 16 | 32 | 64): Map<string, string> {
  const found = new Map<string, string>();
  const bytes = new Uint8Array(cases.length * SLOT);
  for (const [at, one] of cases.entries()) bytes.set(one, at * SLOT);
  const decoder = new Decoder(codeSize, bytes, DecoderOptions.None);
  const theirs = new IcedInstruction();
  const ours = new Instruction();
  for (let at = 0; at < cases.length; at++) {
    decoder.position = at * SLOT;
    decoder.ip = 0x1000n;
    decoder.decodeOut(theirs);
    decode(bytes, at * SLOT, SLOT, codeSize, ours);
    const what = difference(ours, theirs);
    if (what === '' || what in MEANT) continue;
    const features = Array.from(theirs.cpuidFeatures(), (feature) => CpuidFeature[feature]!);
    if (what.startsWith('only iced') && features.some((feature) => feature in LEFT_OUT)) continue;
    found.set(
      `${what} (${features.join()})`,
      cases[at]!.map((byte) => byte.toString(16).padStart(2, '0')).join(' '),
    );
  }
  theirs.free();
  decoder.free();
  return found;
}

describe.each([16, 32, 64] as const)('%i-bit code decodes as iced-x86 decodes it', (codeSize) => {
  test('every opcode, some ModRM bytes, many prefixes', () => {
    expect(
      compare(legacy(MODRM, codeSize === 64 ? [...PREFIXES, ...REX_PREFIXES] : PREFIXES), codeSize),
    ).toEqual(new Map());
  }, 60_000);

  test('every opcode, most ModRM bytes', () => {
    expect(compare(legacy(DENSE_MODRM, [[]]), codeSize)).toEqual(new Map());
  }, 60_000);

  test('VEX', () => {
    expect(compare(vex(), codeSize)).toEqual(new Map());
  }, 60_000);

  test('random bytes', () => {
    expect(compare(random(30_000, 0x2545f491), codeSize)).toEqual(new Map());
  }, 60_000);
});
