/** Random straight code with a few branches, in a loop that counts down: what compiled code must do as handlers do. */

/** A deterministic generator, so that a failure names the seed that repeats it. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer below `n`. */
  below(n: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#state / 4294967296) * n);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

const ARITHMETIC = [0x00, 0x08, 0x10, 0x18, 0x20, 0x28, 0x30, 0x38];
const RDI = 7;
/** RSP, RBP (the counter of 32-bit code), RDI (the data) and R15 (the counter of 64-bit code) are left alone. */
const REGISTERS = { 32: [0, 1, 2, 3, 6], 64: [0, 1, 2, 3, 6, 8, 9, 10, 11, 12, 13, 14] };
const BYTE_REGISTERS = { 32: [0, 1, 2, 3, 4, 5, 6, 7], 64: [0, 1, 2, 3, 6, 8, 9, 10, 11, 12] };
const LEGACY = [0, 1, 2, 3, 6];

class Writer {
  readonly bytes: number[] = [];
  readonly dice: Dice;
  readonly size: 32 | 64;

  constructor(dice: Dice, size: 32 | 64) {
    this.dice = dice;
    this.size = size;
  }

  /** An instruction with ModRM: a register, or memory at [rDI + disp8]. */
  modrm(
    opcode: readonly number[],
    reg: number,
    regs: readonly number[],
    wide: boolean,
    more: readonly number[] = [],
  ): void {
    const { dice, bytes } = this;
    let rex = (wide ? 8 : 0) | (reg > 7 ? 4 : 0);
    const operand: number[] = [];
    if (dice.below(3) === 0) operand.push(0x40 | ((reg & 7) << 3) | RDI, dice.below(120));
    else {
      const rm = dice.pick(regs);
      if (rm > 7) rex |= 1;
      operand.push(0xc0 | ((reg & 7) << 3) | (rm & 7));
    }
    if (this.size === 64 && (rex || regs === BYTE_REGISTERS[64])) bytes.push(0x40 | rex);
    bytes.push(...opcode, ...operand, ...more);
  }

  instruction(): void {
    const { dice, bytes, size } = this;
    const regs = REGISTERS[size];
    const byteRegs = BYTE_REGISTERS[size];
    const kind = dice.below(24);
    if (kind === 22) {
      bytes.push(0x50 + dice.pick(LEGACY), 0x58 + dice.pick(LEGACY));
      return;
    }
    if (kind === 23) {
      bytes.push(0x70 + dice.below(16), 2, 0x89, 0xc0 | (dice.pick(LEGACY) << 3) | dice.pick(LEGACY));
      return;
    }
    const wide = size === 64 && dice.below(2) === 1;
    const short = !wide && dice.below(8) === 0;
    if (short) bytes.push(0x66);
    const byte = () => dice.below(256);
    const reg = () => dice.pick(regs);
    const z = () => Array.from({ length: short ? 2 : 4 }, byte);
    const forms: readonly (() => void)[] = [
      () => this.modrm([dice.pick(ARITHMETIC) + 1], reg(), regs, wide),
      () => this.modrm([dice.pick(ARITHMETIC) + 3], reg(), regs, wide),
      () => this.modrm([dice.pick(ARITHMETIC) + dice.pick([0, 2])], dice.pick(byteRegs), byteRegs, false),
      () => this.modrm([0x83], dice.below(8), regs, wide, [byte()]),
      () => this.modrm([0x81], dice.below(8), regs, wide, z()),
      () => this.modrm([0x80], dice.below(8), byteRegs, false, [byte()]),
      () => this.modrm([0xc1], dice.pick([0, 1, 2, 3, 4, 5, 7]), regs, wide, [byte()]),
      () => this.modrm([0xd3], dice.pick([0, 1, 2, 3, 4, 5, 7]), regs, wide),
      () => this.modrm([0xc0], dice.pick([0, 1, 4, 5, 7]), byteRegs, false, [byte()]),
      () => this.modrm([0xd2], dice.pick([0, 1, 4, 5, 7]), byteRegs, false),
      () => this.modrm([dice.pick([0x89, 0x8b])], reg(), regs, wide),
      () => this.modrm([dice.pick([0x88, 0x8a])], dice.pick(byteRegs), byteRegs, false),
      () => this.modrm([0x0f, dice.pick([0xb6, 0xbe])], reg(), byteRegs, wide),
      () => this.modrm([0x0f, dice.pick([0xb7, 0xbf])], reg(), regs, wide),
      () => this.modrm([0x0f, 0x40 + dice.below(16)], reg(), regs, wide),
      () => this.modrm([0x0f, 0x90 + dice.below(16)], 0, byteRegs, false),
      () => this.modrm([0x0f, 0xaf], reg(), regs, wide),
      () => this.modrm([0xf7], dice.pick([2, 3, 4, 5]), regs, wide),
      () => this.modrm([0xff], dice.pick([0, 1]), regs, wide),
      () => this.modrm([0x0f, 0xba], dice.pick([4, 5, 6, 7]), regs, wide, [byte()]),
      () => bytes.push(dice.pick([0xf8, 0xf9, 0xf5, 0xfc, 0x98, 0x99])),
      () => this.modrm([0x0f, dice.pick([0xbc, 0xbd])], reg(), regs, wide),
      () => this.modrm([dice.pick([0x85, 0x87])], reg(), regs, wide),
      () => this.modrm([0x0f, dice.pick([0xa4, 0xac])], reg(), regs, wide, [byte()]),
      () => this.modrm([0x6b], reg(), regs, wide, [byte()]),
    ];
    dice.pick(forms)();
  }

  /** EDX:EAX / (ECX | 1) with EDX = 0; PUSHF and a POP of it. */
  division(): void {
    this.bytes.push(0x31, 0xd2, 0x83, 0xc9, 0x01, 0xf7, 0xf1);
  }

  flagsToRegister(): void {
    this.bytes.push(0x9c, 0x58 + this.dice.pick(LEGACY));
  }

  branchBack(to: number): void {
    const distance = to - (this.bytes.length + 6);
    this.bytes.push(
      0x0f,
      0x85,
      distance & 255,
      (distance >> 8) & 255,
      (distance >> 16) & 255,
      (distance >> 24) & 255,
    );
  }
}

/** A program that ends with HLT after R15 (EBP) rounds. */
export function randomProgram(dice: Dice, size: 32 | 64): Uint8Array {
  const writer = new Writer(dice, size);
  const starts: number[] = [];
  for (let n = 3 + dice.below(30); n > 0; n--) {
    starts.push(writer.bytes.length);
    writer.instruction();
    if (dice.below(20) === 0) writer.division();
    if (dice.below(12) === 0) writer.flagsToRegister();
  }
  if (dice.below(3) === 0) {
    // DEC BYTE [rDI + 127] bounds a loop within the loop.
    writer.bytes.push(0xfe, 0x4f, 0x7f);
    writer.branchBack(dice.pick(starts));
  }
  writer.bytes.push(...(size === 64 ? [0x49, 0xff, 0xcf] : [0x4d]));
  writer.branchBack(0);
  writer.bytes.push(0xf4);
  return Uint8Array.from(writer.bytes);
}
