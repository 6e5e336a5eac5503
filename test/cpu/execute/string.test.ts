import { describe, expect, test } from 'vitest';
import { PENDING_SINGLE_STEP } from '../../../src/cpu/execute/core.ts';
import * as string from '../../../src/cpu/execute/string.ts';
import { DESC_DB, DESC_WRITABLE } from '../../../src/isa/descriptors.ts';
import { ES, FS } from '../../../src/isa/registers.ts';
import { RFLAGS_DF } from '../../../src/isa/rflags.ts';
import { CODE, CoreHarness, type HarnessMode } from '../../support/core-harness.ts';

const REP = 0xf3;

function prepare(mode: HarnessMode, rsi: number, rdi: number, rcx: number | bigint): CoreHarness {
  const harness = new CoreHarness(mode, string);
  harness.set('rsi', rsi);
  harness.set('rdi', rdi);
  harness.set('rcx', rcx);
  return harness;
}

function fill(harness: CoreHarness, address: number, count: number): void {
  for (let i = 0; i < count; i++) harness.space.write8(address + i, (i * 7 + 1) & 0xff);
}

function bytes(harness: CoreHarness, address: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => harness.space.read8(address + i));
}

/** Runs until RIP is past the instruction, as the loop does. */
function runAll(harness: CoreHarness, ...code: number[]): string | undefined {
  for (let turn = 0; turn < 100; turn++) {
    const fault = harness.run(...code);
    if (fault || harness.get('rip') !== BigInt(CODE)) return fault;
  }
  throw new Error('the repetition does not end');
}

/** SDM Vol. 2B, "MOVS/MOVSB/MOVSW/MOVSD/MOVSQ—Move Data From String to String". */
describe('one MOVS, STOS, LODS', () => {
  test.each<[string, number[], number]>([
    ['MOVSB', [0xa4], 1],
    ['MOVSW', [0x66, 0xa5], 2],
    ['MOVSD', [0xa5], 4],
    ['MOVSQ', [0x48, 0xa5], 8],
  ])('%s, forward and backward', (_name, code, size) => {
    for (const [df, step] of [
      [0, size],
      [RFLAGS_DF, -size],
    ] as const) {
      const harness = prepare('64-bit', 0x9100, 0xa100, 7);
      harness.core.flags.setSystem(df);
      fill(harness, 0x9100, 8);
      expect(harness.run(...code)).toBeUndefined();
      expect(bytes(harness, 0xa100, size)).toEqual(bytes(harness, 0x9100, size));
      expect(harness.space.read8(0xa100 + size)).toBe(0);
      expect([harness.get('rsi'), harness.get('rdi'), harness.get('rcx')]).toEqual([
        BigInt(0x9100 + step),
        BigInt(0xa100 + step),
        7n,
      ]);
    }
  });

  test.each<[string, number[], bigint]>([
    ['LODSB', [0xac], 0xffff_ffff_ffff_ff88n],
    ['LODSW', [0x66, 0xad], 0xffff_ffff_ffff_7788n],
    ['LODSD', [0xad], 0x5566_7788n],
    ['LODSQ', [0x48, 0xad], 0x1122_3344_5566_7788n],
  ])('%s', (_name, code, rax) => {
    const harness = prepare('64-bit', 0x9100, 0, 0);
    harness.set('rax', -1n);
    harness.write64(0x9100, 0x1122_3344_5566_7788n);
    expect(harness.run(...code)).toBeUndefined();
    expect(harness.get('rax')).toBe(rax);
  });

  test('the source takes an override, the destination is in ES always', () => {
    const harness = prepare('protected32', 0x10, 0x20, 0);
    harness.segment(FS, 0x9000, 0xffff, DESC_WRITABLE | DESC_DB);
    harness.segment(ES, 0xa000, 0xffff, DESC_WRITABLE | DESC_DB);
    harness.space.write32(0x9010, 0x12345678);
    expect(harness.run(0x64, 0xa5)).toBeUndefined();
    expect(harness.space.read32(0xa020)).toBe(0x12345678);
  });

  test('16-bit addresses wrap and leave the upper parts', () => {
    const harness = prepare('real', 0x5_ffff, 0x6_fffe, 0);
    expect(harness.run(0xa4)).toBeUndefined();
    expect([harness.get32('rsi'), harness.get32('rdi')]).toEqual([0x5_0000, 0x6_ffff]);
  });

  test('32-bit addresses in 64-bit mode clear the upper halves', () => {
    const harness = new CoreHarness('64-bit', string);
    harness.set('rsi', 0x1_0000_9000n);
    harness.set('rdi', 0x2_0000_a000n);
    expect(harness.run(0x67, 0xa4)).toBeUndefined();
    expect([harness.get('rsi'), harness.get('rdi')]).toEqual([0x9001n, 0xa001n]);
  });
});

describe('REP', () => {
  test('a count of 0 does nothing, not even touch memory', () => {
    const harness = prepare('64-bit', 0x9000, 0xa000, 0);
    harness.page(0x9000, false, false);
    expect(harness.run(REP, 0xa4)).toBeUndefined();
    expect([harness.get('rsi'), harness.get('rip')]).toEqual([0x9000n, BigInt(CODE + 2)]);
  });

  test.each<[string, number[], number]>([
    ['MOVSB', [REP, 0xa4], 1],
    ['MOVSW', [REP, 0x66, 0xa5], 2],
    ['MOVSD', [REP, 0xa5], 4],
    ['MOVSQ', [REP, 0x48, 0xa5], 8],
  ])('%s over pages and batches, from and to odd addresses', (_name, code, size) => {
    const count = 9001;
    const harness = prepare('64-bit', 0x40003, 0x80ffd, count);
    fill(harness, 0x40003, count * size);
    expect(runAll(harness, ...code)).toBeUndefined();
    expect(bytes(harness, 0x80ffd, count * size)).toEqual(bytes(harness, 0x40003, count * size));
    expect(harness.space.read8(0x80ffd + count * size)).toBe(0);
    expect([harness.get('rsi'), harness.get('rdi'), harness.get('rcx')]).toEqual([
      BigInt(0x40003 + count * size),
      BigInt(0x80ffd + count * size),
      0n,
    ]);
  });

  test.each<[string, number[], number]>([
    ['STOSB', [REP, 0xaa], 1],
    ['STOSW', [REP, 0x66, 0xab], 2],
    ['STOSD', [REP, 0xab], 4],
    ['STOSQ', [REP, 0x48, 0xab], 8],
  ])('%s over pages and batches', (_name, code, size) => {
    const count = 5000;
    const harness = prepare('64-bit', 0, 0x80ffd, count);
    harness.set('rax', 0x8877_6655_4433_2211n);
    expect(runAll(harness, ...code)).toBeUndefined();
    const pattern = [0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88].slice(0, size);
    expect(bytes(harness, 0x80ffd, count * size)).toEqual(
      Array.from({ length: count * size }, (_, i) => pattern[i % size]),
    );
    expect([harness.space.read8(0x80ffc), harness.space.read8(0x80ffd + count * size)]).toEqual([0, 0]);
    expect([harness.get('rdi'), harness.get('rcx')]).toEqual([BigInt(0x80ffd + count * size), 0n]);
  });

  test.each([1, 2, 3, 5, 64])('MOVSW onto itself %i bytes later repeats the pattern', (distance) => {
    const harness = prepare('64-bit', 0x9000, 0x9000 + distance, 100);
    fill(harness, 0x9000, 64);
    const model = bytes(harness, 0x9000, 300);
    for (let i = 0; i < 100; i++) {
      const pair = [model[i * 2]!, model[i * 2 + 1]!];
      model[i * 2 + distance] = pair[0]!;
      model[i * 2 + distance + 1] = pair[1]!;
    }
    expect(runAll(harness, REP, 0x66, 0xa5)).toBeUndefined();
    expect(bytes(harness, 0x9000, 300)).toEqual(model);
  });

  const widths: [string, number[], number][] = [
    ['MOVSB', [REP, 0xa4], 1],
    ['MOVSW', [REP, 0x66, 0xa5], 2],
    ['MOVSD', [REP, 0xa5], 4],
    ['MOVSQ', [REP, 0x48, 0xa5], 8],
  ];
  test.each(widths)(
    'backward %s, over pages, onto itself and from an element across two pages',
    (_name, code, size) => {
      for (const [from, distance] of [
        [0x4aff0, 0x1800],
        [0x4aff0, -0x1800],
        [0x4aff0, 24],
        [0x4aff0, -24],
        [0x4aff0, -size],
        [0x4affd, 0x1003],
      ] as const) {
        const count = 0x1800 / size;
        const harness = prepare('64-bit', from, from + distance, count);
        harness.core.flags.setSystem(RFLAGS_DF);
        fill(harness, 0x47000, 0x6000);
        const model = bytes(harness, 0x47000, 0x6000);
        for (let n = 0; n < count; n++) {
          const at = from - 0x47000 - n * size;
          model.splice(at + distance, size, ...model.slice(at, at + size));
        }
        expect(runAll(harness, ...code)).toBeUndefined();
        expect(bytes(harness, 0x47000, 0x6000), `by ${distance}`).toEqual(model);
        const end = [from - count * size, from + distance - count * size, 0].map(BigInt);
        expect([harness.get('rsi'), harness.get('rdi'), harness.get('rcx')]).toEqual(end);
      }
    },
  );

  test.each([
    ['STOSB', [REP, 0xaa], 1],
    ['STOSQ', [REP, 0x48, 0xab], 8],
  ])('backward %s, over pages', (_name, code, size) => {
    const count = 0x1200 / size;
    const harness = prepare('64-bit', 0, 0x4a800, count);
    harness.set('rax', 0x0807060504030201n);
    harness.core.flags.setSystem(RFLAGS_DF);
    expect(runAll(harness, ...code)).toBeUndefined();
    const first = 0x4a800 - (count - 1) * size;
    expect(bytes(harness, first, count * size)).toEqual(
      Array.from({ length: count * size }, (_, n) => (n % size) + 1),
    );
    expect([harness.space.read8(first - 1), harness.space.read8(0x4a800 + size)]).toEqual([0, 0]);
    expect([harness.get('rdi'), harness.get('rcx')]).toEqual([BigInt(0x4a800 - count * size), 0n]);
  });

  test('backward MOVSB', () => {
    const harness = prepare('64-bit', 0x9fff, 0xa1ff, 0x300);
    harness.core.flags.setSystem(RFLAGS_DF);
    fill(harness, 0x9d00, 0x300);
    const source = bytes(harness, 0x9d00, 0x300);
    expect(runAll(harness, REP, 0xa4)).toBeUndefined();
    expect(bytes(harness, 0x9f00, 0x300)).toEqual(source);
    expect([harness.get('rsi'), harness.get('rdi')]).toEqual([0x9cffn, 0x9effn]);
  });

  test.each<[string, number[], number]>([
    ['MOVSB', [REP, 0xa4], 1],
    ['MOVSD', [REP, 0xa5], 4],
  ])('%s that faults in the middle has done what came before, exactly', (_name, code, size) => {
    const harness = prepare('64-bit', 0x9f00, 0xb100, 0x400);
    fill(harness, 0x9f00, 0x100);
    harness.page(0xa000, false, false);
    expect(harness.run(...code)).toBe('#PF(0)');
    const done = 0x100 / size;
    expect([harness.get('rsi'), harness.get('rdi'), harness.get('rcx')]).toEqual([
      0xa000n,
      0xb200n,
      BigInt(0x400 - done),
    ]);
    expect(harness.get('rip')).toBe(BigInt(CODE));
    expect(bytes(harness, 0xb100, 0x100)).toEqual(bytes(harness, 0x9f00, 0x100));
  });

  test('STOSQ that crosses into a page that is read-only stores nothing of that quadword', () => {
    const harness = prepare('64-bit', 0, 0x9ff4, 4);
    harness.set('rax', -1n);
    harness.page(0xa000, true, false);
    expect(harness.run(REP, 0x48, 0xab)).toBe('#PF(3)');
    expect([
      harness.get('rdi'),
      harness.get('rcx'),
      harness.space.read8(0x9ffb),
      harness.space.read8(0x9ffc),
    ]).toEqual([0x9ffcn, 3n, 0xff, 0]);
  });

  test('while single-stepping one invocation is one iteration', () => {
    const harness = prepare('64-bit', 0x9000, 0xa000, 3);
    harness.core.pending = PENDING_SINGLE_STEP;
    harness.run(REP, 0xa4);
    expect([harness.get('rcx'), harness.get('rip'), harness.core.end]).toEqual([2n, BigInt(CODE), 0]);
  });

  test('a batch ends where the count is a multiple of 4,096, and the block with it, with RIP at the instruction', () => {
    const harness = prepare('protected32', 0, 0x40000, 100_000);
    harness.run(REP, 0xaa);
    expect(harness.get32('rcx')).toBe(24 * 4096);
    harness.run(REP, 0xaa);
    expect(harness.get32('rcx')).toBe(23 * 4096);
    expect([harness.get('rip'), harness.core.end]).toEqual([BigInt(CODE), 0]);
  });

  test('the counter is CX with 16-bit addresses', () => {
    const harness = prepare('real', 0, 0x100, 0x3_0002);
    expect(harness.run(REP, 0xaa)).toBeUndefined();
    expect([harness.get32('rcx'), harness.get32('rdi')]).toEqual([0x3_0000, 0x102]);
  });

  test('STOSB wraps at 64 KiB with 16-bit addresses', () => {
    const harness = prepare('real', 0, 0xfffe, 4);
    harness.set('rax', 0x55);
    expect(harness.run(REP, 0xaa)).toBeUndefined();
    expect([
      harness.space.read8(0xfffe),
      harness.space.read8(0xffff),
      harness.space.read8(0),
      harness.space.read8(1),
      harness.space.read8(0x10000),
    ]).toEqual([0x55, 0x55, 0x55, 0x55, 0]);
    expect(harness.get32('rdi')).toBe(2);
  });
});
