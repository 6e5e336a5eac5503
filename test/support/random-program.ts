import { CR4_OSFXSR, CR4_OSXMMEXCPT, CR4_OSXSAVE } from '../../src/isa/control.ts';
import type { Machine } from '../../src/machine/machine.ts';
import { STATE_CR4, STATE_XCR0 } from '../../src/state/layout.ts';

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

/** Mandatory prefix, map (1: 0F, 2: 0F38, 3: 0F3A), opcode, whether an immediate follows. */
type VectorForm = readonly [prefix: number, map: number, opcode: number, immediate: boolean];
const INTEGER_OPCODES = [
  0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x74, 0x75, 0x76, 0xd1, 0xd2, 0xd3,
  0xd4, 0xd5, 0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xe0, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe8, 0xe9, 0xea, 0xeb,
  0xec, 0xed, 0xee, 0xef, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe,
]; // biome-ignore format: a table.
const MOVES = [0x10, 0x11, 0x28, 0x29];
const INTEGER_MOVES = [0x6f, 0x7f];
const LOGIC = [0x14, 0x15, 0x54, 0x55, 0x56, 0x57];
const FLOAT = [0x51, 0x58, 0x59, 0x5c, 0x5d, 0x5e, 0x5f];
const VECTOR_FORMS: readonly VectorForm[] = [
  ...INTEGER_OPCODES.map((opcode) => [0x66, 1, opcode, false] as const),
  ...[
    0x00, 0x1c, 0x1d, 0x1e, 0x20, 0x21, 0x23, 0x24, 0x25, 0x28, 0x29, 0x2b, 0x30, 0x31, 0x33, 0x34, 0x35,
  ].map((opcode) => [0x66, 2, opcode, false] as const),
  ...[0x37, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x40].map(
    (opcode) => [0x66, 2, opcode, false] as const,
  ),
  ...[0, 0x66].flatMap((prefix) => [...MOVES, ...LOGIC].map((opcode) => [prefix, 1, opcode, false] as const)),
  ...[0xf2, 0xf3].flatMap((prefix) => [0x10, 0x11].map((opcode) => [prefix, 1, opcode, false] as const)),
  ...[0x66, 0xf3].flatMap((prefix) => INTEGER_MOVES.map((opcode) => [prefix, 1, opcode, false] as const)),
  ...[0x66, 0xf2, 0xf3].map((prefix) => [prefix, 1, 0x70, true] as const),
  ...[0, 0x66].map((prefix) => [prefix, 1, 0xc6, true] as const),
  ...[0xf3, 0x66].map((prefix) => [prefix, 1, prefix === 0xf3 ? 0x7e : 0xd6, false] as const),
  ...[0, 0x66].flatMap((prefix) => [0x12, 0x16].map((opcode) => [prefix, 1, opcode, false] as const)),
  [0x66, 3, 0x0f, true],
  ...[0, 0x66, 0xf2, 0xf3].flatMap((prefix) => FLOAT.map((opcode) => [prefix, 1, opcode, false] as const)),
  ...[0, 0x66, 0xf2, 0xf3].map((prefix) => [prefix, 1, 0xc2, true] as const),
  ...[0, 0x66].flatMap((prefix) => [0x2e, 0x2f].map((opcode) => [prefix, 1, opcode, false] as const)),
  ...[0, 0xf2, 0xf3].flatMap((prefix) =>
    [0x5a, 0x5b].map(
      (opcode) => [prefix, 1, opcode === 0x5b && prefix === 0xf2 ? 0x5a : opcode, false] as const,
    ),
  ),
];
/** Opcodes of which the random program takes the VEX-encoded form too, and those that have no operand in VEX.vvvv. */
const VEX_TWINS = new Set([
  ...INTEGER_OPCODES,
  ...LOGIC,
  ...INTEGER_MOVES,
  ...FLOAT,
  0x28,
  0x29,
  0x2e,
  0x2f,
  0x70,
]);
const TWO_OPERANDS = new Set([...INTEGER_MOVES, 0x28, 0x29, 0x2e, 0x2f, 0x70]);

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
    if (!short && dice.below(4) === 0) this.vector();
    else if (dice.below(12) === 0) this.string();
    else dice.pick(dice.below(2) === 0 ? forms : this.#rarerForms(wide, short))();
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
      () =>
        bytes.push(
          ...(wide ? [0x48] : []),
          0x0f,
          dice.pick(bitwise),
          0xc0 | (dice.pick(LEGACY) << 3) | dice.pick(LEGACY),
        ),
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

  /** An instruction on vector registers 0 to 7, legacy or VEX-encoded, now and then one between them and general registers. */
  vector(): void {
    const { dice, bytes, size } = this;
    const xmm = () => dice.below(8);
    const kind = dice.below(9);
    if (kind === 8) {
      // Between floating point and general registers.
      const wide = size === 64 && dice.below(2) === 1;
      this.prefixed(
        dice.pick([0xf2, 0xf3]),
        [0x0f, dice.pick([0x2a, 0x2c, 0x2d])],
        dice.pick(LEGACY),
        LEGACY,
        wide,
      );
      return;
    }
    if (kind === 0) {
      const wide = size === 64 && dice.below(2) === 1;
      this.prefixed(0x66, [0x0f, dice.pick([0x6e, 0x7e])], xmm(), REGISTERS[size], wide);
      return;
    }
    if (kind === 1) {
      const group = dice.pick([0x71, 0x72, 0x73]);
      const extension = dice.pick(group === 0x73 ? [2, 3, 6, 7] : [2, 4, 6]);
      bytes.push(0x66, 0x0f, group, 0xc0 | (extension << 3) | xmm(), dice.below(40));
      return;
    }
    if (kind === 2) {
      bytes.push(0x66, 0x0f, 0xd7, 0xc0 | (dice.pick(LEGACY) << 3) | xmm());
      return;
    }
    const [prefix, map, opcode, more] = dice.pick(VECTOR_FORMS);
    // Memory is at a multiple of 32, which suits all that must be aligned.
    const isHalf = opcode === 0x12 || opcode === 0x16;
    const isMemory = dice.below(3) === 0 || isHalf;
    const displacement = dice.below(4) * 32;
    const operand = isMemory ? [0x40 | (xmm() << 3) | RDI, displacement] : [0xc0 | (xmm() << 3) | xmm()];
    if (size === 64 && dice.below(3) === 0 && map === 1 && VEX_TWINS.has(opcode)) {
      const pp = prefix === 0 ? 0 : prefix === 0x66 ? 1 : prefix === 0xf3 ? 2 : 3;
      const isTwo = TWO_OPERANDS.has(opcode) || (opcode === 0x51 && prefix !== 0xf2 && prefix !== 0xf3);
      const vvvv = isTwo ? 15 : ~xmm() & 15;
      bytes.push(0xc5, 0x80 | (vvvv << 3) | (dice.below(2) << 2) | pp, opcode, ...operand);
    } else {
      if (prefix !== 0) bytes.push(prefix);
      bytes.push(0x0f, ...(map === 2 ? [0x38] : map === 3 ? [0x3a] : []), opcode, ...operand);
    }
    if (more) bytes.push(dice.below(256));
  }

  /** MOVS STOS LODS SCAS CMPS, once or up to 15 times, between the two halves of the data; RDI and RSI come back. */
  string(): void {
    const { dice, bytes, size } = this;
    const wide = size === 64;
    const rex = wide ? [0x48] : [];
    const save = wide ? [0x49, 0x89, 0xfe] : [0x57];
    const restore = wide ? [0x4c, 0x89, 0xf7] : [0x5f];
    // RSI = RDI + some; RCX = a few.
    bytes.push(...save, ...rex, 0x8d, 0x77, dice.below(40), 0xb9, dice.below(12), 0, 0, 0);
    if (dice.below(8) === 0) bytes.push(...rex, 0x8d, 0x7f, 100, ...rex, 0x8d, 0x76, 64, 0xfd);
    const repeat = dice.pick([[], [0xf3], [0xf2]]);
    const opcode = dice.pick([0xa4, 0xa5, 0xaa, 0xab, 0xac, 0xad, 0xa6, 0xa7, 0xae, 0xaf]);
    bytes.push(...repeat, ...(wide && dice.below(2) === 0 ? [0x48] : []), opcode, 0xfc, ...restore);
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

/** Makes the vector instructions legal, and fills the registers: with numbers of few bits now and then. */
export function prepareVectors(machine: Machine, dice: Dice): void {
  const { core } = machine;
  core.words[STATE_CR4 >> 2]! |= CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_OSXSAVE;
  core.words[STATE_XCR0 >> 2] = 7;
  core.controlChanged();
  const { u8 } = core.vectors;
  for (let n = 0; n < 16 * 32; n++)
    u8[n] = dice.below(3) === 0 ? dice.pick([0, 1, 255, 128]) : dice.below(256);
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
