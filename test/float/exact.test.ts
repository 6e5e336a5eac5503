import { expect, test } from 'vitest';
import { divideExact, multiplyExact, squareRootExact } from '../../src/float/exact.ts';
import { NORMAL, Unpacked } from '../../src/float/unpacked.ts';

/** Significands where digit estimates go wrong first: extremes, their neighbours, and a walk of mixed ones. */
function significands(): bigint[] {
  const top = 1n << 63n;
  const all = (1n << 64n) - 1n;
  const list = [
    top,
    top + 1n,
    all,
    all - 1n,
    0xffffffff00000000n,
    0xffffffff00000001n,
    0x80000000ffffffffn,
    0xfffffffeffffffffn,
  ];
  let x = 0x9e3779b97f4a7c15n;
  for (let i = 0; i < 120; i++) {
    x = (x * 6364136223846793005n + 1442695040888963407n) & all;
    list.push(x | top, ((x >> 32n) << 32n) | top, all ^ (x >> 33n));
  }
  return list;
}

function unpacked(significand: bigint, exponent = 0): Unpacked {
  const u = new Unpacked();
  u.kind = NORMAL;
  u.exponent = exponent;
  u.hi = Number(significand >> 32n) | 0;
  u.lo = Number(significand & 0xffffffffn) | 0;
  return u;
}

const words = (...w: number[]) => w.reduce((value, word) => (value << 32n) | BigInt(word >>> 0), 0n);
const z = new Unpacked();

test('products, quotients and roots against BigInt', () => {
  const all = significands();
  for (const a of all) {
    for (const exponent of [0, 1]) {
      squareRootExact(unpacked(a, exponent), z);
      const root = words(z.hi, z.lo);
      const radicand = a << BigInt(63 + exponent);
      expect(root * root <= radicand && (root + 1n) * (root + 1n) > radicand).toBe(true);
      const rest = radicand - root * root;
      expect([z.x1 < 0, z.x0 !== 0]).toEqual([rest > root, rest !== 0n]);
    }
    for (const b of all.slice(0, 60)) {
      multiplyExact(unpacked(a), unpacked(b), z);
      const product = words(z.hi, z.lo, z.x1, z.x0);
      if (product !== (a * b) << BigInt(1 - z.exponent)) expect([a, b, product]).toEqual('the product');
      divideExact(unpacked(a), unpacked(b), z);
      const scaled = a << BigInt(63 - z.exponent);
      const rest = scaled % b;
      const want = [scaled / b, 2n * rest >= b, rest !== 0n && 2n * rest !== b];
      const got = [words(z.hi, z.lo), z.x1 < 0, z.x0 !== 0];
      if (want.join() !== got.join()) expect([a, b, ...got]).toEqual([a, b, ...want]);
    }
  }
});
