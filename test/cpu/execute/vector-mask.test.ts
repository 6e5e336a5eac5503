import { expect, test } from 'vitest';
import * as mask from '../../../src/cpu/execute/vector-mask.ts';
import { VectorHarness } from '../../support/vector-harness.ts';

const EDGE = 0x51000;

test('VPMASKMOVD does not touch what is masked off', () => {
  const h = new VectorHarness(mask);
  h.page(EDGE, false, false);
  h.set('rbx', EDGE - 8);
  h.setVector(1, '00000000 00000000 80000000 80000000');
  h.space.write32(EDGE - 8, 0x1111);
  h.space.write32(EDGE - 4, 0x2222);
  expect(h.run(0xc4, 0xe2, 0x71, 0x8c, 0x03)).toBeUndefined(); // vpmaskmovd xmm0, xmm1, [rbx]
  expect(h.vector(0)).toBe('00000000000000000000222200001111');
  h.setVector(1, '00000000 80000000 80000000 80000000');
  expect(h.run(0xc4, 0xe2, 0x71, 0x8e, 0x03)).toBe('#PF(2)'); // vpmaskmovd [rbx], xmm1, xmm0
  expect(h.space.read32(EDGE - 8)).toBe(0x1111);
});

test('a gather that faults keeps what it has and goes on there', () => {
  const h = new VectorHarness(mask);
  h.page(EDGE, false, false);
  h.set('rbx', EDGE - 4);
  h.space.write32(EDGE - 4, 0x7777);
  h.setVector(1, 'ffffffff ffffffff ffffffff ffffffff');
  h.setVector(2, '00000000 00000000 00000001 00000000');
  const VPGATHERDD = [0xc4, 0xe2, 0x71, 0x90, 0x04, 0x93]; // vpgatherdd xmm0, [rbx + xmm2 * 4], xmm1
  expect(h.run(...VPGATHERDD)).toBe('#PF(0)');
  expect(h.vector(1)).toBe('ffffffffffffffffffffffff00000000');
  h.page(EDGE, true, true);
  h.space.write32(EDGE, 0x8888);
  expect(h.run(...VPGATHERDD)).toBeUndefined();
  expect([h.vector(0), h.vector(1)]).toEqual(['00007777000077770000888800007777', '0'.repeat(32)]);
});
