import { expect, test } from 'vitest';
import * as bits from '../../../src/cpu/execute/bit-field.ts';
import { RFLAGS_AF, RFLAGS_PF } from '../../../src/isa/rflags.ts';
import { statusText } from '../../support/core-harness.ts';
import { VectorHarness } from '../../support/vector-harness.ts';

test.each([
  // instruction              bytes                              rcx                   rbx                   rax after             flags
  ['ANDN rax, rbx, rcx',      [0xc4, 0xe2, 0xe0, 0xf2, 0xc1],       0xff00ff00ff00ff00n,  0x0000ffff0000ffffn,  0xff000000ff000000n,  'SF'],
  ['BEXTR rax, rcx, rbx',     [0xc4, 0xe2, 0xe0, 0xf7, 0xc1],       0x123456789abcdef0n,  0x1004n,              0xcdefn,              ''],
  ['BZHI rax, rcx, rbx',      [0xc4, 0xe2, 0xe0, 0xf5, 0xc1],       0xffffffffffffffffn,  36n,                  0xfffffffffn,         ''],
  ['BZHI beyond the operand', [0xc4, 0xe2, 0xe0, 0xf5, 0xc1],       0xffffffffffffffffn,  64n,                  0xffffffffffffffffn,  'CF SF'],
  ['PEXT rax, rbx, rcx',      [0xc4, 0xe2, 0xe2, 0xf5, 0xc1],       0xf0f0000000000f0fn,  0x1230000000000405n,  0x1345n,              ''],
  ['PDEP rax, rbx, rcx',      [0xc4, 0xe2, 0xe3, 0xf5, 0xc1],       0xf0f0000000000f0fn,  0x1345n,              0x1030000000000405n,  ''],
  ['SHLX rax, rcx, rbx',      [0xc4, 0xe2, 0xe1, 0xf7, 0xc1],       0x1n,                 0x7fn,                0x8000000000000000n,  ''],
  ['SARX rax, rcx, rbx',      [0xc4, 0xe2, 0xe2, 0xf7, 0xc1],       0x8000000000000000n,  40n,                  0xffffffffff800000n,  ''],
  ['RORX rax, rcx, 36',       [0xc4, 0xe3, 0xfb, 0xf0, 0xc1, 36],   0x123456789abcdef0n,  0n,                   0x89abcdef01234567n,  ''],
])('%s', (_text, bytes, rcx, rbx, rax, flags) => {
  const h = new VectorHarness(bits);
  h.status = 0;
  h.set('rcx', rcx);
  h.set('rbx', rbx);
  expect(h.run(...bytes)).toBeUndefined();
  expect(h.get('rax').toString(16)).toBe(rax.toString(16));
  // AF and PF are undefined.
  expect(statusText(h.status & ~(RFLAGS_AF | RFLAGS_PF))).toBe(flags);
}); // biome-ignore format: a table.

test('BLSR, BLSI and BLSMSK cross the word', () => {
  const h = new VectorHarness(bits);
  h.set('rcx', 0x700000000n);
  h.run(0xc4, 0xe2, 0xf8, 0xf3, 0xc9); // blsr rax, rcx
  expect(h.get('rax')).toBe(0x600000000n);
  h.run(0xc4, 0xe2, 0xf8, 0xf3, 0xd9); // blsi rax, rcx
  expect(h.get('rax')).toBe(0x100000000n);
  h.run(0xc4, 0xe2, 0xf8, 0xf3, 0xd1); // blsmsk rax, rcx
  expect(h.get('rax')).toBe(0x1ffffffffn);
});

test('MULX with one destination keeps the high half and no flag changes', () => {
  const h = new VectorHarness(bits);
  h.status = 0x8d5;
  h.set('rdx', 0xffffffffffffffffn);
  h.set('rcx', 0xffffffffffffffffn);
  h.run(0xc4, 0xe2, 0xfb, 0xf6, 0xc1); // mulx rax, rax, rcx
  expect(h.get('rax')).toBe(0xfffffffffffffffen);
  expect(h.status).toBe(0x8d5);
});

test('ADCX and ADOX carry apart', () => {
  const h = new VectorHarness(bits);
  h.status = 1;
  h.set('rax', 0xffffffffffffffffn);
  h.set('rcx', 0n);
  h.run(0x66, 0x48, 0x0f, 0x38, 0xf6, 0xc1); // adcx rax, rcx
  expect([h.get('rax'), statusText(h.status)]).toEqual([0n, 'CF']);
  h.run(0xf3, 0x48, 0x0f, 0x38, 0xf6, 0xc1); // adox rax, rcx
  expect([h.get('rax'), statusText(h.status)]).toEqual([0n, 'CF']);
});
