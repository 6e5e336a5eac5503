import { expect, test } from 'vitest';
import * as aes from '../../../src/cpu/execute/aes.ts';
import { VectorHarness } from '../../support/vector-harness.ts';

// Intel, "Advanced Encryption Standard (AES) New Instructions Set", figures of the single instructions; AESIMC from an EPYC 7003.
const STATE = '7b5b54657374566563746f725d53475d';
const KEY = '48692853686179295b477565726f6e5d';

test.each([
  ['AESENC',     [0x66, 0x0f, 0x38, 0xdc, 0xc1], 'a8311c2f9fdba3c58b104b58ded7e595'],
  ['AESENCLAST', [0x66, 0x0f, 0x38, 0xdd, 0xc1], 'c7fb881e938c5964177ec42553fdc611'],
  ['AESDEC',     [0x66, 0x0f, 0x38, 0xde, 0xc1], '138ac342faea2787b58eb95eb730392a'],
  ['AESDECLAST', [0x66, 0x0f, 0x38, 0xdf, 0xc1], 'c5a391ef6b317f95d410637b72a593d0'],
  ['AESIMC',     [0x66, 0x0f, 0x38, 0xdb, 0xc1], '597f8df109efaa15f39bc5a119d859b6'],
])('%s', (_name, bytes, after) => {
  const h = new VectorHarness(aes);
  h.setVector(0, STATE);
  h.setVector(1, KEY);
  expect(h.run(...bytes)).toBeUndefined();
  expect(h.vector(0)).toBe(after);
}); // biome-ignore format: a table.

test('AESKEYGENASSIST', () => {
  const h = new VectorHarness(aes);
  h.setVector(1, '3c4fcf098815f7aba6d2ae2816157e2b');
  h.run(0x66, 0x0f, 0x3a, 0xdf, 0xc1, 0x01);
  expect(h.vector(0)).toBe('01eb848beb848a013424b5e524b5e434');
});

test('the VEX form has a destination of its own and clears what is above', () => {
  const h = new VectorHarness(aes);
  h.setVector(0, 'ff'.repeat(32));
  h.setVector(2, STATE);
  h.setVector(1, KEY);
  h.run(0xc4, 0xe2, 0x69, 0xdc, 0xc1); // vaesenc xmm0, xmm2, xmm1
  expect(h.vector(0, 32)).toBe(`${'00'.repeat(16)}a8311c2f9fdba3c58b104b58ded7e595`);
});
