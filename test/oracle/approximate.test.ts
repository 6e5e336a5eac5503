import { describe, expect, test } from 'vitest';
import { acceptApproximations, isApproximate } from './approximate.ts';
import { emptyCase, emptyOutcome, type Outcome } from './protocol.ts';

const ONE = 0x3f800000;

function accepted(name: string, host: Partial<Outcome>, ours: Partial<Outcome>, fcw = 0x37f): Outcome {
  const c = { ...emptyCase(), names: [name], fcw };
  const close = { ...emptyOutcome(), ...ours };
  acceptApproximations(c, { ...emptyOutcome(), ...host }, close);
  return close;
}

const lane = (value: number) => {
  const vectors = new Int32Array(128);
  vectors[5] = value;
  return { vectors };
};
const top = (low: number, field = 0x3fff) => {
  const st = new Int32Array(32);
  st.set([low, 0x80000000, field]);
  return { st };
};

describe('reciprocals', () => {
  test.each([
    // host       ours                 accepted
    [ONE,         ONE + (3 << 11),     true], // 3 * 2^-12 of 1.0: both errors at their worst.
    [ONE,         ONE + (4 << 11),     false],
    [ONE,         ONE | (1 << 31),     false],
    [0,           0x00800000,          true], // Tiny for one, just not for the other.
    [0,           0x00900000,          false],
    [0x7f800000,  0x7f7fffff,          false],
    [0x7fc00000,  0x7fc00001,          false],
  ])('%i and %i: %s', (host, ours, isIn) => {
    expect(accepted('VRCPPS_Vps_Wps', lane(host), lane(ours)).vectors[5]).toBe((isIn ? host : ours) | 0);
    expect(accepted('DIVPS_Vps_Wps', lane(host), lane(ours)).vectors[5]).toBe(ours | 0);
  }); // biome-ignore format: a table.
});

describe('transcendental instructions', () => {
  test.each([
    // ulps  rounding  accepted
    [1,      0x37f,    true],
    [2,      0x37f,    false],
    [2,      0xf7f,    true],
    [3,      0xf7f,    false],
  ])('%i of the last place, control word %i: %s', (ulps, fcw, isIn) => {
    expect(accepted('FSIN', top(0), top(ulps), fcw).st[0]).toBe(isIn ? 0 : ulps);
    expect(accepted('FADD_ST0_ST', top(0), top(ulps), fcw).st[0]).toBe(ulps);
  }); // biome-ignore format: a table.

  test('neighbours across an exponent are neighbours; special results are no approximations', () => {
    const below = top(-1, 0x3ffe);
    below.st[1] = -1;
    expect(accepted('FCOS', top(0), below).st[2]).toBe(0x3fff);
    expect(accepted('FCOS', top(0, 0x7fff), top(1, 0x7fff)).st[0]).toBe(1);
    expect(accepted('FCOS', top(0), top(0, 0xbfff)).st[2]).toBe(0xbfff);
  });

  test('C1 is as uncertain as the last digit, of inexact results alone', () => {
    expect(accepted('F2XM1', { fsw: 0x20 }, { fsw: 0x220 }).fsw).toBe(0x20);
    expect(accepted('F2XM1', { fsw: 0 }, { fsw: 0x200 }).fsw).toBe(0x200);
    expect(accepted('F2XM1', { fsw: 0x20 }, { fsw: 0 }).fsw).toBe(0);
  });
});

test('what counts as an approximation', () => {
  expect(['RCPSS_Vss_Wss', 'VRSQRTPS_Vps_Wps', 'FYL2XP1', 'FSINCOS'].every(isApproximate)).toBe(true);
  expect(['DIVPS_Vps_Wps', 'FSQRT', 'FPREM', 'SQRTSS_Vss_Wss'].some(isApproximate)).toBe(false);
});
