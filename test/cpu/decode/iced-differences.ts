/** What may differ between our decoder and iced-x86, and the loop that finds everything else. */
import { CpuidFeature, Decoder, DecoderOptions, Instruction as IcedInstruction } from 'iced-x86';
import { decode } from '../../../src/cpu/decode/decode.ts';
import { Instruction } from '../../../src/isa/instruction.ts';
import { difference } from './iced-compare.ts';

/** Features that no CPU model here has: what needs them is #UD. By iced's names, with the reason. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  AVX512: 'EVEX and opmasks',
  FMA4: 'AMD, withdrawn', XOP: 'AMD, withdrawn', TBM: 'AMD, withdrawn', LWP: 'AMD, withdrawn', D3NOW: 'AMD, withdrawn',
  D3NOWEXT: 'AMD, withdrawn',
  TDX: 'SEAM and TDX', RMPQUERY: 'AMD, SEV-SNP',
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

/** Bytes from the start of one case to the next: the longest instruction and some more. */
export const SLOT = 24;

export class Comparison {
  /** Differences that no table explains, with the bytes of the first. */
  readonly found = new Map<string, string>();
  /** How often each explanation was needed. */
  readonly explained = new Map<string, number>();
  decoded = 0;
  invalid = 0;
  readonly #ours = new Instruction();
  readonly #theirs = new IcedInstruction();

  /** Decodes the cases that lie in `bytes`, a slot each, with both. */
  compare(bytes: Uint8Array, count: number, codeSize: 16 | 32 | 64): void {
    const decoder = new Decoder(codeSize, bytes, DecoderOptions.None);
    const theirs = this.#theirs;
    for (let at = 0; at < count; at++) {
      decoder.position = at * SLOT;
      decoder.ip = 0x1000n;
      decoder.decodeOut(theirs);
      decode(bytes, at * SLOT, SLOT, codeSize, this.#ours);
      this.decoded++;
      const what = difference(this.#ours, theirs);
      if (what === '') {
        if (theirs.isInvalid) this.invalid++;
        continue;
      }
      const reason = this.#explain(what);
      if (reason !== undefined) this.explained.set(reason, (this.explained.get(reason) ?? 0) + 1);
      else if (!this.found.has(`${what} in ${codeSize}-bit code`))
        this.found.set(
          `${what} in ${codeSize}-bit code`,
          Buffer.from(bytes.subarray(at * SLOT, at * SLOT + 16)).toString('hex'),
        );
    }
    decoder.free();
  }

  #explain(what: string): string | undefined {
    if (what in MEANT) return `${what}: ${MEANT[what]!}`;
    if (!what.startsWith('only iced')) return undefined;
    for (const one of this.#theirs.cpuidFeatures()) {
      const feature = CpuidFeature[one]!;
      const family = feature.replace(/^AVX512.*/, 'AVX512');
      if (family in LEFT_OUT) return `invalid here, ${family}: ${LEFT_OUT[family]!}`;
    }
    return undefined;
  }
}

/** Cases as lists of bytes, each in its slot. */
export function pack(cases: readonly (readonly number[])[]): Uint8Array {
  const bytes = new Uint8Array(cases.length * SLOT);
  for (const [at, one] of cases.entries()) bytes.set(one, at * SLOT);
  return bytes;
}
