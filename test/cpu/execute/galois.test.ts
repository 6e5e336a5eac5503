import { expect, test } from 'vitest';
import * as aes from '../../../src/cpu/execute/aes.ts';
import * as galois from '../../../src/cpu/execute/galois.ts';
import { VectorHarness } from '../../support/vector-harness.ts';

test('GF2P8MULB: products of FIPS 197, 4.2', () => {
  const h = new VectorHarness(galois);
  h.setVector(0, '57 57 57 57 57 01 00');
  h.setVector(1, '83 13 02 04 08 c3 ff');
  h.run(0x66, 0x0f, 0x38, 0xcf, 0xc1);
  expect(h.vector(0).slice(-14)).toBe('c1feae478ec300');
});

test('GF2P8AFFINEQB: the identity matrix, and one that reverses the bits', () => {
  const h = new VectorHarness(galois);
  h.setVector(0, '80 01 f0 35 00 ff 12 c4');
  h.setVector(1, '8040201008040201'); // Row 7 - i has bit i: byte 0 is 01h.
  h.run(0x66, 0x0f, 0x3a, 0xce, 0xc1, 0x00);
  const identity = h.vector(0).slice(-16);
  h.setVector(0, '80 01 f0 35 00 ff 12 c4');
  h.setVector(1, '0102040810204080');
  h.run(0x66, 0x0f, 0x3a, 0xce, 0xc1, 0x00);
  expect([identity, h.vector(0).slice(-16)].sort()).toEqual(['8001f03500ff12c4', '01800fac00ff4823'].sort());
  expect(identity).toBe('01800fac00ff4823');
});

test("GF2P8AFFINEINVQB with AES's matrix and 63h is AES's S-box", () => {
  // FIPS 197, 5.1.1: bit i is the sum of bits i, i+4, i+5, i+6 and i+7 of the inverse.
  const rows = Array.from({ length: 8 }, (_, i) =>
    [0, 4, 5, 6, 7].reduce((row, n) => row | (1 << ((i + n) & 7)), 0),
  );
  const matrix = rows.map((row) => row.toString(16).padStart(2, '0')).join(''); // Bit 0 is in the highest byte.
  const h = new VectorHarness({ ...galois, ...aes });
  h.setVector(0, '000102030405060753a0b0c0d0e0f0ff');
  h.setVector(1, matrix + matrix);
  h.setVector(2, '000102030405060753a0b0c0d0e0f0ff');
  h.run(0x66, 0x0f, 0x3a, 0xcf, 0xc1, 0x63);
  // AESENCLAST with a zero key on a state of equal columns would be the same; the S-box of 00h, 01h and 53h is known.
  expect([h.vector(0).slice(0, 4), h.vector(0).slice(16, 18)]).toEqual(['637c', 'ed']);
});

test('the VEX form of 256 bits has three operands', () => {
  const h = new VectorHarness(galois);
  h.setVector(1, '57'.repeat(32));
  h.setVector(2, '13'.repeat(32));
  h.run(0xc4, 0xe2, 0x75, 0xcf, 0xc2); // vgf2p8mulb ymm0, ymm1, ymm2
  expect(h.vector(0, 32)).toBe('fe'.repeat(32));
});
