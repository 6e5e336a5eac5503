import { expect, test } from 'vitest';
import { RAX, RDX } from '../../../src/isa/registers.ts';
import { divideRoutine } from '../../../src/jit/emit/divide.ts';
import { encodeModule } from '../../../src/jit/wasm/module.ts';
import { STATE_GPR, STATE_JIT_OPERAND } from '../../../src/state/layout.ts';
import { Dice } from '../../support/random-program.ts';

const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
const state = new DataView(memory.buffer);
const module = new WebAssembly.Module(encodeModule([], [divideRoutine()]));
const divide = new WebAssembly.Instance(module, { e: { m: memory } }).exports['0'] as (_: number) => number;

/** Whether it was done, quotient and remainder. */
function divided(high: bigint, low: bigint, divisor: bigint): [number, bigint, bigint] {
  state.setBigUint64(STATE_GPR + RDX * 8, high, true);
  state.setBigUint64(STATE_GPR + RAX * 8, low, true);
  state.setBigUint64(STATE_JIT_OPERAND, divisor, true);
  const done = divide(0);
  return [done, state.getBigUint64(STATE_GPR + RAX * 8, true), state.getBigUint64(STATE_GPR + RDX * 8, true)];
}

const EDGES = [0n, 1n, 2n, 0x7fffffffn, 0x80000000n, 0xffffffffn, 0x100000000n, 0x1ffffffffn, 1n << 63n]
  .flatMap((n) => [n, n ^ 0xffffffffffffffffn])
  .map((n) => BigInt.asUintN(64, n));

test('128 bits by 64, at the edges and at random, as BigInt divides', () => {
  const dice = new Dice(11);
  const random = () => {
    const word = () => BigInt(dice.below(0x100000000));
    return ((word() << 32n) | word()) >> BigInt(dice.below(64));
  };
  const cases = EDGES.flatMap((a) => EDGES.flatMap((b) => EDGES.map((c) => [a, b, c] as const)));
  for (let n = 0; n < 20_000; n++) cases.push([random(), random(), random()]);
  let done = 0;
  for (const [high, low, divisor] of cases) {
    if (divisor === 0n) continue;
    const dividend = (high << 64n) | low;
    const fits = high < divisor;
    const expected = fits ? [1, dividend / divisor, dividend % divisor] : [0, low, high];
    expect(divided(high, low, divisor), `${high}:${low} / ${divisor}`).toEqual(expected);
    if (fits) done++;
  }
  expect(done).toBeGreaterThan(8_000);
});
