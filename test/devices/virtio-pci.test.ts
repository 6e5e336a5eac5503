import { describe, expect, test } from 'vitest';
import { VirtioRng } from '../../src/devices/virtio-rng.ts';
import { VirtioBench } from '../support/virtio-bench.ts';

describe('the modern PCI transport', () => {
  test('identity and capabilities', () => {
    const { pci } = new VirtioBench(new VirtioRng());
    expect(pci.readConfig(0, 4)).toBe(0x10441af4);
    expect(pci.readConfig(6, 2) & 0x10).toBe(0x10);
    const found: number[][] = [];
    for (let at = pci.readConfig(0x34, 1); at !== 0; at = pci.readConfig(at + 1, 1)) {
      found.push([
        pci.readConfig(at, 1),
        pci.readConfig(at + 3, 1),
        pci.readConfig(at + 4, 1),
        pci.readConfig(at + 8, 4),
      ]);
    }
    expect(found).toEqual([
      [9, 1, 4, 0x0000],
      [9, 3, 4, 0x1000],
      [9, 4, 4, 0x2000],
      [9, 2, 4, 0x3000],
      [9, 5, 0, 0x0000],
    ]);
  });

  test('features: VERSION_1 must be taken, what is not offered must not', () => {
    const { pci } = new VirtioBench(new VirtioRng());
    pci.writeMmio(0, 1, 4);
    expect(pci.readMmio(4, 4)).toBe(1);
    pci.writeMmio(0x14, 0x0b, 1);
    expect(pci.readMmio(0x14, 1)).toBe(0x03);
    pci.writeMmio(8, 1, 4);
    pci.writeMmio(0x0c, 1, 4);
    pci.writeMmio(0x14, 0x0b, 1);
    expect(pci.readMmio(0x14, 1)).toBe(0x0b);
    pci.writeMmio(8, 0, 4);
    pci.writeMmio(0x0c, 1, 4);
    pci.writeMmio(0x14, 0x0b, 1);
    expect(pci.readMmio(0x14, 1)).toBe(0x03);
  });

  test.each([
    [0x10, 2, 0xffff],
    [0x12, 2, 1],
    [0x18, 2, 256],
    [0x1c, 2, 0],
    [0x1e, 2, 0],
  ])('common configuration %i', (offset, bytes, value) => {
    const { pci } = new VirtioBench(new VirtioRng());
    expect(pci.readMmio(offset, bytes as 2)).toBe(value);
  });

  test('the interrupt goes away when ISR is read, and does not come when nobody wants it', () => {
    const bench = new VirtioBench(new VirtioRng()).start();
    bench.request(16);
    expect(bench.pci.intxLevel).toBe(true);
    expect(bench.pci.readMmio(0x1000, 1)).toBe(1);
    expect(bench.pci.intxLevel).toBe(false);
    expect(bench.pci.readMmio(0x1000, 1)).toBe(0);
    bench.quiet();
    bench.request(16);
    expect(bench.usedIndex).toBe(2);
    expect(bench.pci.intxLevel).toBe(false);
  });

  test('nothing is done before DRIVER_OK, nor after a reset', () => {
    const bench = new VirtioBench(new VirtioRng());
    bench.request(16);
    expect(bench.usedIndex).toBe(0);
    bench.start();
    bench.clock.advance(10_000);
    expect(bench.usedIndex).toBe(1);
    bench.pci.writeMmio(0x14, 0, 1);
    bench.request(16);
    expect([bench.usedIndex, bench.pci.readMmio(0x14, 1)]).toEqual([1, 0]);
  });

  test('the window in configuration space', () => {
    const { pci } = new VirtioBench(new VirtioRng());
    pci.writeConfig(0x88, 4, 1);
    pci.writeConfig(0x8c, 0x12, 4);
    pci.writeConfig(0x90, 2, 4);
    expect(pci.readConfig(0x94, 2)).toBe(1);
    pci.writeConfig(0x8c, 0x16, 4);
    pci.writeConfig(0x94, 7, 2);
    expect(pci.readMmio(0x16, 2)).toBe(7);
  });
});
