import { expect, test } from 'vitest';
import * as random from '../../../src/cpu/execute/random.ts';
import { statusText } from '../../support/core-harness.ts';
import { VectorHarness } from '../../support/vector-harness.ts';

test('RDRAND is the same on every run, sets CF alone, and does not repeat itself', () => {
  const draw = (h: VectorHarness) => {
    expect(h.run(0x48, 0x0f, 0xc7, 0xf0)).toBeUndefined();
    return h.get('rax');
  };
  const one = new VectorHarness(random);
  const two = new VectorHarness(random);
  one.status = 0x8d5;
  const first = draw(one);
  expect(statusText(one.status)).toBe('CF');
  expect(draw(two)).toBe(first);
  expect(draw(one)).not.toBe(first);
});

test('RDSEED has numbers of its own, in every operand size', () => {
  const h = new VectorHarness(random);
  h.status = 0x8d5;
  expect(h.run(0x48, 0x0f, 0xc7, 0xf8)).toBeUndefined();
  expect(statusText(h.status)).toBe('CF');
  const first = h.get('rax');
  h.set('rax', -1n);
  expect(h.run(0x66, 0x0f, 0xc7, 0xf8)).toBeUndefined();
  expect(h.get('rax') >> 16n).toBe(0xffffffffffffn);
  expect(h.run(0x0f, 0xc7, 0xf8)).toBeUndefined();
  expect(h.get('rax') >> 32n).toBe(0n);
  const again = new VectorHarness(random);
  again.run(0x48, 0x0f, 0xc7, 0xf8);
  expect(again.get('rax')).toBe(first);
});
