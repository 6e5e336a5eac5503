import type { VectorFile } from '../../state/vector-file.ts';
import type { Handler } from './core.ts';
import { alignedSource, type LaneOperation, requireSse, source } from './vector-operand.ts';

/* SHA extensions (SDM Vol. 1, "Intel SHA Extensions"; FIPS 180-4). Word 3 of a register is the first of the message. */

/** AMD's processors (seen on Zen 3) take these operands at any alignment, against both manuals. */
function sha(operation: LaneOperation): Handler {
  return (core, insn) => {
    requireSse(core);
    const b = core.model.vendor === 'amd' ? source(core, insn, 16) : alignedSource(core, insn);
    operation(core.vectors, insn.reg, insn.reg, b, 16, insn.immediate);
  };
}

function rotateLeft(word: number, count: number): number {
  return (word << count) | (word >>> (32 - count));
}

function rotateRight(word: number, count: number): number {
  return (word >>> count) | (word << (32 - count));
}

function store(
  v: VectorFile,
  dest: number,
  word3: number,
  word2: number,
  word1: number,
  word0: number,
): void {
  v.i32[dest * 8] = word0;
  v.i32[dest * 8 + 1] = word1;
  v.i32[dest * 8 + 2] = word2;
  v.i32[dest * 8 + 3] = word3;
}

const ROUND_CONSTANTS = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc | 0, 0xca62c1d6 | 0];

function mix(kind: number, b: number, c: number, d: number): number {
  if (kind === 0) return (b & c) ^ (~b & d);
  if (kind === 2) return (b & c) ^ (b & d) ^ (c & d);
  return b ^ c ^ d;
}

/** SHA1RNDS4 xmm1, xmm2/m128, imm8 | NP 0F 3A CC ib | (SDM Vol. 2B, "SHA1RNDS4—Perform Four Rounds of SHA1 Operation"). */
export const SHA1RNDS4_Vx_Wx_Ib = sha((v, dest, x, y, _bytes, immediate) => {
  const { i32 } = v;
  const kind = immediate & 3;
  let a = i32[x * 8 + 3]!;
  let b = i32[x * 8 + 2]!;
  let c = i32[x * 8 + 1]!;
  let d = i32[x * 8]!;
  let e = 0;
  for (let n = 3; n >= 0; n--) {
    // E is 0 in the first round: the caller has added it to the first message word.
    const next = (mix(kind, b, c, d) + rotateLeft(a, 5) + i32[y * 8 + n]! + e + ROUND_CONSTANTS[kind]!) | 0;
    e = d;
    d = c;
    c = rotateLeft(b, 30);
    b = a;
    a = next;
  }
  store(v, dest, a, b, c, d);
});

/** SHA1NEXTE | NP 0F 38 C8 | (SDM Vol. 2B, "SHA1NEXTE—Calculate SHA1 State Variable E After Four Rounds"). */
export const SHA1NEXTE_Vx_Wx = sha((v, dest, x, y) => {
  const { i32 } = v;
  const sum = (i32[y * 8 + 3]! + rotateLeft(i32[x * 8 + 3]!, 30)) | 0;
  store(v, dest, sum, i32[y * 8 + 2]!, i32[y * 8 + 1]!, i32[y * 8]!);
});

/** SHA1MSG1 | NP 0F 38 C9 | (SDM Vol. 2B, "SHA1MSG1—Perform an Intermediate Calculation for the Next Four SHA1 Message Dwords"). */
export const SHA1MSG1_Vx_Wx = sha((v, dest, x, y) => {
  const { i32 } = v;
  const w0 = i32[x * 8 + 3]!;
  const w1 = i32[x * 8 + 2]!;
  const w2 = i32[x * 8 + 1]!;
  const w3 = i32[x * 8]!;
  const w4 = i32[y * 8 + 3]!;
  const w5 = i32[y * 8 + 2]!;
  store(v, dest, w2 ^ w0, w3 ^ w1, w4 ^ w2, w5 ^ w3);
});

/** SHA1MSG2 | NP 0F 38 CA | (SDM Vol. 2B, "SHA1MSG2—Perform a Final Calculation for the Next Four SHA1 Message Dwords"). */
export const SHA1MSG2_Vx_Wx = sha((v, dest, x, y) => {
  const { i32 } = v;
  const w16 = rotateLeft(i32[x * 8 + 3]! ^ i32[y * 8 + 2]!, 1);
  const w17 = rotateLeft(i32[x * 8 + 2]! ^ i32[y * 8 + 1]!, 1);
  const w18 = rotateLeft(i32[x * 8 + 1]! ^ i32[y * 8]!, 1);
  const w19 = rotateLeft(i32[x * 8]! ^ w16, 1);
  store(v, dest, w16, w17, w18, w19);
});

/** SHA256RNDS2 xmm1, xmm2/m128, <XMM0> | NP 0F 38 CB | (SDM Vol. 2B, "SHA256RNDS2—Perform Two Rounds of SHA256 Operation"). */
export const SHA256RNDS2_Vx_Wx_XMM0 = sha((v, dest, x, y) => {
  const { i32 } = v;
  let a = i32[y * 8 + 3]!;
  let b = i32[y * 8 + 2]!;
  let c = i32[x * 8 + 3]!;
  let d = i32[x * 8 + 2]!;
  let e = i32[y * 8 + 1]!;
  let f = i32[y * 8]!;
  let g = i32[x * 8 + 1]!;
  let h = i32[x * 8]!;
  const first = i32[0]!;
  const second = i32[1]!;
  for (let n = 0; n < 2; n++) {
    const sigma1 = rotateRight(e, 6) ^ rotateRight(e, 11) ^ rotateRight(e, 25);
    const t1 = (h + sigma1 + ((e & f) ^ (~e & g)) + (n === 0 ? first : second)) | 0;
    const sigma0 = rotateRight(a, 2) ^ rotateRight(a, 13) ^ rotateRight(a, 22);
    const t2 = (sigma0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  store(v, dest, a, b, e, f);
});

function sigma0(word: number): number {
  return rotateRight(word, 7) ^ rotateRight(word, 18) ^ (word >>> 3);
}

function sigma1(word: number): number {
  return rotateRight(word, 17) ^ rotateRight(word, 19) ^ (word >>> 10);
}

/** SHA256MSG1 | NP 0F 38 CC | (SDM Vol. 2B, "SHA256MSG1—Perform an Intermediate Calculation for the Next Four SHA256 Message Dwords"). */
export const SHA256MSG1_Vx_Wx = sha((v, dest, x, y) => {
  const { i32 } = v;
  const w4 = i32[y * 8]!;
  const w3 = i32[x * 8 + 3]!;
  const w2 = i32[x * 8 + 2]!;
  const w1 = i32[x * 8 + 1]!;
  const w0 = i32[x * 8]!;
  store(v, dest, w3 + sigma0(w4), w2 + sigma0(w3), w1 + sigma0(w2), w0 + sigma0(w1));
});

/** SHA256MSG2 | NP 0F 38 CD | (SDM Vol. 2B, "SHA256MSG2—Perform a Final Calculation for the Next Four SHA256 Message Dwords"). */
export const SHA256MSG2_Vx_Wx = sha((v, dest, x, y) => {
  const { i32 } = v;
  const w14 = i32[y * 8 + 2]!;
  const w15 = i32[y * 8 + 3]!;
  const w16 = (i32[x * 8]! + sigma1(w14)) | 0;
  const w17 = (i32[x * 8 + 1]! + sigma1(w15)) | 0;
  const w18 = (i32[x * 8 + 2]! + sigma1(w16)) | 0;
  const w19 = (i32[x * 8 + 3]! + sigma1(w17)) | 0;
  store(v, dest, w19, w18, w17, w16);
});
