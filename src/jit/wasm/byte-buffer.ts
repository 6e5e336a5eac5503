/** A growing run of bytes with the integer encodings of WebAssembly ("Binary Format, Values"). */
export class ByteBuffer {
  bytes: Uint8Array;
  length = 0;

  constructor(room = 256) {
    this.bytes = new Uint8Array(room);
  }

  u8(value: number): void {
    if (this.length === this.bytes.length) this.#grow(1);
    this.bytes[this.length++] = value;
  }

  /** LEB128 of an unsigned 32-bit value. */
  u32(value: number): void {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.u8((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.u8(rest);
  }

  /** LEB128 of a signed 32-bit value. */
  s32(value: number): void {
    let rest = value | 0;
    while (rest < -0x40 || rest >= 0x40) {
      this.u8((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    this.u8(rest & 0x7f);
  }

  /** LEB128 of the signed 64-bit value `hi:lo`. */
  s64(lo: number, hi: number): void {
    let low = lo | 0;
    let high = hi | 0;
    while (high !== low >> 31 || low < -0x40 || low >= 0x40) {
      this.u8((low & 0x7f) | 0x80);
      low = (low >>> 7) | (high << 25);
      high >>= 7;
    }
    this.u8(low & 0x7f);
  }

  name(text: string): void {
    this.u32(text.length);
    for (let i = 0; i < text.length; i++) this.u8(text.charCodeAt(i));
  }

  /** Appends bytes `from` to `to` of another buffer. */
  append(other: ByteBuffer, from = 0, to = other.length): void {
    const count = to - from;
    if (this.length + count > this.bytes.length) this.#grow(count);
    this.bytes.set(other.bytes.subarray(from, to), this.length);
    this.length += count;
  }

  /** The bytes written so far, not copied. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  #grow(by: number): void {
    const bytes = new Uint8Array(Math.max(this.bytes.length * 2, this.length + by));
    bytes.set(this.bytes);
    this.bytes = bytes;
  }
}
