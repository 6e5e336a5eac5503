import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import * as sha from '../../../src/cpu/execute/sha.ts';
import { VectorHarness } from '../../support/vector-harness.ts';

const FIRST = (prime: number) => Math.floor((Math.cbrt(prime) % 1) * 2 ** 32) | 0;
const PRIMES = Array.from({ length: 400 }, (_, n) => n).filter(
  (n) => n > 1 && Array.from({ length: n - 2 }, (_, k) => n % (k + 2)).every(Boolean),
);
const INITIAL = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

test('SHA256RNDS2, SHA256MSG1 and SHA256MSG2 make the digest of "abc"', () => {
  const h = new VectorHarness(sha);
  const { i32 } = h.core.vectors;
  const block = new Int32Array(64);
  block[0] = 0x61626380;
  block[15] = 24;
  // The message schedule, four words at a time: xmm1 and xmm2 are operands.
  for (let t = 16; t < 64; t += 4) {
    i32.set(block.subarray(t - 16, t - 12), 8);
    i32.set(block.subarray(t - 12, t - 8), 16);
    h.run(0x0f, 0x38, 0xcc, 0xca); // sha256msg1 xmm1, xmm2
    for (let n = 0; n < 4; n++) i32[8 + n] = i32[8 + n]! + block[t - 7 + n]!;
    i32.set(block.subarray(t - 4, t), 16);
    h.run(0x0f, 0x38, 0xcd, 0xca); // sha256msg2 xmm1, xmm2
    block.set(i32.subarray(8, 12), t);
  }
  const [a, b, c, d, e, f, g, hh] = INITIAL.map((word) => word | 0);
  i32.set([hh!, g!, d!, c!], 8);
  i32.set([f!, e!, b!, a!], 16);
  let from = 1;
  for (let t = 0; t < 64; t += 2) {
    i32[0] = block[t]! + FIRST(PRIMES[t]!);
    i32[1] = block[t + 1]! + FIRST(PRIMES[t + 1]!);
    const to = from === 1 ? 2 : 1;
    // The new A B E F goes where C D G H was.
    h.run(0x0f, 0x38, 0xcb, from === 1 ? 0xca : 0xd1);
    from = to;
  }
  const [cdgh, abef] = from === 1 ? [8, 16] : [16, 8];
  const out = [abef + 3, abef + 2, cdgh + 3, cdgh + 2, abef + 1, abef, cdgh + 1, cdgh];
  const digest = out.map((at, n) => ((i32[at]! + INITIAL[n]!) >>> 0).toString(16).padStart(8, '0')).join('');
  expect(digest).toBe(createHash('sha256').update('abc').digest('hex'));
});
