import { describe, expect, test } from 'vitest';
import { BufferBackend, ReadOnlyBackend } from '../../src/devices/block.ts';
import { FloppyController } from '../../src/devices/floppy.ts';
import { floppyGeometry } from '../../src/devices/floppy-geometry.ts';
import { TestClock, TestLine } from '../support/test-clock.ts';

const BYTES = 1440 * 1024;
const DOR = 2;
const MSR = 4;
const FIFO = 5;
const DIR = 7;

/** A controller, its diskette whose sectors hold their own number, and a DMA channel of `count` bytes. */
function bench(options: { protect?: boolean; empty?: boolean; count?: number } = {}) {
  const clock = new TestClock();
  const irq = new TestLine();
  const image = new BufferBackend(new Uint8Array(BYTES));
  for (let sector = 0; sector < image.sectors; sector++) {
    image.bytes.fill(sector & 0xff, sector * 512, (sector + 1) * 512);
  }
  const memory: number[] = [];
  let left = options.count ?? 512;
  const isLast = () => --left === 0;
  const dma = {
    isReady: true,
    write(byte: number) {
      memory.push(byte);
      return isLast();
    },
    read(): readonly [number, boolean] {
      return [0xd5, isLast()];
    },
  };
  const fdc = new FloppyController({
    clock,
    irq,
    dma,
    medium: options.empty ? undefined : options.protect ? new ReadOnlyBackend(image) : image,
    geometry: options.empty ? undefined : floppyGeometry(BYTES),
  });
  const wait = () => clock.advance(20_000_000);
  const send = (...bytes: number[]) => {
    for (const byte of bytes) fdc.writePort(FIFO, byte);
    wait();
  };
  const result = () => {
    const bytes: number[] = [];
    while ((fdc.readPort(MSR) & 0xc0) === 0xc0) bytes.push(fdc.readPort(FIFO));
    return bytes;
  };
  const ask = (...bytes: number[]) => {
    send(...bytes);
    return result();
  };
  fdc.writePort(DOR, 0x00);
  fdc.writePort(DOR, 0x1c);
  wait();
  for (let drive = 0; drive < 4; drive++) ask(0x08);
  return { clock, irq, fdc, image, memory, send, result, ask, wait };
}

test('a reset is followed by one interrupt and four statuses', () => {
  const { fdc, irq, ask, wait } = bench();
  fdc.writePort(DOR, 0x08);
  expect([irq.level, fdc.readPort(MSR)]).toEqual([false, 0]);
  fdc.writePort(DOR, 0x1c);
  wait();
  expect([irq.level, fdc.readPort(MSR)]).toEqual([true, 0x80]);
  expect([ask(0x08), ask(0x08), ask(0x08), ask(0x08)]).toEqual([
    [0xc0, 0],
    [0xc1, 0],
    [0xc2, 0],
    [0xc3, 0],
  ]);
  expect([irq.level, ask(0x08)]).toEqual([false, [0x80]]);
});

test('seeks and recalibrations end in an interrupt, and see that the diskette was changed', () => {
  const { fdc, irq, send, ask } = bench();
  expect(fdc.readPort(DIR)).toBe(0x80);
  send(0x0f, 0x00, 40);
  expect([irq.level, fdc.readPort(DIR), ask(0x08)]).toEqual([true, 0, [0x20, 40]]);
  expect(ask(0x04, 0x00)).toEqual([0x28]);
  send(0x07, 0x00);
  expect([ask(0x08), ask(0x04, 0x00)]).toEqual([[0x20, 0], [0x38]]);
  send(0x07, 0x01);
  expect(ask(0x08)).toEqual([0x71, 0]); // No second drive: track 0 is never found.
});

describe('READ DATA by DMA', () => {
  test('ends at terminal count and gives the next address', () => {
    const { ask, irq, memory, send, result } = bench({ count: 1024 });
    send(0xe6, 0x00, 0, 0, 3, 2, 18, 0x1b, 0xff);
    expect(irq.level).toBe(true);
    expect(result()).toEqual([0, 0, 0, 0, 0, 5, 2]);
    expect([irq.level, memory.length, memory[0], memory[1023]]).toEqual([false, 1024, 2, 3]);
    expect(ask(0x08)).toEqual([0x80]);
  });

  test('seeks by itself', () => {
    const { ask, memory } = bench();
    expect(ask(0xe6, 0x00, 7, 0, 1, 2, 18, 0x1b, 0xff)).toEqual([0, 0, 0, 7, 0, 2, 2]);
    expect(memory[0]).toBe((7 * 36) & 0xff);
    expect(ask(0x4a, 0x00).slice(3, 4)).toEqual([7]);
  });

  test('goes on under the second head with MT, and not without', () => {
    const both = bench({ count: 1024 });
    expect(both.ask(0xe6, 0x00, 0, 0, 18, 2, 18, 0x1b, 0xff)).toEqual([0, 0, 0, 0, 1, 2, 2]);
    expect([both.memory[0], both.memory[512]]).toEqual([17, 18]);
    const one = bench({ count: 1024 });
    expect(one.ask(0x66, 0x00, 0, 0, 18, 2, 18, 0x1b, 0xff)).toEqual([0x40, 0x80, 0, 1, 0, 1, 2]);
    expect(one.memory.length).toBe(512);
  });

  test.each([
    ['a cylinder that the diskette has not', {}, [0xe6, 0x00, 80, 0, 1, 2, 18, 0x1b, 0xff], [0x40, 0x04]],
    ['a sector that the track has not', {}, [0xe6, 0x00, 0, 0, 19, 2, 19, 0x1b, 0xff], [0x40, 0x04]],
    ['no diskette', { empty: true }, [0xe6, 0x00, 0, 0, 1, 2, 18, 0x1b, 0xff], [0x40, 0x01]],
    ['a write to a protected one', { protect: true }, [0xc5, 0x00, 0, 0, 1, 2, 18, 0x1b, 0xff], [0x40, 0x02]],
  ])('%s', (_name, options, command, status) => {
    expect(
      bench(options)
        .ask(...command)
        .slice(0, 2),
    ).toEqual(status);
  });
});

test('WRITE DATA and FORMAT TRACK write', () => {
  const { ask, image } = bench({ count: 512 });
  expect(ask(0xc5, 0x04, 0, 1, 2, 2, 18, 0x1b, 0xff)).toEqual([0x04, 0, 0, 0, 1, 3, 2]);
  expect([image.bytes[18 * 512], image.bytes[19 * 512], image.bytes[20 * 512]]).toEqual([18, 0xd5, 20]);
  expect(ask(0x4d, 0x00, 2, 18, 0x54, 0xf6).slice(0, 3)).toEqual([0, 0, 0]);
  expect([image.bytes[0], image.bytes[18 * 512 - 1], image.bytes[18 * 512]]).toEqual([0xf6, 0xf6, 18]);
});

test('without DMA the processor moves every byte', () => {
  const { fdc, ask, send, result } = bench();
  ask(0x03, 0xdf, 0x03);
  send(0x46, 0x00, 0, 0, 17, 2, 17, 0x1b, 0xff);
  const bytes: number[] = [];
  while (fdc.readPort(MSR) & 0x20) bytes.push(fdc.readPort(FIFO));
  expect([bytes.length, bytes[0]]).toEqual([512, 16]);
  expect(result()).toEqual([0x40, 0x80, 0, 1, 0, 1, 2]); // Nobody gave terminal count.
});

test('VERSION, LOCK, DUMPREG, READ ID and what is no command', () => {
  const { ask } = bench();
  expect([ask(0x10), ask(0x94), ask(0x14), ask(0x1f)]).toEqual([[0x90], [0x10], [0], [0x80]]);
  ask(0x13, 0, 0x57, 0x11);
  expect(ask(0x0e)).toEqual([0, 0, 0, 0, 0, 0, 18, 0, 0x57, 0x11]);
  expect(ask(0x4a, 0x04)).toEqual([0x04, 0, 0, 0, 1, 1, 2]);
});

test.each([
  [1474560, [80, 2, 18, 4]],
  [737280, [80, 2, 9, 3]],
  [368640, [40, 2, 9, 1]],
  [1228800, [80, 2, 15, 2]],
  [2949120, [80, 2, 36, 5]],
  [163840, [40, 1, 8, 1]],
])('an image of %i bytes', (bytes, [cylinders, heads, sectors, driveType]) => {
  expect(floppyGeometry(bytes)).toEqual({ cylinders, heads, sectors, driveType });
});

test('a shorter image is the beginning of a diskette of 1440 or 2880 KiB', () => {
  expect([1, 163841, 1296384, 1474559].map((bytes) => floppyGeometry(bytes)?.sectors)).toEqual([
    18, 18, 18, 18,
  ]);
  expect(floppyGeometry(1474561)?.sectors).toBe(36);
  expect(floppyGeometry(2949121)).toBeUndefined();
});
