import { beforeEach, describe, expect, test } from 'vitest';
import { AddressSpace, PAGE_HOLE, PAGE_RAM } from '../../src/bus/address-space.ts';

const RAM_OFFSET = 0x1000;
const RAM_BYTES = 0x8000;

let space: AddressSpace;
beforeEach(() => {
  space = new AddressSpace({
    buffer: new ArrayBuffer(0x10000),
    ramOffset: RAM_OFFSET,
    ramBytes: RAM_BYTES,
    romOffset: RAM_OFFSET + RAM_BYTES,
    romBytes: 0x4000,
  });
});

describe('AddressSpace', () => {
  test('RAM keeps bytes in little-endian order, across pages too', () => {
    space.write32(0xffe, 0x44332211);
    expect([0xffe, 0xfff, 0x1000, 0x1001].map((a) => space.read8(a))).toEqual([0x11, 0x22, 0x33, 0x44]);
    expect(space.read32(0xffe)).toBe(0x44332211);
    expect(space.read16(0xfff)).toBe(0x3322);
  });

  test('beyond RAM everything reads as ones, writes vanish, and pages are counted', () => {
    expect(space.read8(RAM_BYTES)).toBe(0xff);
    expect(space.read32(0xfee00000)).toBe(0xffffffff);
    expect(space.read32(2 ** 43)).toBe(0xffffffff);
    space.write32(0xfee00010, 5);
    expect(space.unclaimed.get(0xfee00000)).toBe(2);
    expect(space.unclaimed.get(2 ** 43)).toBe(1);
  });

  test('ROM is read where it is mapped and ignores writes', () => {
    space.attachRom(0xffff0000, Uint8Array.of(1, 2, 3, 4));
    expect(space.read32(0xffff0000)).toBe(0x04030201);
    space.write8(0xffff0000, 9);
    expect(space.read8(0xffff0000)).toBe(1);
    expect(space.hostPage(0xffff0)).toBe(RAM_OFFSET + RAM_BYTES);
    expect(space.unclaimed.size).toBe(0);
  });

  test('a device window answers by offset and width, and can be taken away', () => {
    const log: string[] = [];
    space.attachMmio(0x4000, 0x1000, {
      readMmio: (offset, bytes) => {
        log.push(`r${offset}/${bytes}`);
        return 0xaabbccdd;
      },
      writeMmio: (offset, value, bytes) => void log.push(`w${offset}/${bytes}=${value}`),
    });
    expect(space.hostPage(4)).toBe(-1);
    expect(space.read32(0x4010)).toBe(0xaabbccdd);
    space.write16(0x4020, 0x12345);
    expect(log).toEqual(['r16/4', 'w32/2=9029']);
    space.detachMmio(0x4000, 0x1000, PAGE_RAM);
    expect(space.hostPage(4)).toBe(RAM_OFFSET + 0x4000);
    space.setPageKind(0x4000, 0x1000, PAGE_HOLE);
    expect(space.read8(0x4000)).toBe(0xff);
  });

  test('of two windows the later one answers, also where the other has just been accessed', () => {
    const device = (value: number) => ({ readMmio: () => value, writeMmio: () => {} });
    const [first, second] = [device(1), device(2)];
    space.attachMmio(0x4000, 0x2000, first);
    const read = () => [0x4000, 0x47ff, 0x4800, 0x5000].map((address) => space.read8(address));
    expect(read()).toEqual([1, 1, 1, 1]);
    space.attachMmio(0x4800, 0x100, second);
    expect(read()).toEqual([1, 1, 2, 1]);
    expect(read().reverse()).toEqual([1, 2, 1, 1]);
    space.attachMmio(0x4000, 0x1000, second);
    expect(read()).toEqual([2, 2, 2, 1]);
    space.detachMmio(0x4000, 0x1000, PAGE_HOLE);
    expect(read()).toEqual([1, 1, 2, 1]);
  });

  test('writes from outside are announced with their host offset', () => {
    const seen: [number, number][] = [];
    space.onExternalWrite = (host, bytes) => void seen.push([host, bytes]);
    space.load(0x100, Uint8Array.of(1, 2, 3));
    space.write8(0x200, 1);
    expect(seen).toEqual([
      [RAM_OFFSET + 0x100, 3],
      [RAM_OFFSET + 0x200, 1],
    ]);
  });

  test('loading outside RAM is refused', () => {
    expect(() => space.load(RAM_BYTES - 1, Uint8Array.of(1, 2))).toThrow('0x7fff+2 is outside RAM');
  });
});
