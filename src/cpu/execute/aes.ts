import type { VectorFile } from '../../state/vector-file.ts';
import { avx, sse } from './vector-operand.ts';

/*
 * AES-NI (SDM Vol. 1, "Advanced Encryption Standard New Instructions"; FIPS 197). The state is a column of four bytes in each
 * doubleword, row 0 lowest. A round goes through four words, so that the destination may be a source.
 */

function times2(byte: number): number {
  return ((byte << 1) ^ (byte & 0x80 ? 0x11b : 0)) & 0xff;
}

function times(byte: number, factor: number): number {
  let product = 0;
  for (let power = byte; factor !== 0; factor >>= 1, power = times2(power)) if (factor & 1) product ^= power;
  return product;
}

/** FIPS 197, 5.1.1: the inverse in GF(2^8), then an affine map. 3 generates the field's multiplicative group. */
function makeSbox(): Uint8Array {
  const power = new Uint8Array(256);
  const log = new Uint8Array(256);
  for (let n = 0, x = 1; n < 255; n++, x = times(x, 3)) {
    power[n] = x;
    log[x] = n;
  }
  return Uint8Array.from({ length: 256 }, (_, byte) => {
    const inverse = byte === 0 ? 0 : power[(255 - log[byte]!) % 255]!;
    const twice = inverse | (inverse << 8);
    return (inverse ^ (twice >> 7) ^ (twice >> 6) ^ (twice >> 5) ^ (twice >> 4) ^ 0x63) & 0xff;
  });
}

const SBOX = makeSbox();
const INVERSE_SBOX = new Uint8Array(256);
SBOX.forEach((value, byte) => {
  INVERSE_SBOX[value] = byte;
});

/** Columns of MixColumns and its inverse for one byte in row 0. */
const MIX = Int32Array.from(
  { length: 256 },
  (_, b) => times(b, 2) | (b << 8) | (b << 16) | (times(b, 3) << 24),
);
const INVERSE_MIX = Int32Array.from(
  { length: 256 },
  (_, b) => times(b, 14) | (times(b, 9) << 8) | (times(b, 13) << 16) | (times(b, 11) << 24),
);

function rotate(word: number, count: number): number {
  return (word << count) | (word >>> (32 - count));
}

function mixColumn(word: number, table: Int32Array): number {
  return (
    table[word & 0xff]! ^
    rotate(table[(word >>> 8) & 0xff]!, 8) ^
    rotate(table[(word >>> 16) & 0xff]!, 16) ^
    rotate(table[word >>> 24]!, 24)
  );
}

function substituteWord(word: number, box: Uint8Array): number {
  return (
    box[word & 0xff]! |
    (box[(word >>> 8) & 0xff]! << 8) |
    (box[(word >>> 16) & 0xff]! << 16) |
    (box[word >>> 24]! << 24)
  );
}

/** ShiftRows and SubBytes for column `n`: row r comes from the column r places on (back, in the inverse). */
function shiftedColumn(v: VectorFile, at: number, n: number, step: 1 | 3, box: Uint8Array): number {
  const { u8 } = v;
  const row = (r: number) => box[u8[at * 4 + ((n + step * r) & 3) * 4 + r]!]!;
  return row(0) | (row(1) << 8) | (row(2) << 16) | (row(3) << 24);
}

type Mix = (word: number) => number;

/** One round on each 128 bits of `a`, with the round key in `b`. */
function round(step: 1 | 3, box: Uint8Array, mix: Mix) {
  return (v: VectorFile, dest: number, a: number, b: number, bytes: number): void => {
    const { i32 } = v;
    for (let lane = 0; lane < bytes >> 2; lane += 4) {
      const x = a * 8 + lane;
      const y = b * 8 + lane;
      const d = dest * 8 + lane;
      const p = mix(shiftedColumn(v, x, 0, step, box)) ^ i32[y]!;
      const q = mix(shiftedColumn(v, x, 1, step, box)) ^ i32[y + 1]!;
      const r = mix(shiftedColumn(v, x, 2, step, box)) ^ i32[y + 2]!;
      const s = mix(shiftedColumn(v, x, 3, step, box)) ^ i32[y + 3]!;
      i32[d] = p;
      i32[d + 1] = q;
      i32[d + 2] = r;
      i32[d + 3] = s;
    }
  };
}

const same: Mix = (word) => word;
const encrypt = round(1, SBOX, (word) => mixColumn(word, MIX));
const encryptLast = round(1, SBOX, same);
const decrypt = round(3, INVERSE_SBOX, (word) => mixColumn(word, INVERSE_MIX));
const decryptLast = round(3, INVERSE_SBOX, same);

function inverseMixColumns(v: VectorFile, dest: number, _a: number, b: number): void {
  for (let n = 0; n < 4; n++) v.i32[dest * 8 + n] = mixColumn(v.i32[b * 8 + n]!, INVERSE_MIX);
}

function assistKey(
  v: VectorFile,
  dest: number,
  _a: number,
  b: number,
  _bytes: number,
  immediate: number,
): void {
  const { i32 } = v;
  const second = substituteWord(i32[b * 8 + 1]!, SBOX);
  const fourth = substituteWord(i32[b * 8 + 3]!, SBOX);
  i32[dest * 8] = second;
  i32[dest * 8 + 1] = rotate(second, 24) ^ immediate;
  i32[dest * 8 + 2] = fourth;
  i32[dest * 8 + 3] = rotate(fourth, 24) ^ immediate;
}

/** AESENC | 66 0F 38 DC | (SDM Vol. 2A, "AESENC—Perform One Round of an AES Encryption Flow"). */
export const AESENC_Vx_Wx = sse(encrypt);
export const VAESENC_Vx_Hx_Wx = avx(encrypt);
/** AESENCLAST | 66 0F 38 DD | (SDM Vol. 2A, "AESENCLAST—Perform Last Round of an AES Encryption Flow"). */
export const AESENCLAST_Vx_Wx = sse(encryptLast);
export const VAESENCLAST_Vx_Hx_Wx = avx(encryptLast);
/** AESDEC | 66 0F 38 DE | (SDM Vol. 2A, "AESDEC—Perform One Round of an AES Decryption Flow"). */
export const AESDEC_Vx_Wx = sse(decrypt);
export const VAESDEC_Vx_Hx_Wx = avx(decrypt);
/** AESDECLAST | 66 0F 38 DF | (SDM Vol. 2A, "AESDECLAST—Perform Last Round of an AES Decryption Flow"). */
export const AESDECLAST_Vx_Wx = sse(decryptLast);
export const VAESDECLAST_Vx_Hx_Wx = avx(decryptLast);
/** AESIMC | 66 0F 38 DB | (SDM Vol. 2A, "AESIMC—Perform the AES InvMixColumn Transformation"). */
export const AESIMC_Vx_Wx = sse(inverseMixColumns);
export const VAESIMC_Vx_Wx = avx(inverseMixColumns);
/** AESKEYGENASSIST | 66 0F 3A DF ib | (SDM Vol. 2A, "AESKEYGENASSIST—AES Round Key Generation Assist"). */
export const AESKEYGENASSIST_Vx_Wx_Ib = sse(assistKey);
export const VAESKEYGENASSIST_Vx_Wx_Ib = avx(assistKey);
