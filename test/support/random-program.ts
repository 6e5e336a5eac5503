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

/** Map (2: 0F38, 3: 0F3A), opcode, and the mandatory prefix as VEX.pp says it. */
type VexForm = readonly [map: number, opcode: number, pp: number];
const VEX_FORMS: readonly VexForm[] = [
  [2, 0xf2, 0], // ANDN
  [2, 0xf5, 0], // BZHI
  [2, 0xf5, 2], // PEXT
  [2, 0xf5, 3], // PDEP
  [2, 0xf6, 3], // MULX
  [2, 0xf7, 0], // BEXTR
  [2, 0xf7, 1], // SHLX
  [2, 0xf7, 2], // SARX
  [2, 0xf7, 3], // SHRX
  [3, 0xf0, 3], // RORX
];

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
    if (regs.length === 0 || dice.below(3) === 0)
      operand.push(0x40 | ((reg & 7) << 3) | RDI, dice.below(120));
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
    dice.pick(dice.below(2) === 0 ? forms : this.#rarerForms(wide, short))();
  }

  /** What compilers write less often. `short`: a prefix 66 is there already. */
  #rarerForms(wide: boolean, short: boolean): readonly (() => void)[] {
    const { dice, bytes, size } = this;
    const regs = REGISTERS[size];
    const byteRegs = BYTE_REGISTERS[size];
    const byte = () => dice.below(256);
    const reg = () => dice.pick(regs);
    const bitwise = [0xa3, 0xab, 0xb3, 0xbb];
    const forms = [
      () => this.modrm([0x0f, dice.pick([0xa5, 0xad])], reg(), regs, wide),
      () => this.modrm([0x0f, 0xb1], reg(), regs, wide),
      () => this.modrm([0x0f, 0xb0], dice.pick(byteRegs), byteRegs, false),
      () => this.modrm([0x0f, 0xc1], reg(), regs, wide),
      () => this.modrm([0x0f, 0xc0], dice.pick(byteRegs), byteRegs, false),
      () => this.modrm([0x0f, dice.pick(bitwise)], reg(), regs, wide),
      () => this.bitString(dice.pick(bitwise), wide),
      () => this.modrm([0xd1], dice.pick([2, 3]), regs, wide),
      () => this.modrm([0xc1], dice.pick([2, 3]), regs, wide, [byte()]),
      () => this.modrm([0xf6], dice.pick([4, 5]), byteRegs, false),
      () => this.modrm([0xf6], dice.pick([2, 3]), byteRegs, false),
      () => this.modrm([0xc0], dice.pick([0, 1]), byteRegs, false, [byte()]),
      () => this.modrm([0xd2], dice.pick([0, 1]), byteRegs, false),
      () => this.modrm([0xff], dice.pick([0, 1]), regs, wide),
      () => bytes.push(dice.pick([0x9f, 0x98, 0x99, 0xf5])),
      () => this.compareExchangePair(wide),
    ];
    // A 66 in front would be another instruction.
    if (!short) {
      forms.push(
        () => this.prefixed(0xf3, [0x0f, dice.pick([0xb8, 0xbc, 0xbd])], reg(), regs, wide),
        () => this.prefixed(dice.pick([0x66, 0xf3]), [0x0f, 0x38, 0xf6], reg(), regs, wide),
        () => this.modrm([0x0f, 0x38, dice.pick([0xf0, 0xf1])], reg(), [], wide),
        () => this.modrm([0x0f, 0xc3], reg(), [], wide),
        () => this.byteSwap(reg(), wide),
        () => this.vex(dice.pick(VEX_FORMS), reg(), reg(), wide),
        () => this.vex(dice.pick(VEX_FORMS), reg(), reg(), wide),
        () => this.vexLowestBit(wide),
        () => bytes.push(0x0f, 0xae, dice.pick([0xe8, 0xf0, 0xf8])),
      );
    }
    return forms;
  }

  /** A mandatory prefix comes before REX. */
  prefixed(
    prefix: number,
    opcode: readonly number[],
    reg: number,
    regs: readonly number[],
    wide: boolean,
    more: readonly number[] = [],
  ): void {
    this.bytes.push(prefix);
    this.modrm(opcode, reg, regs, wide, more);
  }

  /** CMPXCHG8B, or CMPXCHG16B whose operand must be aligned. */
  compareExchangePair(wide: boolean): void {
    if (wide) this.bytes.push(0x48);
    this.bytes.push(0x0f, 0xc7, 0x4f, this.dice.below(7) * 16);
  }

  byteSwap(register: number, wide: boolean): void {
    const rex = (wide ? 8 : 0) | (register > 7 ? 1 : 0);
    if (rex) this.bytes.push(0x40 | rex);
    this.bytes.push(0x0f, 0xc8 | (register & 7));
  }

  /** BT BTS BTR BTC [rDI + 64], ESI with ESI made a byte with its sign, so that it stays in the data. */
  bitString(opcode: number, wide: boolean): void {
    this.bytes.push(0x90, 0x0f, 0xbe, 0xf2);
    if (wide) this.bytes.push(0x48, 0x0f, 0xbe, 0xf2, 0x48);
    this.bytes.push(0x0f, opcode, 0x77, 0x40);
  }

  /** `map`, opcode and pp of an instruction with a VEX prefix; 0F3A takes an immediate. */
  vex([map, opcode, pp]: VexForm, reg: number, vvvv: number, wide: boolean): void {
    const { dice, bytes, size } = this;
    const isMemory = dice.below(3) === 0;
    const rm = isMemory ? RDI : dice.pick(REGISTERS[size]);
    const inverted = (reg > 7 ? 0 : 0x80) | 0x40 | (rm > 7 ? 0 : 0x20);
    const third = map === 3 ? 0 : vvvv;
    bytes.push(0xc4, inverted | map, (wide ? 0x80 : 0) | ((~third & 15) << 3) | pp, opcode);
    if (isMemory) bytes.push(0x40 | ((reg & 7) << 3) | rm, dice.below(120));
    else bytes.push(0xc0 | ((reg & 7) << 3) | (rm & 7));
    if (map === 3) bytes.push(dice.below(256));
  }

  /** BLSR BLSMSK BLSI: an extension in ModRM.reg. */
  vexLowestBit(wide: boolean): void {
    this.vex([2, 0xf3, 0], 1 + this.dice.below(3), this.dice.pick(REGISTERS[this.size]), wide);
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
