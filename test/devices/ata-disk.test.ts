import { describe, expect, test } from 'vitest';
import { AtaDisk } from '../../src/devices/ata-disk.ts';
import { BufferBackend, ReadOnlyBackend } from '../../src/devices/block.ts';
import { IdeChannel } from '../../src/devices/ide.ts';
import { CONTROL, DATA, IdeBench, STATUS } from '../support/ide-bench.ts';
import { TestClock, TestLine } from '../support/test-clock.ts';

const READY = 0x50;
const DRQ = 0x58;
const ERR = 0x51;

describe('IDENTIFY DEVICE', () => {
  test('words that drivers look at', () => {
    const bench = new IdeBench();
    bench.command(0xec);
    expect(bench.irq.level).toBe(true);
    expect(bench.status).toBe(DRQ);
    expect(bench.irq.level).toBe(false);
    const words = bench.readWords(256);
    expect(words[0]).toBe(0x0040);
    expect([words[3], words[4], words[5], words[6]]).toEqual([16, 63 * 512, 512, 63]);
    expect(words[49]! & 0x300).toBe(0x300);
    expect(words[60]).toBe(300);
    expect(words[83]! & 0x400).toBe(0x400);
    expect(words[100]).toBe(300);
    expect(String.fromCharCode(...words.slice(27, 36).flatMap((w) => [w >>> 8, w & 0xff]))).toBe(
      'LONGMODE HARDDISK ',
    );
    // 300 sectors are less than a cylinder, and a drive has one at least, for a BIOS that goes by cylinders.
    expect([words[1], words[54], words[57], words[58]]).toEqual([1, 1, 300, 0]);
    const sum = words.reduce((s, w) => s + (w & 0xff) + (w >>> 8), 0);
    expect(sum & 0xff).toBe(0);
    expect(bench.status).toBe(READY);
    expect(bench.irq.level).toBe(false);
  });
});

describe('reads by PIO', () => {
  test.each([
    // command  registers                                   sectors  first
    ['READ SECTORS, LBA', 0x20, { device: 0xe0, count: 2, lba: 5 }, 2, 5],
    ['READ SECTORS without retry', 0x21, { device: 0xe0, count: 1, lba: 299 }, 1, 299],
    ['READ SECTORS, CHS 0/1/2', 0x20, { device: 0xa1, count: 1, lba: 2 }, 1, 64],
    ['a count of 0 is 256', 0x20, { device: 0xe0, count: 0, lba: 0 }, 256, 0],
  ])('%s', (_name, command, registers, sectors, first) => {
    const bench = new IdeBench();
    bench.command(command, registers);
    for (let sector = 0; sector < sectors; sector++) {
      expect(bench.irq.level).toBe(true);
      expect(bench.status).toBe(DRQ);
      expect(bench.readBytes(512)).toEqual([
        ...bench.image.subarray((first + sector) * 512, (first + sector + 1) * 512),
      ]);
      bench.wait();
    }
    expect(bench.status).toBe(READY);
  });

  test('READ SECTORS EXT takes the previous contents as the high-order bytes', () => {
    const bench = new IdeBench();
    bench.commandExt(0x24, 1, 7);
    expect(bench.readBytes(512)).toEqual([...bench.image.subarray(3584, 4096)]);
    bench.commandExt(0x24, 1, 2 ** 40);
    expect(bench.status).toBe(READY | 1);
    expect(bench.error).toBe(0x10);
    bench.ports.write8(CONTROL, 0x80);
    expect([bench.register(3), bench.register(4), bench.register(5)]).toEqual([0, 0, 1]);
    bench.ports.write8(DATA + 2, 1); // Any write clears HOB.
    expect(bench.register(5)).toBe(0);
  });

  test('READ MULTIPLE transfers blocks of SET MULTIPLE MODE', () => {
    const bench = new IdeBench();
    bench.command(0xc4, { count: 1 });
    expect(bench.error).toBe(0x04);
    bench.command(0xc6, { count: 4 });
    expect(bench.status).toBe(READY);
    bench.command(0xc4, { count: 6, lba: 1 });
    expect(bench.readBytes(4 * 512)).toEqual([...bench.image.subarray(512, 512 * 5)]);
    expect(bench.ports.read8(CONTROL) & 0x80).toBe(0x80);
    bench.wait();
    expect(bench.readBytes(2 * 512)).toEqual([...bench.image.subarray(512 * 5, 512 * 7)]);
    expect(bench.status).toBe(READY);
  });

  test.each([
    [0xc6, { count: 3 }, 0x04],
    [0xc6, { count: 32 }, 0x04],
    [0x20, { lba: 300, count: 1 }, 0x10],
    [0x20, { lba: 299, count: 2 }, 0x10],
    [0x20, { device: 0xa0, lba: 0, count: 1 }, 0x10],
    [0xa1, {}, 0x04],
    [0x00, {}, 0x04],
    [0xff, {}, 0x04],
    [0xef, { features: 0x99 }, 0x04],
    [0xef, { features: 0x03, count: 0x18 }, 0x04],
  ])('command %i with %o ends with error %i', (command, registers, error) => {
    const bench = new IdeBench();
    bench.command(command, registers);
    expect(bench.irq.level).toBe(true);
    expect(bench.status).toBe(ERR);
    expect(bench.error).toBe(error);
  });
});

describe('writes by PIO', () => {
  test('two sectors: no interrupt before the first block, one after each', () => {
    const bench = new IdeBench();
    bench.command(0x30, { count: 2, lba: 9 });
    expect(bench.irq.level).toBe(false);
    for (let sector = 0; sector < 2; sector++) {
      expect(bench.status).toBe(DRQ);
      for (let i = 0; i < 256; i++) bench.ports.write16(DATA, sector * 256 + i);
      bench.wait();
      expect(bench.irq.level).toBe(true);
    }
    expect(bench.status).toBe(READY);
    const words = new Uint16Array(bench.image.slice(9 * 512, 11 * 512).buffer);
    expect([...words]).toEqual(Array.from({ length: 512 }, (_, i) => i));
  });

  test('a write-protected disk aborts', () => {
    const clock = new TestClock();
    const disk = new AtaDisk(clock, new ReadOnlyBackend(new BufferBackend(new Uint8Array(1024))));
    const channel = new IdeChannel(new TestLine(), disk);
    clock.advance(10_000);
    channel.writePort(2, 1);
    channel.writePort(6, 0xe0);
    channel.writePort(7, 0x30);
    clock.advance(10_000);
    expect(channel.readPort(7)).toBe(ERR);
    expect(channel.readPort(1)).toBe(0x04);
  });
});

describe('other commands', () => {
  test.each([
    [0xe7, {}],
    [0xea, {}],
    [0x40, { count: 4, lba: 1 }],
    [0x70, { lba: 3 }],
    [0x10, {}],
    [0x91, { device: 0xaf, count: 63 }],
    [0xef, { features: 0x03, count: 0x0c }],
    [0xef, { features: 0x02 }],
    [0xe0, {}],
  ])('command %i with %o succeeds with an interrupt', (command, registers) => {
    const bench = new IdeBench();
    bench.command(command, registers);
    expect(bench.irq.level).toBe(true);
    expect(bench.status).toBe(READY);
  });

  test('READ NATIVE MAX ADDRESS', () => {
    const bench = new IdeBench();
    bench.command(0xf8);
    expect([bench.register(3), bench.register(4), bench.register(5)]).toEqual([299 & 0xff, 1, 0]);
  });

  test('CHECK POWER MODE', () => {
    const bench = new IdeBench();
    bench.command(0xe5);
    expect(bench.register(2)).toBe(0xff);
  });

  test('WRITE BUFFER, then READ BUFFER', () => {
    const bench = new IdeBench();
    bench.command(0xe8);
    for (let i = 0; i < 256; i++) bench.ports.write16(DATA, i * 3);
    bench.wait();
    bench.command(0xe4);
    expect(bench.readWords(256)).toEqual(Array.from({ length: 256 }, (_, i) => i * 3));
  });

  test('a command while BSY is set is not taken', () => {
    const bench = new IdeBench();
    bench.ports.write8(DATA + 6, 0xe0);
    bench.ports.write8(STATUS, 0xec);
    bench.ports.write8(STATUS, 0xe5);
    bench.wait();
    expect(bench.status).toBe(DRQ);
  });
});
