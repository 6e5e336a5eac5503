import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/cli/usage-error.ts';
import {
  parseCount,
  parseDestination,
  parseLinear,
  parseMemory,
  parsePhysical,
  parseSeconds,
  parseSeed,
  parseStatus,
} from '../../src/cli/values.ts';

describe('sizes', () => {
  test.each([
    ['64M', 64 * 2 ** 20],
    ['1G', 2 ** 30],
    ['1.5g', 1.5 * 2 ** 30],
    ['2048K', 2 ** 21],
    ['1MiB', 2 ** 20],
    ['128mb', 2 ** 27],
    ['3584M', 3584 * 2 ** 20],
    ['1052672', 1052672],
  ])('%s', (text, bytes) => {
    expect(parseMemory('--memory', text)).toBe(bytes);
  });

  test.each([
    '0',
    '1',
    '5T',
    'abc',
    '',
    '-1M',
    '64 M',
    '1023K',
    '3585M',
    '1.00001M',
    'M',
    '0x1000000',
    '99999999999999999999G',
  ])('not %j', (text) => {
    expect(() => parseMemory('--memory', text)).toThrow(UsageError);
  });
});

test('counts', () => {
  expect([parseCount('n', '1'), parseCount('n', '1_000_000'), parseCount('n', '1,000')]).toEqual([
    1, 1000000, 1000,
  ]);
  for (const bad of ['0', '-1', '1.5', '', 'x', '99999999999999999999', '_1'])
    expect(() => parseCount('n', bad)).toThrow(UsageError);
});

test('seconds', () => {
  expect(['10', '0.5', '.5', '2.'].map((t) => parseSeconds('s', t))).toEqual([10, 0.5, 0.5, 2]);
  for (const bad of ['0', '0.0', '-1', '', 'x', '1e3', '.', 'Infinity'])
    expect(() => parseSeconds('s', bad)).toThrow(UsageError);
});

test('addresses', () => {
  expect([parsePhysical('a', '0x100000'), parsePhysical('a', '4096')]).toEqual([0x100000, 4096]);
  for (const bad of ['', 'x', '0xffffffffffffffff', '-1', '99999999999999999'])
    expect(() => parsePhysical('a', bad)).toThrow(UsageError);
  expect(parseLinear('a', '0xffffffff80200000')).toEqual([0x80200000 | 0, -1]);
  expect(() => parseLinear('a', '1000')).toThrow(UsageError);
});

test('seeds', () => {
  expect([parseSeed('h', true), parseSeed('h', '0'), parseSeed('h', '0xffffffff')]).toEqual([
    1, 0, 4294967295,
  ]);
  for (const bad of ['', '-1', '4294967296', '0x100000000', 'x'])
    expect(() => parseSeed('h', bad)).toThrow(UsageError);
});

test('destinations', () => {
  expect(parseDestination('s', 'file:a:b')).toEqual({ kind: 'file', path: 'a:b' });
  expect(parseDestination('s', 'none')).toEqual({ kind: 'none' });
});

test('the status of success is odd, as only a guest can make it', () => {
  expect(['1', '33', '255'].map((t) => parseStatus('--success-status', t))).toEqual([1, 33, 255]);
  for (const bad of ['0', '2', '257', 'x', '', '-1', '33.0'])
    expect(() => parseStatus('--success-status', bad)).toThrow(UsageError);
});
