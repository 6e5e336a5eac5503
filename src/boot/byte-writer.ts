/** Grows a little-endian structure field by field; every boot information structure is built with one. */
export class ByteWriter {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    const at = this.#extend(1);
    this.#view.setUint8(at, value);
    return this;
  }

  u16(value: number): this {
    const at = this.#extend(2);
    this.#view.setUint16(at, value, true);
    return this;
  }

  u32(value: number): this {
    const at = this.#extend(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  /** A non-negative integer below 2^53. */
  u64(value: number): this {
    return this.u32(value).u32(value / 4294967296);
  }

  bytes(source: Uint8Array): this {
    const at = this.#extend(source.length);
    this.#bytes.set(source, at);
    return this;
  }

  /** Zeros up to the next multiple of `alignment`. */
  align(alignment: number): this {
    this.#extend((alignment - (this.#length % alignment)) % alignment);
    return this;
  }

  /** Overwrites four bytes that were written before. */
  patch32(offset: number, value: number): this {
    this.#view.setUint32(offset, value, true);
    return this;
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #extend(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
}

/** UTF-8 and the terminating zero of the specifications' "zero-terminated string". */
export function cString(text: string): Uint8Array {
  const encoded = new TextEncoder().encode(text);
  const terminated = new Uint8Array(encoded.length + 1);
  terminated.set(encoded);
  return terminated;
}

/** Characters of 7 bits, without an end. */
export const ascii = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

/** Sets the byte that makes the sum of `bytes` zero. */
export function balance(bytes: Uint8Array, at: number): void {
  bytes[at] = 0;
  bytes[at] = -bytes.reduce((sum, byte) => sum + byte, 0);
}
