import { describe, expect, test } from 'vitest';
import { PortSpace } from '../../src/bus/ports.ts';
import { LinearFrameBuffer, VbeDispi } from '../../src/devices/vga-vbe.ts';

function board() {
  const memory = new Uint8Array(16 * 1024 * 1024).fill(0xee);
  const vbe = new VbeDispi(memory, () => {});
  const ports = new PortSpace();
  ports.attach(0x1ce, 3, vbe);
  const write = (index: number, value: number) => {
    ports.write16(0x1ce, index);
    ports.write16(0x1cf, value);
  };
  const read = (index: number) => {
    ports.write16(0x1ce, index);
    return ports.read16(0x1cf);
  };
  return { memory, vbe, ports, read, write };
}

describe('the Bochs VBE interface', () => {
  test('the ID goes down for old drivers, and the memory is told', () => {
    const { read, write } = board();
    expect(read(0)).toBe(0xb0c5);
    write(0, 0xb0c2);
    expect(read(0)).toBe(0xb0c2);
    write(0, 0x1234);
    expect(read(0)).toBe(0xb0c2);
    expect(read(10)).toBe(256);
  });

  test('capabilities', () => {
    const { read, write } = board();
    write(4, 2);
    expect([read(1), read(2), read(3)]).toEqual([2560, 1600, 32]);
  });

  test('a mode: registers are fixed while it is on, memory is cleared', () => {
    const { memory, vbe, read, write } = board();
    write(1, 1024);
    write(2, 768);
    write(3, 32);
    write(4, 0x41);
    write(1, 640);
    expect([read(1), read(6), read(7), vbe.stride]).toEqual([1024, 1024, 4096, 4096]);
    expect([memory[0], memory[4096 * 768 - 1], memory[4096 * 768]]).toEqual([0, 0, 0xee]);
    write(6, 2048);
    write(9, 100);
    expect(vbe.displayStart).toBe(100 * 8192);
    write(9, 5000);
    expect(read(9)).toBe(100);
    write(4, 0);
    expect(vbe.isEnabled).toBe(false);
  });

  test('memory can be kept', () => {
    const { memory, write } = board();
    write(1, 640);
    write(2, 480);
    write(3, 8);
    write(4, 0xc1);
    expect(memory[0]).toBe(0xee);
  });
});

test('the linear frame buffer', () => {
  const memory = new Uint8Array(8);
  const buffer = new LinearFrameBuffer(memory);
  buffer.writeMmio(1, 0x44332211, 4);
  buffer.writeMmio(7, 0x6655, 2);
  expect([...memory]).toEqual([0, 0x11, 0x22, 0x33, 0x44, 0, 0, 0x55]);
  expect(buffer.readMmio(2, 2)).toBe(0x3322);
  expect(buffer.readMmio(6, 4)).toBe(0xffff5500);
});
