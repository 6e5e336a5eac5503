import { describe, expect, test } from 'vitest';
import { type Cell, type Costs, figures, isMet, type Row, ratioOf } from '../../../bench/peers/results.ts';

const cell = (...nanoseconds: number[]): Cell => ({ nanoseconds });

const row = (name: string, kind: Row['kind'], cells: Record<string, Cell>): Row => ({ name, kind, cells });

describe('a ratio', () => {
  test('is taken within each repetition, so a machine that slows down for both changes nothing', () => {
    const busy = row('crc', 'compute', { longmode: cell(10, 40, 20), qemu: cell(20, 80, 40) });
    expect(ratioOf(busy, 'longmode', 'qemu')).toEqual({ median: 2, spread: 0 });
  });

  test('needs both', () => {
    const alone = row('crc', 'compute', { longmode: cell(10), qemu: { nanoseconds: [], failure: 'x' } });
    expect(ratioOf(alone, 'longmode', 'qemu')).toBeUndefined();
    expect(ratioOf(alone, 'longmode', 'v86')).toBeUndefined();
  });
});

describe('the figures to be reached', () => {
  const rows = [
    row('mix', 'compute', { longmode: cell(1), qemu: cell(4), longmode32: cell(2), v86: cell(6) }),
    row('crc', 'compute', { longmode: cell(2), qemu: cell(1), interp: cell(30), bochs: cell(15) }),
    row('chase 32 4k', 'chase', { longmode: cell(1), qemu: cell(1) }),
    row('chase 1024 4k', 'chase', { longmode: cell(1), qemu: cell(12) }),
    row('int', 'storm', { longmode: cell(4), qemu: cell(1) }),
  ];
  const costs: Costs = {
    start: [190, 210, 200],
    startCpu: [100],
    startLargeCpu: [130],
    beyondRam: [90, 120],
  };
  const found = figures(rows, costs);
  const figure = (pattern: RegExp) => found.find(({ name }) => pattern.test(name))!;

  test.each([
    // figure                         value      met
    [/^compute against QEMU, geo/, Math.SQRT2, true],
    [/^compute against QEMU, worst/, 0.5, false],
    [/^chases .* worst/, 12, true], // The chase over 32 pages is none of them.
    [/^storms against QEMU, geo/, 0.25, false],
    [/v86/, 3, true],
    [/Bochs/, 0.5, true],
    [/first line of the guest/, 200, true],
    [/^memory beyond/, 120, true],
    [/^3.5 GiB/, 1.3, false],
  ])('%s is %d, reached: %s', (pattern, value, met) => {
    expect(figure(pattern).value).toBeCloseTo(value);
    expect(isMet(figure(pattern))).toBe(met);
  });

  test('without a run there is no verdict', () => {
    expect(figures([], undefined).map(isMet)).toEqual(found.map(() => undefined));
  });
});
