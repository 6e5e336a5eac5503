import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CodeStore, FIRST_WORD, RECORD_WORDS } from '../../src/cpu/code-store.ts';
import { decode } from '../../src/cpu/decode/decode.ts';
import type { Handler } from '../../src/cpu/execute/core.ts';
import type { Instruction } from '../../src/isa/instruction.ts';

const handler: Handler = () => {};

function decoded(hex: string, codeSize: 16 | 32 | 64 = 64): Instruction {
  const bytes = Uint8Array.from(Buffer.from(hex.padEnd(30, '0'), 'hex'));
  return decode(bytes, 0, bytes.length, codeSize)!;
}

/** Where the record is that was appended after `n` others. */
const recordOf = (n: number) => FIRST_WORD + n * RECORD_WORDS;

/** Shapes of instructions appended one after the other. */
function shapesOf(...instructions: readonly Instruction[]): number[] {
  const store = new CodeStore();
  for (const insn of instructions) store.append(insn, handler);
  return instructions.map((_, n) => store.words[recordOf(n)]!);
}

describe('shapes', () => {
  test.each([
    ['MOV RAX, [RBX + disp8]', '488b4308', '488b4370'],
    ['CALL rel32', 'e800000000', 'e878563412'],
    ['ADD EAX, imm8', '83c001', '83c07f'],
    ['MOV RAX, [RIP + disp32]', '488b0501000000', '488b05ffffff7f'],
  ])('%s: one for all displacements and immediates of one sign', (_name, one, other) => {
    expect(shapesOf(decoded(one), decoded(other))).toEqual([0, 0]);
  });

  test.each([
    ['registers', decoded('4889d8'), decoded('4889d9')],
    ['the base', decoded('488b4308'), decoded('488b4108')],
    ['the scale', decoded('488b0483'), decoded('488b04c3')],
    ['operand sizes', decoded('89d8'), decoded('6689d8')],
    ['code sizes', decoded('89d8', 32), decoded('6689d8', 16)],
    ['address sizes', decoded('8b03'), decoded('678b03')],
    ['segments', decoded('8b03'), decoded('658b03')],
    ['lengths of the displacement', decoded('8b4300'), decoded('8b8300000000')],
    ['high words of immediates', decoded('48b80000000001000000'), decoded('48b80000000002000000')],
    ['high words of addresses', decoded('48a10000000001000000'), decoded('48a10000000002000000')],
    ['selectors of far pointers', decoded('9a000000000800', 32), decoded('9a000000001000', 32)],
    ['vvvv', decoded('c5f8fec1'), decoded('c5f0fec1')],
  ])('%s tell them apart', (_name, one, other) => {
    expect(shapesOf(one, other)).toEqual([0, 1]);
  });

  test('handlers tell them apart', () => {
    const store = new CodeStore();
    const other: Handler = () => {};
    store.append(decoded('90'), handler);
    store.append(decoded('90'), other);
    expect([store.handlerAt(recordOf(0)), store.handlerAt(recordOf(1))]).toEqual([handler, other]);
  });
});

test('what is appended comes back, whatever was appended before it', () => {
  const code = fc.uint8Array({ minLength: 15, maxLength: 15 });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(code, fc.constantFrom(16 as const, 32 as const, 64 as const)), { maxLength: 200 }),
      (cases) => {
        const store = new CodeStore();
        const instructions = cases.map(([bytes, codeSize]) => decode(bytes, 0, 15, codeSize)!);
        for (const insn of instructions) store.append(insn, handler);
        const back = instructions.map((_, n) => store.instructionAt(recordOf(n)));
        expect(back).toEqual(instructions);
        const total = instructions.reduce((sum, { length }) => sum + length, 0);
        expect(store.bytes(recordOf(0), instructions.length)).toBe(total);
      },
    ),
  );
});

test('a store that is full says so, and none is without end', () => {
  const store = new CodeStore();
  const nop = decoded('90');
  let count = 0;
  while (!store.isFull(64)) {
    for (let n = 0; n < 64; n++) store.append(nop, handler);
    count += 64;
  }
  expect(store.words.byteLength).toBeLessThanOrEqual(16 << 20);
  expect(store.end).toBe(recordOf(count));
  store.rewind();
  expect(store.isFull(64)).toBe(false);
});
