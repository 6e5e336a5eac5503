/** Decodes the part of AML that static tables use (ACPI 6.5, "AML Grammar Definition"), apart from the assembler. */

export type AmlValue = number | string | Uint8Array | readonly AmlValue[];

/** Named objects by their full path. */
export function decodeAml(bytes: Uint8Array): Map<string, AmlValue> {
  const objects = new Map<string, AmlValue>();
  const reader = new Reader(bytes);
  reader.terms(bytes.length, '\\', objects);
  return objects;
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  terms(end: number, path: string, objects: Map<string, AmlValue>): void {
    while (this.#at < end) {
      const op = this.#byte();
      if (op === 0x08) objects.set(this.#path(path), this.#value());
      else if (op === 0x10) this.#nested(path, objects);
      else if (op === 0x5b && this.#byte() === 0x82) this.#nested(path, objects);
      else throw new Error(`opcode 0x${op.toString(16)} at ${this.#at - 1}`);
    }
    if (this.#at !== end) throw new Error(`an object runs past its package at ${end}`);
  }

  #nested(path: string, objects: Map<string, AmlValue>): void {
    const end = this.#packageEnd();
    const inner = this.#path(path);
    this.terms(end, inner, objects);
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new Error('the table ends in an object');
    return byte;
  }

  #little(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value += this.#byte() * 2 ** (8 * i);
    return value;
  }

  #packageEnd(): number {
    const start = this.#at;
    const lead = this.#byte();
    const more = lead >> 6;
    if (more === 0) return start + (lead & 63);
    return start + (lead & 15) + this.#little(more) * 16;
  }

  #path(parent: string): string {
    let base = parent === '\\' ? parent : `${parent}.`;
    if (this.#bytes[this.#at] === 0x5c) {
      this.#at++;
      base = '\\';
    }
    const segment = String.fromCharCode(this.#byte(), this.#byte(), this.#byte(), this.#byte());
    if (!/^[A-Z_][A-Z0-9_]{3}$/.test(segment)) throw new Error(`name ${JSON.stringify(segment)}`);
    return base + segment;
  }

  #value(): AmlValue {
    const op = this.#byte();
    if (op <= 1) return op;
    if (op === 0x0a) return this.#little(1);
    if (op === 0x0b) return this.#little(2);
    if (op === 0x0c) return this.#little(4);
    if (op === 0x0d) {
      let text = '';
      for (let byte = this.#byte(); byte !== 0; byte = this.#byte()) text += String.fromCharCode(byte);
      return text;
    }
    if (op === 0x11) {
      const end = this.#packageEnd();
      const size = this.#value();
      const data = this.#bytes.subarray(this.#at, end);
      if (data.length !== size) throw new Error(`a buffer of ${data.length} bytes says ${String(size)}`);
      this.#at = end;
      return data;
    }
    if (op === 0x12) {
      const end = this.#packageEnd();
      const elements = Array.from({ length: this.#byte() }, () => this.#value());
      if (this.#at !== end) throw new Error('a package that is longer or shorter than its elements');
      return elements;
    }
    throw new Error(`value opcode 0x${op.toString(16)} at ${this.#at - 1}`);
  }
}
