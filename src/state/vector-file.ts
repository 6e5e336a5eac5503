import { STATE_YMM } from './layout.ts';

/**
 * The vector registers as lanes of every width. A register, or one of the scratch slots behind the sixteen, is a slot of
 * 32 bytes: lane n of slot s is `u8[s * 32 + n]`, `u16[s * 16 + n]`, `i32[s * 8 + n]`.
 */
export class VectorFile {
  readonly i8: Int8Array;
  readonly u8: Uint8Array;
  readonly i16: Int16Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;

  /** `bytes` is the length of the state page, of which somebody may have kept only the beginning. */
  constructor(buffer: ArrayBuffer, bytes: number) {
    const length = Math.max(0, bytes - STATE_YMM);
    const from = length > 0 ? STATE_YMM : 0;
    this.i8 = new Int8Array(buffer, from, length);
    this.u8 = new Uint8Array(buffer, from, length);
    this.i16 = new Int16Array(buffer, from, length >> 1);
    this.u16 = new Uint16Array(buffer, from, length >> 1);
    this.i32 = new Int32Array(buffer, from, length >> 2);
    this.u32 = new Uint32Array(buffer, from, length >> 2);
  }
}
