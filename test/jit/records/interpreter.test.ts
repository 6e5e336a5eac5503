import { describe, expect, test } from 'vitest';
import { Block } from '../../../src/cpu/blocks.ts';
import { CodeStore } from '../../../src/cpu/code-store.ts';
import { decode } from '../../../src/cpu/decode/decode.ts';
import { OP_NAMES } from '../../../src/cpu/decode/ops.ts';
import { HANDLERS } from '../../../src/cpu/handlers.ts';
import { CR0_TS, CR4_OSFXSR } from '../../../src/isa/control.ts';
import type { Instruction } from '../../../src/isa/instruction.ts';
import { RAX, RBP, RCX, RDX, RSI, RSP } from '../../../src/isa/registers.ts';
import { RFLAGS_STATUS } from '../../../src/isa/rflags.ts';
import { ACTIONS } from '../../../src/jit/records/actions.ts';
import { describeShape } from '../../../src/jit/records/describe-shape.ts';
import { RecordInterpreter } from '../../../src/jit/records/interpreter.ts';
import { ACTION_SHIFT, SHAPE_BYTES } from '../../../src/jit/records/shapes.ts';
import {
  RECORDS_BYTES,
  RECORDS_OFFSET,
  STATE_BYTES,
  STATE_CPL,
  STATE_CR0,
  STATE_CR4,
  STATE_YMM,
  VECTOR_SLOT_BYTES,
} from '../../../src/state/layout.ts';
import { Dice } from '../../support/random-program.ts';
import { CODE, type StartMode, SystemHarness } from '../../support/system-harness.ts';

const CONTEXT = 7;
const NEVER = 0x7fffffff;
/** Where operands in memory are, and the stack. */
const DATA = 0x40000;
const DATA_BYTES = 0x8000;
const STACK = DATA + 0x4000;
/** Operands that are relative to RIP are there. */
const CODE_BYTES = 0x4100;
/** Parts of the state that the handlers leave as the interpreter does: registers, flags, control; and YMM registers. */
const COMPARED = [
  [0, 0x400],
  [STATE_YMM, STATE_YMM + 16 * VECTOR_SLOT_BYTES],
] as const;

/** A core in 64-bit mode, and the interpreter of records on its memory. */
class Runner extends SystemHarness {
  readonly interpreter = new RecordInterpreter(this.memory);
  readonly store = new CodeStore(
    new Int32Array(this.memory.buffer, RECORDS_OFFSET, RECORDS_BYTES >> 2),
    this.interpreter,
  );

  constructor(mode: StartMode = 'long') {
    super(mode);
    // All pages are in the TLB, for both kinds of access.
    for (let page = 0; page < 0x100000; page += 0x1000)
      this.core.store8(3, page, 0, this.core.load8(3, page, 0));
  }

  block(...codes: readonly Uint8Array[]): Block {
    const header = this.store.open();
    const codeSize = this.core.state.codeSize();
    for (const code of codes) {
      const insn = decode(code, 0, code.length, codeSize)!;
      this.store.append(insn, HANDLERS[insn.op]!);
    }
    return new Block(CODE, codeSize, this.store, header);
  }

  run(block: Block, count = block.count, more = 0, patience = NEVER): number {
    return this.interpreter.run(block.header, block.record, count, more, CONTEXT, patience);
  }

  /** Begins with what is linked at RIP. */
  runLinked(more: number): number {
    return this.interpreter.run(0, 0, 0, more, CONTEXT, NEVER);
  }

  /** Everything that an instruction can change. */
  changeable(): Buffer {
    const state = Buffer.from(this.memory.buffer, 0, STATE_BYTES);
    const data = this.space.u8.subarray(this.space.memory.ramOffset + DATA);
    return Buffer.concat([state, data.subarray(0, DATA_BYTES)]);
  }
}

/**
 * The same registers, flags and memory in each. Registers look like addresses of data; with `operands` those that are not of an
 * address look like numbers, and so does memory.
 */
function scramble(machines: readonly SystemHarness[], seed: number, operands?: Instruction): void {
  for (const machine of machines) {
    const dice = new Dice(seed);
    const { core, space } = machine;
    for (let register = 0; register < 16; register++) {
      machine.setReg(
        register,
        DATA + 0x1000 + (dice.below(2) === 0 ? dice.below(0x800) : dice.below(0x80) * 16),
        dice.below(4) === 0 ? dice.below(2) - 1 : 0,
      );
    }
    machine.setReg(RSP, STACK + dice.below(16));
    if (operands) setNumbers(machine, dice, operands);
    machine.core.vectors.u8.set(NOISE.subarray(dice.below(DATA_BYTES)).subarray(0, 16 * VECTOR_SLOT_BYTES));
    core.flags.write(dice.below(0x10000) & RFLAGS_STATUS);
    core.setRip(CODE, 0);
    // What is relative to RIP is behind the code, where a longer instruction may have been.
    space.u8.fill(0, space.memory.ramOffset + CODE, space.memory.ramOffset + CODE + CODE_BYTES);
    const data = space.u8.subarray(space.memory.ramOffset + DATA).subarray(0, DATA_BYTES);
    if (operands) data.set(NOISE.subarray(dice.below(DATA_BYTES)).subarray(0, DATA_BYTES));
    else for (let at = 0; at < DATA_BYTES; at += 61) data[at] = dice.below(256);
    // Some targets of returns and jumps that are canonical.
    for (let at = 0x1000; at < DATA_BYTES; at += 128) data.fill(0, at + 4, at + 8);
  }
}

const noise = new Dice(2);
const NOISE = Uint8Array.from({ length: DATA_BYTES * 2 }, () => noise.below(256));

/** A number of 64 bits: small, with a sign, of 32 bits, or any. */
function number(dice: Dice): [lo: number, hi: number] {
  const lo = dice.below(2 ** 32);
  switch (dice.below(4)) {
    case 0:
      return [lo & 0x7f, 0];
    case 1:
      return [lo | 0xffffff00, -1];
    case 2:
      return [lo, 0];
    default:
      return [lo, dice.below(2 ** 32)];
  }
}

/** Every register that no address is made of. */
function setNumbers(machine: SystemHarness, dice: Dice, insn: Instruction): void {
  const isAddress = [RSP, RBP];
  if (insn.isMemory) isAddress.push(insn.base, insn.index);
  for (let register = 0; register < 16; register++) {
    const [lo, hi] = number(dice);
    if (!isAddress.includes(register)) machine.setReg(register, lo, hi);
  }
  // Often a dividend is no wider than its lower half.
  const sign = dice.below(4);
  if (sign < 2 && !isAddress.includes(RDX)) machine.setReg(RDX, -sign, -sign);
}

const PREFIXES = [
  [],
  [0x66],
  [0xf3],
  [0xf3, 0x48],
  [0x66, 0xf3],
  [0xf0],
  [0x48],
  [0x45],
  [0x4d],
  [0x64],
  [0x65, 0x4a],
];
const MODRM = [0xc0, 0xc1, 0xc6, 0xc7, 0x03, 0x43, 0x83, 0x04, 0x44, 0x85, 0x05];
/** Of each action. */
const MOST_CASES = 50;

/** Code for every action, with operands of many kinds: by number of the action. */
function encodings(codeSize: 32 | 64): Map<number, Uint8Array[]> {
  const found = new Map<number, Uint8Array[]>();
  const dice = new Dice(1);
  const view = new DataView(new ArrayBuffer(SHAPE_BYTES));
  for (const prefixes of PREFIXES) {
    // Of the third map PSHUFB alone.
    for (const [map, opcodes] of [[[], 256] as const, [[0x0f], 256] as const, [[0x0f, 0x38], 1] as const]) {
      for (let opcode = 0; opcode < opcodes; opcode++) {
        for (const modrm of MODRM.flatMap((one) => Array.from({ length: 8 }, (_, reg) => one | (reg << 3)))) {
          // Displacements and immediates of a few bytes.
          const tail = [dice.below(dice.pick([32, 256])), dice.below(64), 0, 0, dice.below(128), 0, 0, 0];
          const code = Uint8Array.from([...prefixes, ...map, opcode, modrm, ...tail, 0, 0]);
          const insn = decode(code, 0, code.length, codeSize);
          if (!insn) continue;
          const action = describeShape(view, 0, insn, HANDLERS[insn.op]!) >>> ACTION_SHIFT;
          if (action === 0) continue;
          const codes = found.get(action) ?? [];
          codes.push(code.slice(0, insn.length));
          found.set(action, codes);
        }
      }
    }
  }
  for (const [action, codes] of found) {
    const step = Math.ceil(codes.length / MOST_CASES);
    found.set(
      action,
      codes.filter((_, n) => n % step === 0),
    );
  }
  return found;
}

/** With SSE. */
function enabled<T extends SystemHarness>(machine: T): T {
  machine.core.words[STATE_CR4 >> 2]! |= CR4_OSFXSR;
  machine.core.controlChanged();
  return machine;
}

const ours = enabled(new Runner());
const MODES = [
  { codeSize: 64, known: encodings(64), theirs: enabled(new SystemHarness('long')), ours },
  {
    codeSize: 32,
    known: encodings(32),
    theirs: enabled(new SystemHarness('protected')),
    ours: enabled(new Runner('protected')),
  },
] as const;

test('there is code for every action', () => {
  const without = ACTIONS.filter((_, n) => !MODES.some(({ known }) => known.has(n + 1)));
  expect(without).toEqual([]);
});

type Mode = (typeof MODES)[number];

/** Whether the interpreter executes it, and then it is what the handler does; where not, nothing has happened. */
function compare(
  { codeSize, ours, theirs }: Mode,
  code: Uint8Array,
  seed: number,
  change: (machine: SystemHarness) => void = () => {},
): boolean {
  const insn = decode(code, 0, code.length, codeSize)!;
  const name = OP_NAMES[insn.op]!;
  const what = `${name} ${Buffer.from(code).toString('hex')}`;
  scramble([theirs, ours], seed, /^(RET|JMP|CALL)/.test(name) ? undefined : insn);
  for (const machine of [theirs, ours]) change(machine);
  const before = ours.changeable();
  const ran = ours.run(ours.block(code));
  const after = ours.changeable();
  if (ran === 0) {
    expect(after.equals(before), what).toBe(true);
    return false;
  }
  expect(theirs.execute(...code), `${what} faults`).toBeUndefined();
  for (const [from, to] of COMPARED) {
    const state = Buffer.from(theirs.memory.buffer, from, to - from);
    expect(after.subarray(from, to).toString('hex'), what).toBe(state.toString('hex'));
  }
  const data = theirs.space.u8.subarray(theirs.space.memory.ramOffset + DATA).subarray(0, DATA_BYTES);
  expect(after.subarray(STATE_BYTES).equals(Buffer.from(data)), `${what}: memory`).toBe(true);
  return true;
}

describe.each(MODES)('does in $codeSize-bit code what the handlers do', (mode) => {
  const actions = ACTIONS.map((action, n) => [JSON.stringify(action), n + 1] as const);
  test.each(actions.filter(([, number]) => mode.known.has(number)))('%s', (_name, number) => {
    const codes = mode.known.get(number)!;
    const done = codes.filter((code, n) => compare(mode, code, number * 1000 + n));
    expect(done.length).toBeGreaterThan(0);
  });
});

const hexBytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

describe('leaves the flags alone after a count of 0 (modulo 32 or 64)', () => {
  test.each([
    ['SHL ECX, CL', 'd3e1'],
    ['SHL EBX, CL', 'd3e3'],
    ['SHR [RSI], CL', 'd32e'],
    ['SAR BX, CL', '66d3fb'],
    ['SHL BL, CL', 'd2e3'],
    ['SAR RBX, CL', '48d3fb'],
    ['ROL EBX, CL', 'd3c3'],
    ['ROR RBX, CL', '48d3cb'],
    ['SHL EBX, 32', 'c1e320'],
    ['ROL RBX, 64', '48c1c340'],
    ['ROR DWORD [RSI], 0', 'c10e00'],
  ])('%s', (_name, hex) => {
    for (let seed = 0; seed < 16; seed++) {
      const done = compare(MODES[0], hexBytes(hex), seed, (machine) => {
        machine.setReg(RCX, 0x1c0, seed);
        machine.setReg(RSI, DATA + 8);
      });
      expect(done).toBe(true);
    }
  });
});

/** With some bits of a word of the state set, for as long as `action` takes. */
function withWord(at: number, bits: number, action: () => void): void {
  const { core } = ours;
  const before = core.words[at >> 2]!;
  core.words[at >> 2] = before | bits;
  core.controlChanged();
  action();
  core.words[at >> 2] = before;
  core.controlChanged();
}

describe('stops', () => {
  const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

  test.each([
    ['a page that is not in the TLB', '488b0425f0ff1f00'],
    ['the end of a page', '488b0425fc0f0400'],
    ['a branch to an address that is not canonical', 'ff242500000400'],
    ['an instruction that it does not know', '0fa2'],
    ['a bit string by a 32-bit address', '670fa303'],
  ])('in front of %s', (_why, hex) => {
    scramble([ours], 1);
    const address = ours.space.memory.ramOffset + DATA;
    ours.space.u8.set([0, 0, 0, 0, 0, 0, 0, 0x12], address);
    expect(ours.run(ours.block(bytes('4889d8'), bytes(hex)))).toBe(1);
    expect(ours.rip).toBe(CODE + 3);
    expect(ours.reg(0)).toBe(ours.reg(3));
  });

  test.each<[string, string, [rdx: number, rax: number, rcx: number]]>([
    ['32 bits by 0', 'f7f1', [0, 1, 0]],
    ['64 bits by 0', '48f7f9', [0, 1, 0]],
    ['32 bits with too large a quotient', 'f7f1', [2, 0, 2]],
    ['32 bits with too large a signed quotient', 'f7f9', [0, 0x80000000, 1]],
    ['32 bits, the most negative by -1', 'f7f9', [-1, 0x80000000, -1]],
    ['a dividend of more than 64 bits', '48f7f1', [1, 0, 2]],
    ['a negative dividend of more than 64 bits', '48f7f9', [-2, 0, 2]],
  ])('in front of a division of %s', (_why, hex, operands) => {
    scramble([ours], 1);
    for (const [n, register] of [RDX, RAX, RCX].entries()) {
      ours.setReg(register, operands[n]!, operands[n]! >> 31);
    }
    expect(ours.run(ours.block(bytes('90'), bytes(hex)))).toBe(1);
  });

  test('in front of the most negative 64-bit dividend by -1', () => {
    scramble([ours], 1);
    ours.setReg(RDX, -1, -1);
    ours.setReg(RAX, 0, 0x80000000);
    ours.setReg(RCX, -1, -1);
    expect(ours.run(ours.block(bytes('90'), bytes('48f7f9')))).toBe(1);
  });

  test.each([
    ['MOVAPS xmm0, [rax]', '0f2800'],
    ['MOVDQA [rax], xmm0', '660f7f00'],
    ['PXOR xmm0, [rax]', '660fef00'],
    ['PSHUFD xmm0, [rax], 0', '660f700000'],
  ])('in front of %s that is not aligned', (_name, hex) => {
    scramble([ours], 1);
    ours.setReg(RAX, DATA + 8);
    expect(ours.run(ours.block(bytes('90'), bytes(hex)))).toBe(1);
    ours.setReg(RAX, DATA + 16);
    expect(ours.run(ours.block(bytes('90'), bytes(hex)))).toBe(2);
  });

  test.each([
    ['MOVUPS xmm0, [rax]', '0f1000'],
    ['MOVD xmm0, eax', '660f6ec0'],
    ['MOVD eax, xmm0', '660f7ec0'],
    ['PADDD xmm0, xmm1', '660ffec1'],
    ['PANDN xmm0, xmm1', '660fdfc1'],
    ['PSLLD xmm0, 1', '660f72f001'],
    ['PSHUFD xmm0, xmm0, 0', '660f70c000'],
    ['PMOVMSKB eax, xmm0', '660fd7c0'],
  ])('in front of %s after a switch of tasks', (_name, hex) => {
    withWord(STATE_CR0, CR0_TS, () => expect(ours.run(ours.block(bytes('90'), bytes(hex)))).toBe(1));
    ours.setReg(RAX, DATA);
    expect(ours.run(ours.block(bytes('90'), bytes(hex)))).toBe(2);
  });

  test('in front of CLI without privilege', () => {
    withWord(STATE_CPL, 3, () => expect(ours.run(ours.block(bytes('90'), bytes('fa')))).toBe(1));
  });

  test.each([
    ['a segment that may have a base', '648b03'],
    ['a segment that cannot be written', '2e8903'],
    ['a 16-bit address', '678b07'],
  ])('in 32-bit code in front of %s', (_why, hex) => {
    const narrow = MODES[1].ours;
    scramble([narrow], 1);
    expect(narrow.run(narrow.block(bytes('89d8'), bytes(hex)))).toBe(1);
    expect(narrow.rip).toBe(CODE + 2);
  });

  test('behind the count', () => {
    scramble([ours], 2);
    expect(ours.run(ours.block(bytes('90'), bytes('90'), bytes('90')), 2, 100)).toBe(2);
    expect(ours.rip).toBe(CODE + 2);
  });
});

describe('goes from block to block', () => {
  const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

  /** INC EAX; JMP to itself. */
  function loop(): Block {
    const block = ours.block(bytes('ffc0'), bytes('ebfc'));
    block.enterAt(CODE, 0, CONTEXT);
    ours.interpreter.link(block);
    scramble([ours], 3);
    ours.setReg(0, 0);
    return block;
  }

  test('as long as there is room for a whole one', () => {
    const block = loop();
    expect(ours.run(block, 2, 7)).toBe(8);
    expect([ours.reg(0), ours.rip, block.entries]).toEqual([4, CODE, 3]);
  });

  test('also in the context before the last', () => {
    const block = loop();
    block.enterAt(CODE, 0, CONTEXT + 1);
    expect(ours.run(block, 2, 7)).toBe(8);
  });

  test('on to the block that has taken the place of the next one', () => {
    const block = loop();
    expect(ours.run(block, 2, 7)).toBe(8);
    const other = ours.block(bytes('ffc0'), bytes('ebfc'));
    other.enterAt(CODE, 0, CONTEXT);
    ours.interpreter.link(other);
    block.retire();
    scramble([ours], 3);
    expect(ours.run(block, 2, 7)).toBe(8);
    expect([block.entries, other.entries]).toEqual([3, 3]);
  });

  test('from nowhere, where only what is linked is to be run', () => {
    const block = loop();
    expect(ours.runLinked(7)).toBe(6);
    expect(block.entries).toBe(3);
    block.retire();
    expect(ours.runLinked(7)).toBe(0);
  });

  test('until patience is at its end', () => {
    const block = loop();
    expect(ours.run(block, 2, 100, 5)).toBe(12);
    expect(block.entries).toBe(5);
  });

  test.each<[string, (block: Block) => void]>([
    ['it has compiled code', (block) => Object.assign(block, { code: {} })],
    ['it is retired', (block) => block.retire()],
    [
      'both contexts are others',
      (block) => {
        block.enterAt(CODE, 0, CONTEXT + 1);
        block.enterAt(CODE, 0, CONTEXT + 2);
      },
    ],
    [
      'the other context was at another address',
      (block) => {
        block.enterAt(CODE + 2, 0, CONTEXT);
        block.enterAt(CODE, 0, CONTEXT + 1);
      },
    ],
    ['it is linked at another address', (block) => block.enterAt(CODE, 1, CONTEXT)],
    ['nothing is linked', () => ours.interpreter.clear()],
  ])('but not where %s', (_why, change) => {
    const block = loop();
    change(block);
    expect(ours.run(block, 2, 100)).toBe(2);
  });
});
