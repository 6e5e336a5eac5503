import { avx, type LaneOperation, sse } from './vector-operand.ts';

/*
 * GFNI (SDM Vol. 2A, "GF2P8MULB—Galois Field Multiply Bytes", "GF2P8AFFINEQB—Galois Field Affine Transformation"). Bytes
 * are polynomials modulo x^8 + x^4 + x^3 + x + 1.
 */

function multiplyBytes(a: number, b: number): number {
  let product = 0;
  for (let factor = b; factor !== 0; factor >>>= 1) {
    if (factor & 1) product ^= a;
    a = (a << 1) ^ (a & 0x80 ? 0x11b : 0);
  }
  return product;
}

/** In this field the inverse is the 254th power. The inverse of 0 is 0. */
function inverseOf(byte: number): number {
  let power = 1;
  for (let i = 0; i < 254; i++) power = multiplyBytes(power, byte);
  return power;
}

let inverses: Uint8Array | undefined;

function parity(byte: number): number {
  byte ^= byte >> 4;
  return (0x6996 >> (byte & 15)) & 1;
}

const multiply: LaneOperation = (v, dest, a, b, bytes) => {
  for (let i = 0; i < bytes; i++) v.u8[dest * 32 + i] = multiplyBytes(v.u8[a * 32 + i]!, v.u8[b * 32 + i]!);
};

/** Bit i of a byte's image is the parity of the byte and row 7 - i of the matrix in its quadword, with bit i of the immediate. */
function affine(inverted: boolean): LaneOperation {
  return (v, dest, a, b, bytes, immediate) => {
    if (inverted) inverses ??= Uint8Array.from({ length: 256 }, (_, byte) => inverseOf(byte));
    const { u8 } = v;
    const matrix = new Uint8Array(8);
    for (let quad = 0; quad < bytes; quad += 8) {
      for (let row = 0; row < 8; row++) matrix[row] = u8[b * 32 + quad + row]!;
      for (let i = 0; i < 8; i++) {
        let x = u8[a * 32 + quad + i]!;
        if (inverted) x = inverses![x]!;
        let image = immediate & 0xff;
        for (let bit = 0; bit < 8; bit++) image ^= parity(matrix[7 - bit]! & x) << bit;
        u8[dest * 32 + quad + i] = image;
      }
    }
  };
}

/** GF2P8MULB xmm1, xmm2/m128 | 66 0F 38 CF /r | Vx,Wx. */
export const GF2P8MULB_Vx_Wx = sse(multiply);
export const VGF2P8MULB_Vx_Hx_Wx = avx(multiply);
/** GF2P8AFFINEQB xmm1, xmm2/m128, imm8 | 66 0F 3A CE /r ib | Vx,Wx,Ib. */
export const GF2P8AFFINEQB_Vx_Wx_Ib = sse(affine(false));
export const VGF2P8AFFINEQB_Vx_Hx_Wx_Ib = avx(affine(false));
/** GF2P8AFFINEINVQB xmm1, xmm2/m128, imm8 | 66 0F 3A CF /r ib | Vx,Wx,Ib: of the inverses of the bytes. */
export const GF2P8AFFINEINVQB_Vx_Wx_Ib = sse(affine(true));
export const VGF2P8AFFINEINVQB_Vx_Hx_Wx_Ib = avx(affine(true));
