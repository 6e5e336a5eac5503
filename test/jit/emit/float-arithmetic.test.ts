import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createMachine } from '../../../src/boot/create-machine.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { RIP_HI, RIP_LO } from '../../../src/state/cpu-state.ts';
import { guestFile } from '../../support/guest-file.ts';
import { Dice, prepareVectors } from '../../support/random-program.ts';

/*
 * Every floating-point instruction that compiled code does itself, on thousands of pairs of operands in one guest loop: the
 * results, and MXCSR after each, must be those of the interpreter.
 */

const CASES = 1500;
const INPUT = 0x1000000;
const INPUT_BYTES = 48;
const OUTPUT = 0x2000000;
const OUTPUT_BYTES = 32;
const RSI = 6;
const RDI = 7;
const R15 = 15;
const RAX_TO_XMM0 = [0x66, 0x48, 0x0f, 0x6e, 0xc0];
const XMM1_TO_RAX = [0x66, 0x48, 0x0f, 0x7e, 0xc8];
const PUSHF_POP_RAX = [0x9c, 0x58];

type Lane = 'single' | 'double' | 'integer';
interface Form {
  readonly name: string;
  readonly lane: Lane;
  /** Makes XMM0 of XMM0 and XMM1. */
  readonly code: readonly number[];
  /** Instructions that `code` holds. */
  readonly count: number;
}

const KINDS = [
  ['PS', [], 'single'],
  ['PD', [0x66], 'double'],
  ['SS', [0xf3], 'single'],
  ['SD', [0xf2], 'double'],
] as const;
const OPERATIONS = [
  ['SQRT', 0x51], ['ADD', 0x58], ['MUL', 0x59], ['SUB', 0x5c], ['MIN', 0x5d], ['DIV', 0x5e], ['MAX', 0x5f],
] as const; // biome-ignore format: name and opcode.

const FORMS: readonly Form[] = [
  ...KINDS.flatMap(([kind, prefix, lane]) => [
    ...OPERATIONS.map(([name, opcode]) => ({
      name: name + kind,
      lane,
      code: [...prefix, 0x0f, opcode, 0xc1],
      count: 1,
    })),
    ...[0, 1, 2, 3, 4, 5, 6, 7].map((predicate) => ({
      name: `CMP${kind} ${predicate}`,
      lane,
      code: [...prefix, 0x0f, 0xc2, 0xc1, predicate],
      count: 1,
    })),
  ]),
  { name: 'CVTSS2SD', lane: 'single', code: [0xf3, 0x0f, 0x5a, 0xc1], count: 1 },
  { name: 'CVTSD2SS', lane: 'double', code: [0xf2, 0x0f, 0x5a, 0xc1], count: 1 },
  { name: 'CVTDQ2PS', lane: 'integer', code: [0x0f, 0x5b, 0xc1], count: 1 },
  { name: 'CVTTPS2DQ', lane: 'single', code: [0xf3, 0x0f, 0x5b, 0xc1], count: 1 },
  { name: 'CVTDQ2PD', lane: 'integer', code: [0xf3, 0x0f, 0xe6, 0xc1], count: 1 },
  ...(['SS', 'SD'] as const).flatMap((kind) =>
    ([[], [0x48]] as const).flatMap((rex): Form[] => {
      const lane = kind === 'SD' ? 'double' : 'single';
      const prefix = [kind === 'SD' ? 0xf2 : 0xf3, ...rex, 0x0f];
      const size = rex.length > 0 ? 'q' : 'd';
      return [
        { name: `CVTT${kind}2SI ${size}`, lane, code: [...prefix, 0x2c, 0xc1, ...RAX_TO_XMM0], count: 2 },
        { name: `CVT${kind}2SI ${size}`, lane, code: [...prefix, 0x2d, 0xc1, ...RAX_TO_XMM0], count: 2 },
        {
          name: `CVTSI2${kind} ${size}`,
          lane: 'integer',
          code: [...XMM1_TO_RAX, ...prefix, 0x2a, 0xc0],
          count: 2,
        },
      ];
    }),
  ),
  ...[0x2e, 0x2f].flatMap((opcode): Form[] => {
    const name = opcode === 0x2e ? 'UCOMIS' : 'COMIS';
    const flags = [...PUSHF_POP_RAX, ...RAX_TO_XMM0];
    return [
      { name: `${name}S`, lane: 'single', code: [0x0f, opcode, 0xc1, ...flags], count: 4 },
      { name: `${name}D`, lane: 'double', code: [0x66, 0x0f, opcode, 0xc1, ...flags], count: 4 },
    ];
  }),
];

const NICE = [
  0, -0, 1, -1, 2, 0.5, 3, 1.5, 100, 0.1, 2 ** 24 + 1, 2 ** 31, -(2 ** 31), 2 ** 31 - 0.5, 2 ** 53, 2 ** 63, -(2 ** 63),
  2 ** -126, 2 ** -127, 2 ** -149, 2 ** -1022, 2 ** -1074, 2 ** -1022 - 2 ** -1074, 3.4028234663852886e38,
  3.4028235677973366e38, 1.1754943157898259e-38, Number.MAX_VALUE, Infinity, -Infinity, Number.NaN,
] as const; // biome-ignore format: numbers at the borders of what fits.

/** Sixteen bytes of operands: ordinary numbers, those at the edges of a format, and bits of any kind. */
function operand(view: DataView, at: number, lane: Lane, dice: Dice): void {
  const any = () => dice.below(0x10000) | (dice.below(0x10000) << 16);
  if (lane === 'integer') {
    for (let n = 0; n < 16; n += 4) {
      const isSmall = dice.below(2) === 0;
      view.setInt32(at + n, isSmall ? dice.below(2000) - 1000 : any() >> dice.below(12), true);
    }
    if (dice.below(4) === 0) view.setBigInt64(at, BigInt(dice.below(0x7fffffff)) - 0x40000000n, true);
    return;
  }
  const bytes = lane === 'double' ? 8 : 4;
  const put = (value: number, to: number) =>
    bytes === 8 ? view.setFloat64(to, value, true) : view.setFloat32(to, value, true);
  const [bias, digits] = bytes === 8 ? [1023, 20] : [127, 23];
  for (let to = at; to < at + 16; to += bytes) {
    const kind = dice.below(10);
    if (kind < 3) put(dice.pick(NICE), to);
    else if (kind < 5) put((dice.below(2001) - 1000) / (dice.below(2) * 7 + 1), to);
    else {
      // Exponents near 1, near either end, and anywhere.
      const exponent = [
        bias - 30 + dice.below(60),
        bias - 30 + dice.below(60),
        dice.below(4),
        2 * bias - 2 + dice.below(4),
        dice.below(2 * bias + 2),
      ][kind - 5]!;
      if (bytes === 8) view.setInt32(to, dice.below(3) === 0 ? 0 : any(), true);
      const fraction = dice.below(5) === 0 ? 0 : any() & ((1 << digits) - 1);
      view.setInt32(to + bytes - 4, (dice.below(2) << 31) | (exponent << digits) | fraction, true);
    }
  }
}

/** The product of each pair is tiny, and rounded to the least normal number: underflow, though the result looks ordinary. */
const ALMOST_NORMAL = {
  double: [1 - 2 ** -53, 2 ** -1022],
  single: [1 - 2 ** -24, 2 ** -126],
} as const;

/** All masked, PE set or clear; and now and then what compiled code leaves to the interpreter. */
const CONTROLS = [0x1f80, 0x1f80, 0x1fa0, 0x1fa0, 0x1fa0, 0x1fbf, 0x1fe0, 0x9fc0, 0x7fa0] as const;

function machineIn64Bit(jit: boolean): Machine {
  const kernel = { name: 'translate.elf', bytes: guestFile(join('bin', 'translate', 'translate.elf')) };
  const commandLine = 'pages=4k order=seq size=64M touches=1 write=1';
  const machine = createMachine({ kernel, commandLine, memory: 1 << 26, jit });
  machine.runUntil({ mode: '64-bit' });
  machine.step(200);
  prepareVectors(machine, new Dice(1));
  return machine;
}

const machines = [machineIn64Bit(false), machineIn64Bit(true)] as const;
const start = machines[0].registers().rip;

function outputOf(machine: Machine, form: Form, input: Uint8Array): Uint8Array {
  // ldmxcsr [rsi+32] / movups xmm0,[rsi] / movups xmm1,[rsi+16] / xor eax,eax / the instruction
  // movups [rdi],xmm0 / stmxcsr [rdi+16] / add rsi,48 / add rdi,32 / dec r15 / jnz
  const body = [
    0x0f, 0xae, 0x56, 0x20, 0x0f, 0x10, 0x06, 0x0f, 0x10, 0x4e, 0x10, 0x31, 0xc0, ...form.code, 0x0f, 0x11, 0x07, 0x0f, 0xae,
    0x5f, 0x10, 0x48, 0x83, 0xc6, INPUT_BYTES, 0x48, 0x83, 0xc7, OUTPUT_BYTES, 0x49, 0xff, 0xcf,
  ]; // biome-ignore format: bytes.
  const back = new Uint8Array(Int32Array.of(-(body.length + 6)).buffer);
  machine.space.load(machine.translate(start).physical!, Uint8Array.from([...body, 0x0f, 0x85, ...back]));
  machine.space.load(INPUT, input);
  const { gpr32, words } = machine.state;
  for (const [register, value] of [[RSI, INPUT], [RDI, OUTPUT], [R15, CASES]] as const) {
    gpr32.set([value, 0], register * 2);
  } // biome-ignore format: pairs.
  words[RIP_LO] = Number(BigInt.asIntN(32, BigInt(start)));
  words[RIP_HI] = Number(BigInt(start) >> 32n);
  machine.core.flags.write(2);
  machine.run({ maxInstructions: CASES * (10 + form.count) });
  return machine.readPhysical(OUTPUT, CASES * OUTPUT_BYTES);
}

describe('floating point in compiled code', () => {
  test.each(FORMS)('$name', (form) => {
    const dice = new Dice(form.code.reduce((sum, byte) => sum * 31 + byte, 7));
    const input = new Uint8Array(CASES * INPUT_BYTES);
    const view = new DataView(input.buffer);
    for (let at = 0; at < input.length; at += INPUT_BYTES) {
      operand(view, at, form.lane, dice);
      operand(view, at + 16, form.lane, dice);
      view.setUint32(at + 32, dice.pick(CONTROLS), true);
    }
    if (form.lane !== 'integer') {
      for (const [n, value] of ALMOST_NORMAL[form.lane].entries()) {
        if (form.lane === 'double') view.setFloat64(n * 16, value, true);
        else view.setFloat32(n * 16, value, true);
      }
      view.setUint32(32, CONTROLS[2], true);
      // Once more where the loop is hot.
      input.copyWithin((CASES >> 1) * INPUT_BYTES, 0, INPUT_BYTES);
    }
    const [expected, actual] = machines.map((machine) => outputOf(machine, form, input));
    const wrong = [];
    for (let at = 0; at < expected!.length && wrong.length < 3; at += OUTPUT_BYTES) {
      const hex = (bytes: Uint8Array) => Buffer.from(bytes.subarray(at, at + 20)).toString('hex');
      if (hex(expected!) === hex(actual!)) continue;
      const from = (at / OUTPUT_BYTES) * INPUT_BYTES;
      const given = Buffer.from(input.subarray(from, from + 36)).toString('hex');
      wrong.push({ given, interpreter: hex(expected!), compiled: hex(actual!) });
    }
    expect(wrong).toEqual([]);
  });

  test('was compiled at all', () => {
    const { cache } = machines[1].processor.blocks.listener as unknown as { cache: { compiled: number } };
    expect(cache.compiled).toBeGreaterThan(FORMS.length);
  });
});
