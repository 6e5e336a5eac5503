import { describe, expect, it } from 'vitest';
import { ByteWriter, cString } from '../../src/boot/byte-writer.ts';

describe('ByteWriter', () => {
  it('writes little-endian fields, pads and patches', () => {
    const writer = new ByteWriter()
      .u8(1)
      .align(4)
      .u32(0xfffffffe)
      .u16(0x1234)
      .align(8)
      .u64(0x1_2345_6789_abcd);
    writer.patch32(0, 0x80000001);
    expect([...writer.finish()]).toEqual([
      1, 0, 0, 0x80, 0xfe, 0xff, 0xff, 0xff, 0x34, 0x12, 0, 0, 0, 0, 0, 0, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23,
      1, 0,
    ]);
  });

  it('grows without limit', () => {
    const big = Uint8Array.from({ length: 5000 }, (_, i) => i);
    const writer = new ByteWriter().u8(9).bytes(big).u8(7);
    expect(writer.length).toBe(5002);
    expect(writer.finish().subarray(1, 5001)).toEqual(big);
  });

  it('ends UTF-8 strings with a zero', () => {
    expect([...cString('é')]).toEqual([0xc3, 0xa9, 0]);
  });
});
