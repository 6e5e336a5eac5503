import { describe, expect, test } from 'vitest';
import { PortSpace } from '../../src/bus/ports.ts';
import {
  FW_CFG_FILE_DIR,
  FW_CFG_ID,
  FW_CFG_NB_CPUS,
  FW_CFG_RAM_SIZE,
  FwCfg,
} from '../../src/devices/fw-cfg.ts';
import { TestMemory } from '../support/test-memory.ts';

function board() {
  const memory = new TestMemory();
  const fwCfg = new FwCfg(memory);
  const ports = new PortSpace();
  ports.attach(0x510, 2, fwCfg, 0);
  ports.attach(0x514, 8, fwCfg, 4);
  const read = (key: number, count: number) => {
    ports.write16(0x510, key);
    return Array.from({ length: count }, () => ports.read8(0x511));
  };
  /** A 32-bit access with the bytes of a big-endian register. */
  const swap = (value: number) =>
    ((value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
  const dma = (control: number, length: number, address: number, at = 0x2000) => {
    const view = new DataView(new ArrayBuffer(16));
    view.setUint32(0, control);
    view.setUint32(4, length);
    view.setUint32(12, address);
    memory.store(at, new Uint8Array(view.buffer));
    ports.write32(0x518, swap(at));
    return memory.load(at, 4);
  };
  return { memory, fwCfg, ports, read, dma };
}

const text = (bytes: number[]) => String.fromCharCode(...bytes);

describe('the selector and data registers', () => {
  test('the signature is QEMU, and the interface has DMA', () => {
    const { read } = board();
    expect(text(read(0, 4))).toBe('QEMU');
    expect(read(FW_CFG_ID, 4)).toEqual([3, 0, 0, 0]);
  });

  test('without memory there is no DMA', () => {
    const fwCfg = new FwCfg();
    fwCfg.writePort16(0, FW_CFG_ID);
    expect(fwCfg.readPort(1)).toBe(1);
    expect(fwCfg.readPort(4)).toBe(0);
  });

  test('numbers are little-endian, and reads past the end are zeros', () => {
    const { fwCfg, read } = board();
    fwCfg.setNumber(FW_CFG_RAM_SIZE, 0x1_2345_6789, 8);
    fwCfg.setNumber(FW_CFG_NB_CPUS, 2, 2);
    expect(read(FW_CFG_RAM_SIZE, 10)).toEqual([0x89, 0x67, 0x45, 0x23, 1, 0, 0, 0, 0, 0]);
    expect(read(FW_CFG_NB_CPUS, 2)).toEqual([2, 0]);
    expect(read(0x7777, 2)).toEqual([0, 0]);
  });

  test('selecting an item again starts it over', () => {
    const { read } = board();
    expect(text(read(0, 2))).toBe('QE');
    expect(text(read(0, 2))).toBe('QE');
  });

  test('the directory lists files big-endian, in order of their keys', () => {
    const { fwCfg, read } = board();
    expect(fwCfg.addFile('etc/e820', Uint8Array.of(1, 2, 3))).toBe(0x20);
    expect(fwCfg.addFile('bootorder', new Uint8Array(300))).toBe(0x21);
    expect(fwCfg.addFile('etc/e820', Uint8Array.of(9))).toBe(0x20);
    const directory = read(FW_CFG_FILE_DIR, 4 + 128);
    expect(directory.slice(0, 4)).toEqual([0, 0, 0, 2]);
    expect(directory.slice(4, 12)).toEqual([0, 0, 0, 1, 0, 0x20, 0, 0]);
    expect(text(directory.slice(12, 21))).toBe('etc/e820\0');
    expect(directory.slice(68, 76)).toEqual([0, 0, 1, 0x2c, 0, 0x21, 0, 0]);
    expect(read(0x20, 2)).toEqual([9, 0]);
  });
});

describe('the DMA interface', () => {
  test('its register reads as QEMU CFG', () => {
    const { ports } = board();
    expect(text(Array.from({ length: 8 }, (_, i) => ports.read8(0x514 + i)))).toBe('QEMU CFG');
  });

  test('select and read in one, with zeros past the end', () => {
    const { fwCfg, memory, dma } = board();
    const key = fwCfg.addFile('a', Uint8Array.of(1, 2, 3, 4, 5));
    memory.store(0x5001, new Array(8).fill(0xee));
    expect(dma((key << 16) | 0x08 | 0x02, 7, 0x5001)).toEqual([0, 0, 0, 0]);
    expect(memory.load(0x5001, 8)).toEqual([1, 2, 3, 4, 5, 0, 0, 0xee]);
  });

  test('skip, then go on reading', () => {
    const { fwCfg, memory, dma } = board();
    const key = fwCfg.addFile('a', Uint8Array.of(1, 2, 3, 4, 5));
    dma((key << 16) | 0x08 | 0x04, 3, 0);
    dma(0x02, 2, 0x5000);
    expect(memory.load(0x5000, 2)).toEqual([4, 5]);
  });

  test.each([
    // control  length  writable  answer
    [0x10, 2, true, 0],
    [0x10, 2, false, 1],
    [0x10, 6, true, 1],
  ])('write: control %i of %i bytes, writable %s: %i', (control, length, writable, error) => {
    const { fwCfg, memory, ports, dma } = board();
    const written: number[][] = [];
    const key = fwCfg.addFile('a', new Uint8Array(4), {
      writable,
      onWrite: (bytes) => written.push([...bytes]),
    });
    memory.store(0x5000, [7, 8]);
    ports.write16(0x510, key);
    expect(dma(control, length, 0x5000)).toEqual([0, 0, 0, error]);
    expect(written).toEqual(error ? [] : [[7, 8, 0, 0]]);
  });
});
