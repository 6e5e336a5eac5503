import {
  RFLAGS_AF,
  RFLAGS_CF,
  RFLAGS_FIXED,
  RFLAGS_OF,
  RFLAGS_PF,
  RFLAGS_SF,
  RFLAGS_STATUS,
  RFLAGS_ZF,
} from '../isa/rflags.ts';
import { STATE_FLAG_CARRY, STATE_FLAG_RESULT, STATE_RFLAGS } from './layout.ts';

/**
 * Lazy status flags. An instruction leaves three words behind, and no flag is computed until it is read:
 *
 * - `result` (64 bits): the result, sign-extended. ZF is "it is zero", SF its sign, PF the parity of its low byte.
 * - `carry`: the carry (or borrow) out of every bit of the operation, shifted so that the operand's top bit is bit 31.
 *   Bit 31 is therefore CF, bits 31 and 30 differ when OF is set, and bit 3 is AF (kept from the unshifted vector).
 *   Its other bits correct the rest when flags are loaded from memory or made by hand: bit 0 inverts SF, and bits 15:8
 *   are exclusive-ored into the byte whose parity is PF.
 */
const RESULT_LO = STATE_FLAG_RESULT >> 2;
const RESULT_HI = RESULT_LO + 1;
const CARRY = STATE_FLAG_CARRY >> 2;
const SYSTEM = STATE_RFLAGS >> 2;

/** Bits of a carry vector that mean something: CF, CF^OF and AF. */
const VECTOR_MASK = 0xc0000008 | 0;
const CARRY_AF = 1 << 3;

/** 1 where the number of set bits of a byte is even, which is what PF says. */
const EVEN_PARITY = Uint8Array.from({ length: 256 }, (_, byte) => {
  let ones = 0;
  for (let bits = byte; bits !== 0; bits >>= 1) ones += bits & 1;
  return (ones & 1) ^ 1;
});

export class Flags {
  readonly #words: Int32Array;

  constructor(words: Int32Array) {
    this.#words = words;
  }

  // Reading single flags: 0 or 1.

  cf(): number {
    return this.#words[CARRY]! >>> 31;
  }

  of(): number {
    const carry = this.#words[CARRY]!;
    return (carry ^ (carry << 1)) >>> 31;
  }

  af(): number {
    return (this.#words[CARRY]! >> 3) & 1;
  }

  zf(): number {
    return (this.#words[RESULT_LO]! | this.#words[RESULT_HI]!) === 0 ? 1 : 0;
  }

  sf(): number {
    return (this.#words[RESULT_HI]! >>> 31) ^ (this.#words[CARRY]! & 1);
  }

  pf(): number {
    return EVEN_PARITY[(this.#words[RESULT_LO]! ^ (this.#words[CARRY]! >> 8)) & 0xff]!;
  }

  // Additions: operands and result in any form, only the low bits of the size count. A carry-in is in `result` already.

  add8(dest: number, src: number, result: number): void {
    const vector = (dest & src) | ((dest | src) & ~result);
    this.#set((result << 24) >> 24, (vector << 24) | (vector & CARRY_AF));
  }

  add16(dest: number, src: number, result: number): void {
    const vector = (dest & src) | ((dest | src) & ~result);
    this.#set((result << 16) >> 16, (vector << 16) | (vector & CARRY_AF));
  }

  add32(dest: number, src: number, result: number): void {
    this.#set(result | 0, (dest & src) | ((dest | src) & ~result));
  }

  add64(
    destLo: number,
    destHi: number,
    srcLo: number,
    srcHi: number,
    resultLo: number,
    resultHi: number,
  ): void {
    const low = (destLo & srcLo) | ((destLo | srcLo) & ~resultLo);
    const high = (destHi & srcHi) | ((destHi | srcHi) & ~resultHi);
    this.#set64(resultLo, resultHi, (high & ~CARRY_AF) | (low & CARRY_AF));
  }

  // Subtractions and comparisons.

  sub8(dest: number, src: number, result: number): void {
    const vector = (~dest & src) | ((~dest | src) & result);
    this.#set((result << 24) >> 24, (vector << 24) | (vector & CARRY_AF));
  }

  sub16(dest: number, src: number, result: number): void {
    const vector = (~dest & src) | ((~dest | src) & result);
    this.#set((result << 16) >> 16, (vector << 16) | (vector & CARRY_AF));
  }

  sub32(dest: number, src: number, result: number): void {
    this.#set(result | 0, (~dest & src) | ((~dest | src) & result));
  }

  sub64(
    destLo: number,
    destHi: number,
    srcLo: number,
    srcHi: number,
    resultLo: number,
    resultHi: number,
  ): void {
    const low = (~destLo & srcLo) | ((~destLo | srcLo) & resultLo);
    const high = (~destHi & srcHi) | ((~destHi | srcHi) & resultHi);
    this.#set64(resultLo, resultHi, (high & ~CARRY_AF) | (low & CARRY_AF));
  }

  // AND OR XOR TEST: CF, OF and (by choice, it is undefined) AF are cleared.

  logic8(result: number): void {
    this.#set((result << 24) >> 24, 0);
  }

  logic16(result: number): void {
    this.#set((result << 16) >> 16, 0);
  }

  logic32(result: number): void {
    this.#set(result | 0, 0);
  }

  logic64(resultLo: number, resultHi: number): void {
    this.#set64(resultLo, resultHi, 0);
  }

  /** ZF SF PF from a result of `bits` bits, CF OF AF as given (0 or 1 each): shifts, rotates, multiplications. */
  setResult(bits: 8 | 16 | 32, result: number, cf: number, of: number, af: number): void {
    const spare = 32 - bits;
    this.#set((result << spare) >> spare, packCarry(cf, of, af));
  }

  setResult64(resultLo: number, resultHi: number, cf: number, of: number, af: number): void {
    this.#set64(resultLo, resultHi, packCarry(cf, of, af));
  }

  /** Puts CF back after INC or DEC has set the other five; OF stays what they made it. */
  restoreCf(cf: number): void {
    const carry = this.#words[CARRY]!;
    if (carry >>> 31 !== cf) this.#words[CARRY] = carry ^ (0xc0000000 | 0);
  }

  /** Changes CF alone. */
  setCf(cf: number): void {
    this.restoreCf(cf);
  }

  /** Changes CF and OF alone (rotates). */
  setCfOf(cf: number, of: number): void {
    this.#words[CARRY] = (this.#words[CARRY]! & 0x3fffffff) | (cf << 31) | ((cf ^ of) << 30);
  }

  /** Changes ZF alone (CMPXCHG8B, LAR, LSL, VERR, VERW, LZCNT and their kin). */
  setZf(zf: number): void {
    this.setStatus((this.status() & ~RFLAGS_ZF) | (zf ? RFLAGS_ZF : 0));
  }

  /** The six status flags at their places in RFLAGS. */
  status(): number {
    return (
      (this.cf() ? RFLAGS_CF : 0) |
      (this.pf() ? RFLAGS_PF : 0) |
      (this.af() ? RFLAGS_AF : 0) |
      (this.zf() ? RFLAGS_ZF : 0) |
      (this.sf() ? RFLAGS_SF : 0) |
      (this.of() ? RFLAGS_OF : 0)
    );
  }

  /** Sets the six status flags from their places in RFLAGS. */
  setStatus(rflags: number): void {
    const zf = rflags & RFLAGS_ZF ? 1 : 0;
    const cf = rflags & RFLAGS_CF ? 1 : 0;
    const of = rflags & RFLAGS_OF ? 1 : 0;
    const af = rflags & RFLAGS_AF ? 1 : 0;
    // The result 0 or 1 gives ZF. Its sign is 0, so SF is corrected where it is set; the parity byte is then made
    // from scratch: 0 is even, 1 is odd.
    const result = zf ? 0 : 1;
    const evenNow = zf;
    const parity = (rflags & RFLAGS_PF ? 1 : 0) === evenNow ? 0 : 1 << 8;
    const sign = rflags & RFLAGS_SF ? 1 : 0;
    this.#words[RESULT_LO] = result;
    this.#words[RESULT_HI] = 0;
    this.#words[CARRY] = packCarry(cf, of, af) | parity | sign;
  }

  /** The same flags, in a form that does not tell what made them. */
  settle(): void {
    this.setStatus(this.status());
  }

  /** Low word of RFLAGS; the high word is always 0. */
  read(): number {
    return this.#words[SYSTEM]! | this.status() | RFLAGS_FIXED;
  }

  /** Loads the whole of RFLAGS without any permission check; reserved bits are dropped. */
  write(rflags: number): void {
    this.setStatus(rflags);
    this.#words[SYSTEM] = rflags & SYSTEM_MASK;
  }

  /** The flags that are not status flags. */
  system(): number {
    return this.#words[SYSTEM]!;
  }

  setSystem(rflags: number): void {
    this.#words[SYSTEM] = rflags & SYSTEM_MASK;
  }

  #set(result: number, carry: number): void {
    this.#words[RESULT_LO] = result;
    this.#words[RESULT_HI] = result >> 31;
    this.#words[CARRY] = carry & VECTOR_MASK;
  }

  #set64(resultLo: number, resultHi: number, carry: number): void {
    this.#words[RESULT_LO] = resultLo;
    this.#words[RESULT_HI] = resultHi;
    this.#words[CARRY] = carry & VECTOR_MASK;
  }
}

const SYSTEM_MASK = 0x003fffff & ~RFLAGS_STATUS & ~((1 << 1) | (1 << 3) | (1 << 5) | (1 << 15));

function packCarry(cf: number, of: number, af: number): number {
  return (cf << 31) | ((cf ^ of) << 30) | (af << 3);
}
