import { expect, test } from 'vitest';
import { hex32, hex64, hexNumber, parseHex64 } from '../../src/bits/hex.ts';

test('formats words, pairs and numbers', () => {
  expect(hex32(-1)).toBe('0xffffffff');
  expect(hex32(0x10, 4)).toBe('0x0010');
  expect(hex64(0x80200000 | 0, -1)).toBe('0xffffffff80200000');
  expect(hexNumber(0x100000000)).toBe('0x100000000');
});

test('parses what it formats, and nothing else', () => {
  expect(parseHex64('0xffffffff80200000')).toEqual([0x80200000 | 0, -1]);
  expect(parseHex64('0x1')).toEqual([1, 0]);
  for (const bad of ['', '1', '0x', '0x12345678123456789', '0xg', ' 0x1'])
    expect(parseHex64(bad)).toBeUndefined();
});
