import { expect, test } from 'vitest';
import * as field from '../../../src/cpu/execute/vector-field.ts';
import { VectorHarness } from '../../support/vector-harness.ts';

const A = '11112222333344448877665544332211';
const B = '0000000000001010fedcba9876543210';

// Results of an AMD EPYC 7003; xmm0 is A, xmm1 is B.
test.each([
  ['EXTRQ 16 bits at 5',       [0x66, 0x0f, 0x78, 0xc0, 16, 5],  '0000000000009910'],
  ['EXTRQ across the end',     [0x66, 0x0f, 0x78, 0xc0, 16, 60], '0000000000000008'],
  ['EXTRQ all',                [0x66, 0x0f, 0x78, 0xc0, 0, 0],   '8877665544332211'],
  ['EXTRQ 64 bits at 8',       [0x66, 0x0f, 0x78, 0xc0, 0, 8],   '0088776655443322'],
  ['INSERTQ 12 bits at 8',     [0xf2, 0x0f, 0x78, 0xc1, 12, 8],  '8877665544321011'],
  ['INSERTQ across the end',   [0xf2, 0x0f, 0x78, 0xc1, 12, 60], '0877665544332211'],
  ['INSERTQ by register',      [0xf2, 0x0f, 0x79, 0xc1],         '8877665532102211'],
])('%s', (_name, bytes, low) => {
  const h = new VectorHarness(field);
  h.setVector(0, A);
  h.setVector(1, B);
  expect(h.run(...bytes)).toBeUndefined();
  expect(h.vector(0)).toBe(`0000000000000000${low}`);
}); // biome-ignore format: a table.

test('EXTRQ by register: 8 bits at 16', () => {
  const h = new VectorHarness(field);
  h.setVector(0, A);
  h.setVector(1, '1008');
  h.run(0x66, 0x0f, 0x79, 0xc1);
  expect(h.vector(0)).toBe(`${'0'.repeat(30)}33`);
});

test('MOVNTSS and MOVNTSD store 4 and 8 bytes', () => {
  const h = new VectorHarness(field);
  h.setVector(0, A);
  h.set('rbx', 0x40000);
  h.run(0xf3, 0x0f, 0x2b, 0x03);
  expect(h.read64(0x40000)).toBe(0x44332211n);
  h.run(0xf2, 0x0f, 0x2b, 0x03);
  expect(h.read64(0x40000)).toBe(0x8877665544332211n);
});
