import type { Instruction } from '../../isa/instruction.ts';
import { RFLAGS_CF } from '../../isa/rflags.ts';
import { STATE_RANDOM } from '../../state/layout.ts';
import type { Core } from './core.ts';

/*
 * RDRAND and RDSEED. The same run gives the same numbers: a generator that lives in the machine's state and starts from a fixed
 * seed. It never runs dry, so CF is always set.
 */
const AT = STATE_RANDOM >> 2;
const SEED = [0x6c6f6e67, 0x6d6f6465, 0x78383664, 0x9e3779b9 | 0];

/** George Marsaglia, "Xorshift RNGs", 2003: the 128-bit generator of words, period 2^128 - 1. */
export function nextRandom(words: Int32Array): number {
  if ((words[AT]! | words[AT + 1]! | words[AT + 2]! | words[AT + 3]!) === 0) words.set(SEED, AT);
  const t = words[AT]! ^ (words[AT]! << 11);
  const w = words[AT + 3]!;
  words[AT] = words[AT + 1]!;
  words[AT + 1] = words[AT + 2]!;
  words[AT + 2] = w;
  const value = w ^ (w >>> 19) ^ t ^ (t >>> 8);
  words[AT + 3] = value;
  return value;
}

/** RDRAND r16 | NP 66 0F C7 /6 | Rv (SDM Vol. 2B, "RDRAND—Read Random Number"). CF set, OF SF ZF AF PF cleared. */
export function RDRAND_Rw(core: Core, insn: Instruction): void {
  core.gpr16[insn.rm * 4] = nextRandom(core.words);
  core.flags.setStatus(RFLAGS_CF);
}

export function RDRAND_Rd(core: Core, insn: Instruction): void {
  core.gpr32[insn.rm * 2] = nextRandom(core.words);
  core.gpr32[insn.rm * 2 + 1] = 0;
  core.flags.setStatus(RFLAGS_CF);
}

export function RDRAND_Rq(core: Core, insn: Instruction): void {
  core.gpr32[insn.rm * 2] = nextRandom(core.words);
  core.gpr32[insn.rm * 2 + 1] = nextRandom(core.words);
  core.flags.setStatus(RFLAGS_CF);
}

/** RDSEED | NP 66 0F C7 /7 | Rv (SDM Vol. 2B, "RDSEED—Read Random SEED"). */
export const RDSEED_Rw = RDRAND_Rw;
export const RDSEED_Rd = RDRAND_Rd;
export const RDSEED_Rq = RDRAND_Rq;
