import { expect, test } from 'vitest';
import { align, figureTable, number, workloadTable } from '../../../bench/peers/table.ts';

test.each([
  [0.12345, '0.123'],
  [1.005, '1.00'],
  [12.34, '12.3'],
  [123.4, '123'],
  [1234.5, '1,235'],
])('%d is written %s', (value, text) => {
  expect(number(value)).toBe(text);
});

test('columns are as wide as their widest entry', () => {
  expect(
    align([
      ['a', 'bb', ''],
      ['ccc', 'd', ''],
    ]),
  ).toBe('a    bb\nccc   d');
});

test('the table of workloads compares only what was run, and says what failed', () => {
  const rows = [
    {
      name: 'mix',
      kind: 'compute' as const,
      cells: { longmode: { nanoseconds: [10, 12, 14] }, qemu: { nanoseconds: [5, 6, 7] } },
    },
    {
      name: 'int',
      kind: 'storm' as const,
      cells: { longmode: { nanoseconds: [1000] }, qemu: { nanoseconds: [], failure: 'timeout' } },
    },
  ];
  expect(workloadTable(rows, ['longmode', 'qemu']).split('\n')).toEqual([
    'ns per operation   longmode       qemu  qemu/longmode',
    'mix               12.0 ±17%  6.00 ±17%      0.500 ±0%',
    'int               1,000 ±0%      fails              -',
  ]);
});

test('the table of figures says whether a floor or a ceiling was reached', () => {
  const common = { unit: 'x', target: 1 };
  const text = figureTable([
    { name: 'a', value: 2, better: 'more', goal: 3, ...common },
    { name: 'b', value: 2, better: 'less', ...common },
    { name: 'c', value: undefined, better: 'less', ...common },
  ]);
  expect(text.split('\n').map((line) => line.replace(/ {2,}/g, '|'))).toEqual([
    'figure|measured|wanted',
    'a|2.00 x|at least 1|goal 3|reached',
    'b|2.00 x|at most 1|missed',
    'c|-|at most 1|not measured',
  ]);
});
