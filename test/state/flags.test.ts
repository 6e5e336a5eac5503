import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RFLAGS_STATUS, RFLAGS_SYSTEM } from '../../src/isa/rflags.ts';
import { Flags } from '../../src/state/flags.ts';

const make = () => new Flags(new Int32Array(1024));

/** Flags of an addition or subtraction, spelled out bit by bit from SDM Vol. 1, "Status Flags", on BigInts. */
function reference(bits: bigint, kind: 'add' | 'sub', a: bigint, b: bigint, carryIn: bigint) {
  const mask = (1n << bits) - 1n;
  const wide = kind === 'add' ? a + b + carryIn : a - b - carryIn;
  const result = wide & mask;
  const sign = (x: bigint) => Number((x >> (bits - 1n)) & 1n);
  const nibble = kind === 'add' ? (a & 15n) + (b & 15n) + carryIn : (a & 15n) - (b & 15n) - carryIn;
  let ones = 0;
  for (let i = 0n; i < 8n; i++) ones += Number((result >> i) & 1n);
  return {
    result,
    cf: wide < 0n || wide > mask ? 1 : 0,
    af: nibble < 0n || nibble > 15n ? 1 : 0,
    zf: result === 0n ? 1 : 0,
    sf: sign(result),
    pf: ones % 2 === 0 ? 1 : 0,
    of:
      kind === 'add'
        ? Number(sign(a) === sign(b) && sign(result) !== sign(a))
        : Number(sign(a) !== sign(b) && sign(result) !== sign(a)),
  };
}

const read = (flags: Flags) => ({
  cf: flags.cf(),
  af: flags.af(),
  zf: flags.zf(),
  sf: flags.sf(),
  pf: flags.pf(),
  of: flags.of(),
});

const lo = (x: bigint) => Number(BigInt.asIntN(32, x));
const hi = (x: bigint) => Number(BigInt.asIntN(32, x >> 32n));

describe('lazy flags agree with the bit-by-bit definition', () => {
  const operand = (bits: number) =>
    fc.oneof(
      fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }),
      fc.constantFrom(0n, 1n, 15n, 16n, 1n << BigInt(bits - 1), (1n << BigInt(bits)) - 1n),
    );
  for (const bits of [8, 16, 32, 64] as const) {
    for (const kind of ['add', 'sub'] as const) {
      test(`${kind}${bits}`, () => {
        fc.assert(
          fc.property(operand(bits), operand(bits), fc.constantFrom(0n, 1n), (a, b, c) => {
            const { result, ...want } = reference(BigInt(bits), kind, a, b, c);
            const flags = make();
            if (bits === 64) flags[`${kind}64`](lo(a), hi(a), lo(b), hi(b), lo(result), hi(result));
            else flags[`${kind}${bits}`](lo(a), lo(b), lo(result));
            expect(read(flags)).toEqual(want);
          }),
        );
      });
    }
  }
});

describe('RFLAGS as a whole', () => {
  test('every combination of the status flags survives a load and a read', () => {
    const flags = make();
    for (let pattern = 0; pattern < 0x1000; pattern++) {
      const wanted = pattern & RFLAGS_STATUS;
      flags.write(wanted);
      expect(flags.read()).toBe(wanted | 2);
    }
  });

  test('reserved bits are dropped, system flags kept', () => {
    const flags = make();
    flags.write(-1);
    expect(flags.read()).toBe(RFLAGS_STATUS | RFLAGS_SYSTEM | 2);
  });

  test.each([
    ['setCf', 'cf'],
    ['setZf', 'zf'],
  ] as const)('%s changes one flag alone', (setter, name) => {
    const flags = make();
    for (const start of [0, RFLAGS_STATUS]) {
      for (const value of [0, 1]) {
        flags.write(start);
        const before = read(flags);
        flags[setter](value);
        expect(read(flags)).toEqual({ ...before, [name]: value });
      }
    }
  });

  test('setCfOf changes two', () => {
    const flags = make();
    for (const start of [0, RFLAGS_STATUS]) {
      for (const cf of [0, 1]) {
        for (const of of [0, 1]) {
          flags.write(start);
          const before = read(flags);
          flags.setCfOf(cf, of);
          expect(read(flags)).toEqual({ ...before, cf, of });
        }
      }
    }
  });
});
