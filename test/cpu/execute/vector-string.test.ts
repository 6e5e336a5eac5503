import { expect, test } from 'vitest';
import * as string from '../../../src/cpu/execute/vector-string.ts';
import { statusText } from '../../support/core-harness.ts';
import { VectorHarness } from '../../support/vector-harness.ts';

function text(h: VectorHarness, register: number, value: string): void {
  h.setVector(register, Buffer.from(value.padEnd(16, '\0'), 'latin1').reverse().toString('hex'));
}

test.each([
  // what                     set           text                control  index  flags
  ['any of a set',            'xyz',        'abcyz',            0x00,    3,     'CF ZF SF'],
  ['none of a set',           'xyz',        'abc',              0x00,    16,    'ZF SF'],
  ['outside of a range',      'az',         'abcD',             0x14,    3,     'CF ZF SF'],
  ['equal each, negated',     'abcd',       'abxd',             0x18,    2,     'CF ZF SF'],
  ['equal ordered',           'na',         'banana',           0x0c,    2,     'CF ZF SF'],
  ['equal ordered, last',     'na',         'banana',           0x4c,    4,     'CF ZF SF'],
  ['needle beyond the end',   'na',         'xxxxxxxxxxxxxxxn', 0x0c,    15,    'CF SF'],
] as const)('PCMPISTRI: %s', (_what, set, value, control, index, flags) => {
  const h = new VectorHarness(string);
  text(h, 0, set);
  text(h, 1, value);
  expect(h.run(0x66, 0x0f, 0x3a, 0x63, 0xc1, control)).toBeUndefined();
  expect([h.get32('rcx'), statusText(h.status)]).toEqual([index, flags]);
}); // biome-ignore format: a table.

test('PCMPESTRM takes absolute lengths and expands the mask', () => {
  const h = new VectorHarness(string);
  text(h, 1, 'bb');
  text(h, 2, 'abab');
  h.set('rax', 0xffffffff); // -1: one element
  h.set('rdx', 3);
  h.run(0x66, 0x0f, 0x3a, 0x60, 0xca, 0x40); // pcmpestrm xmm1, xmm2
  expect(h.vector(0)).toBe('0000000000000000000000000000ff00');
});
