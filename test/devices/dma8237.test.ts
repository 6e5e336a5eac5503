import { describe, expect, test } from 'vitest';
import { Dma8237, DmaPageRegisters } from '../../src/devices/dma8237.ts';

describe.each([0, 1] as const)('8237A, registers %i ports apart as a shift', (shift) => {
  function dma() {
    const device = new Dma8237(shift);
    const write = (register: number, value: number) => device.writePort(register << shift, value);
    const read = (register: number) => device.readPort(register << shift);
    return { device, write, read };
  }

  test.each([0, 1, 2, 3])('channel %i: address and count, low byte first', (channel) => {
    const { device, write, read } = dma();
    write(12, 0);
    for (const [register, value] of [
      [channel * 2, 0x1234],
      [channel * 2 + 1, 0x01ff],
    ] as const) {
      write(register, value & 0xff);
      write(register, value >>> 8);
      expect(read(register) | (read(register) << 8)).toBe(value);
    }
    expect(device.channel(channel)).toMatchObject({
      baseAddress: 0x1234,
      currentAddress: 0x1234,
      baseCount: 0x01ff,
      currentCount: 0x01ff,
    });
  });

  test('the flip-flop is one for all registers, and is cleared by register 12', () => {
    const { device, write } = dma();
    write(0, 0x11);
    write(12, 0);
    write(0, 0x22);
    write(0, 0x33);
    expect(device.channel(0).baseAddress).toBe(0x3322);
  });

  test('masks: all set after reset, one by one, all at once, cleared', () => {
    const { read, write } = dma();
    expect(read(15)).toBe(0xff);
    write(10, 0x02);
    expect(read(15)).toBe(0xfb);
    write(10, 0x06);
    expect(read(15)).toBe(0xff);
    write(15, 0x05);
    expect(read(15)).toBe(0xf5);
    write(14, 0);
    expect(read(15)).toBe(0xf0);
    write(13, 0);
    expect(read(15)).toBe(0xff);
  });

  test('mode, and the controller disable of the command register', () => {
    const { device, write } = dma();
    write(11, 0x46);
    write(14, 0);
    expect(device.channel(2)).toMatchObject({ mode: 0x44, masked: false, enabled: true });
    write(8, 0x04);
    expect(device.channel(2).enabled).toBe(false);
  });

  test('software requests show in the status', () => {
    const { read, write } = dma();
    write(9, 0x05);
    expect(read(8)).toBe(0x20);
    write(9, 0x01);
    expect(read(8)).toBe(0x00);
  });
});

describe('page registers', () => {
  test.each([
    // channel  port
    [0, 0x87],
    [1, 0x83],
    [2, 0x81],
    [3, 0x82],
    [5, 0x8b],
    [6, 0x89],
    [7, 0x8a],
  ])('channel %i is at port %i', (channel, port) => {
    const pages = new DmaPageRegisters();
    pages.writePort(port - 0x80, 0xab);
    expect(pages.page(channel)).toBe(0xab);
    expect(pages.readPort(port - 0x80)).toBe(0xab);
  });
});
