import { expect, test } from 'vitest';
import { Vga } from '../../src/devices/vga.ts';
import { PciVga } from '../../src/devices/vga-pci.ts';
import { TestClock } from '../support/test-clock.ts';

test('frame buffer, registers and ROM as PCI ranges', () => {
  const vga = new Vga(new TestClock());
  const fn = new PciVga(vga, Uint8Array.of(0x55, 0xaa, 78));
  fn.writeConfig(0x10, 0xfd000000, 4);
  fn.writeConfig(0x18, 0xfebf0000, 4);
  fn.writeConfig(0x30, 0xfebe0001, 4);
  fn.writeConfig(0x04, 2, 2);
  const windows = fn.windows();
  expect(windows.map((w) => [w.base, w.bytes])).toEqual([
    [0xfd000000, 16 * 1024 * 1024],
    [0xfebf0000, 4096],
    [0xfebe0000, 2048],
  ]);
  const [frame, registers, rom] = windows.map((w) => (w.kind === 'memory' ? w.device : undefined));
  frame!.writeMmio(100, 0x77, 1);
  expect(vga.memory[100]).toBe(0x77);
  registers!.writeMmio(0x402, 0x67, 1);
  expect(registers!.readMmio(0x40c, 1)).toBe(0x67);
  registers!.writeMmio(0x502, 800, 2);
  expect(registers!.readMmio(0x502, 2)).toBe(800);
  expect(registers!.readMmio(0x500, 1)).toBe(0xc5);
  expect(registers!.readMmio(0x000, 4)).toBe(0xffffffff);
  expect(rom!.readMmio(0, 2)).toBe(0xaa55);
});
