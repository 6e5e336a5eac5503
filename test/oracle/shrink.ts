import { type Case, copyCase } from './protocol.ts';
import { decodeCase } from './text.ts';

/** A round ends with every instruction that goes. */
const ROUNDS = 12;
const FLAG_BITS = [1, 4, 16, 64, 128, 0x400, 0x800, 0x40000];

/** Every change that makes a case simpler, the greatest first. */
function* simplifications(c: Case): Generator<(c: Case) => void> {
  // Fewer instructions.
  for (const insn of c.insns) {
    if (c.insns.length > 1)
      yield (s) => {
        s.bytes.copyWithin(insn.start, insn.next);
        s.length -= insn.length;
        s.bytes.fill(0, s.length);
        decodeCase(s);
      };
  }
  for (let n = 0; n < 16; n++) yield (s) => s.gpr.fill(0, n * 2, n * 2 + 2);
  for (let n = 0; n < 16; n++) yield (s) => s.gpr.fill(0, n * 2 + 1, n * 2 + 2);
  for (let n = 0; n < 32; n++) yield (s) => s.vectors.fill(0, n * 4, n * 4 + 4);
  for (let n = 0; n < 128; n++) yield (s) => s.vectors.fill(0, n, n + 1);
  for (let n = 0; n < 8; n++) yield (s) => s.st.fill(0, n * 4, n * 4 + 4);
  for (const bit of FLAG_BITS)
    yield (s) => {
      s.rflags &= ~bit;
    };
  for (const rest of [{ fcw: 0x37f }, { fsw: 0 }, { ftw: 0 }, { mxcsr: 0x1f80 }])
    yield (s) => Object.assign(s, rest);
}

/** Takes away from `c` what the mismatch does not need. `isWrong` runs a case and tells whether it still mismatches. */
export async function shrink(c: Case, isWrong: (c: Case) => Promise<boolean>): Promise<Case> {
  let best = c;
  for (let round = 0; round < ROUNDS; round++) {
    const before = best;
    for (const change of simplifications(before)) {
      const simpler = copyCase(best);
      const count = simpler.insns.length;
      change(simpler);
      if (await isWrong(simpler)) best = simpler;
      // The other changes are of a case that is no more.
      if (best.insns.length !== count) break;
    }
    if (best === before) break;
  }
  return best;
}
