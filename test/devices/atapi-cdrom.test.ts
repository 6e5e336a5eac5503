import { describe, expect, test } from 'vitest';
import { BufferBackend } from '../../src/devices/block.ts';
import { CONTROL, IdeBench } from '../support/ide-bench.ts';

/** A bench whose drive has told its power-on unit attention. */
function ready(): IdeBench {
  const bench = new IdeBench();
  bench.packet([0x00]);
  bench.packetData([0x03, 0, 0, 0, 18]);
  return bench;
}

const sense = (bench: IdeBench) => {
  const data = bench.packetData([0x03, 0, 0, 0, 18]);
  return [data[2], data[12], data[13]];
};
const be32 = (bytes: number[], at: number) =>
  ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;

describe('the packet protocol', () => {
  test('IDENTIFY DEVICE aborts with the signature, IDENTIFY PACKET DEVICE answers', () => {
    const bench = new IdeBench();
    bench.command(0xec, { device: 0xb0 });
    expect(bench.status).toBe(0x41);
    expect(bench.error).toBe(0x04);
    expect([bench.register(4), bench.register(5)]).toEqual([0x14, 0xeb]);
    bench.command(0xa1, { device: 0xb0 });
    const words = bench.readWords(256);
    expect(words[0]).toBe(0x85c0);
    expect(bench.status).toBe(0x40);
  });

  test('the phases of a PIO read: packet, data, status', () => {
    const bench = ready();
    bench.command(0xa0, { device: 0xb0, lba: 0x0800 << 8 });
    expect(bench.irq.level).toBe(false);
    expect(bench.status).toBe(0x48);
    expect(bench.register(2)).toBe(1); // CoD
    for (const word of [0x0028, 0, 0x0100, 0, 2, 0]) bench.ports.write16(0x1f0, word);
    bench.wait();
    expect(bench.irq.level).toBe(true);
    expect(bench.status).toBe(0x48);
    expect(bench.register(2)).toBe(2); // IO
    expect(bench.register(4) | (bench.register(5) << 8)).toBe(0x800);
    expect(bench.readBytes(2048)).toEqual([...bench.disc.subarray(2048, 4096)]);
    bench.wait();
    expect(bench.readBytes(2048)).toEqual([...bench.disc.subarray(4096, 6144)]);
    expect(bench.irq.level).toBe(true);
    expect(bench.status).toBe(0x40);
    expect(bench.register(2)).toBe(3); // CoD and IO
  });

  test.each([0xfffe, 0xffff, 0, 512, 3000, 2048])(
    'a byte count limit of %i changes blocks, not data',
    (limit) => {
      const bench = ready();
      expect(bench.packetData([0x28, 0, 0, 0, 0, 3, 0, 0, 4], limit)).toEqual([
        ...bench.disc.subarray(6144, 14336),
      ]);
    },
  );

  test('DEVICE RESET works while BSY is set', () => {
    const bench = ready();
    bench.ports.write8(0x1f7, 0xa0);
    expect(bench.ports.read8(CONTROL) & 0x80).toBe(0x80);
    bench.ports.write8(0x1f7, 0x08);
    bench.wait();
    expect(bench.status).toBe(0);
    expect([bench.register(4), bench.register(5)]).toEqual([0x14, 0xeb]);
    expect(bench.packetData([0x25]).length).toBe(8);
  });
});

describe('commands', () => {
  test('the first command after power-on meets a unit attention, once', () => {
    const bench = new IdeBench();
    bench.packet([0x00]);
    expect(bench.status).toBe(0x41);
    expect(bench.error).toBe(0x64);
    expect(sense(bench)).toEqual([6, 0x29, 0]);
    expect(sense(bench)).toEqual([0, 0, 0]);
    bench.packet([0x00]);
    expect(bench.status).toBe(0x40);
  });

  test('SRST is no power-on: no unit attention, and the drive reads at once', () => {
    const bench = ready();
    bench.ports.write8(CONTROL, 0x04);
    bench.ports.write8(CONTROL, 0x00);
    bench.wait();
    bench.ports.write8(0x1f6, 0xb0);
    expect([bench.register(4), bench.register(5)]).toEqual([0x14, 0xeb]);
    expect(bench.packetData([0x25]).length).toBe(8);
  });

  test('INQUIRY says CD-ROM, removable, and cuts to the allocation length', () => {
    const bench = new IdeBench();
    const data = bench.packetData([0x12, 0, 0, 0, 36]);
    expect(data.length).toBe(36);
    expect(data.slice(0, 2)).toEqual([0x05, 0x80]);
    expect(bench.packetData([0x12, 0, 0, 0, 5])).toEqual(data.slice(0, 5));
  });

  test('READ CAPACITY', () => {
    const data = ready().packetData([0x25]);
    expect([be32(data, 0), be32(data, 4)]).toEqual([19, 2048]);
  });

  test('READ(12)', () => {
    const bench = ready();
    expect(bench.packetData([0xa8, 0, 0, 0, 0, 19, 0, 0, 0, 1])).toEqual([...bench.disc.subarray(19 * 2048)]);
  });

  test.each([
    ['READ(10) past the end', [0x28, 0, 0, 0, 0, 19, 0, 0, 2], [5, 0x21, 0]],
    ['READ(12) far past the end', [0xa8, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [5, 0x21, 0]],
    ['an unknown operation', [0xc7], [5, 0x20, 0]],
    ['MODE SENSE of no such page', [0x5a, 0, 0x3e, 0, 0, 0, 0, 0, 64], [5, 0x24, 0]],
    ['MODE SENSE of saved values', [0x5a, 0, 0xea, 0, 0, 0, 0, 0, 64], [5, 0x39, 0]],
    ['READ TOC from track 5', [0x43, 0, 0, 0, 0, 0, 5, 0, 64], [5, 0x24, 0]],
    ['GET EVENT STATUS, asynchronous', [0x4a, 0, 0, 0, 0x10, 0, 0, 0, 8], [5, 0x24, 0]],
  ])('%s', (_name, cdb, expected) => {
    const bench = ready();
    bench.packet(cdb);
    expect(bench.status).toBe(0x41);
    expect(bench.error).toBe((expected[0]! << 4) | 4);
    expect(sense(bench)).toEqual(expected);
  });

  test.each([
    [
      'READ TOC',
      [0x43, 0, 0, 0, 0, 0, 0, 0, 64],
      [0, 18, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0, 0, 0x14, 0xaa, 0, 0, 0, 0, 20],
    ],
    [
      'READ TOC, MSF',
      [0x43, 2, 0, 0, 0, 0, 0, 0, 64],
      [0, 18, 1, 1, 0, 0x14, 1, 0, 0, 0, 2, 0, 0, 0x14, 0xaa, 0, 0, 0, 2, 20],
    ],
    [
      'READ TOC, session information',
      [0x43, 0, 1, 0, 0, 0, 0, 0, 64],
      [0, 10, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0],
    ],
    ['MECHANISM STATUS', [0xbd, 0, 0, 0, 0, 0, 0, 0, 0, 8], [0, 0, 0, 0, 0, 0, 0, 0]],
    ['GET EVENT STATUS, media', [0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8], [0, 6, 4, 0x10, 0, 2, 0, 0]],
    ['GET EVENT STATUS, another class', [0x4a, 1, 0, 0, 0x02, 0, 0, 0, 8], [0, 2, 0x80, 0x10]],
    ['GET CONFIGURATION, header', [0x46, 2, 0xff, 0xff, 0, 0, 0, 0, 8], [0, 0, 0, 4, 0, 0, 0, 8]],
  ])('%s', (_name, cdb, expected) => {
    expect(ready().packetData(cdb)).toEqual(expected);
  });

  test('MODE SENSE(10) of the capabilities page', () => {
    const data = ready().packetData([0x5a, 0, 0x2a, 0, 0, 0, 0, 0, 64]);
    expect(data.slice(0, 3)).toEqual([0, 26, 1]);
    expect(data.slice(8, 10)).toEqual([0x2a, 18]);
    expect(data.length).toBe(28);
  });

  test('READ DISC INFORMATION: one finalized session', () => {
    const data = ready().packetData([0x51, 0, 0, 0, 0, 0, 0, 0, 34]);
    expect(data.slice(0, 7)).toEqual([0, 32, 0x0e, 1, 1, 1, 1]);
  });

  test('the tray: prevented, then allowed, then out and in', () => {
    const bench = ready();
    bench.packet([0x1e, 0, 0, 0, 1]);
    bench.packet([0x1b, 0, 0, 0, 2]);
    expect(sense(bench)).toEqual([5, 0x53, 2]);
    bench.packet([0x1e, 0, 0, 0, 0]);
    bench.packet([0x1b, 0, 0, 0, 2]);
    expect(bench.cdrom.unit.isTrayOpen).toBe(true);
    bench.packet([0x00]);
    expect(sense(bench)).toEqual([2, 0x3a, 0]);
    bench.packet([0x1b, 0, 0, 0, 3]);
    bench.packet([0x00]);
    expect(sense(bench)).toEqual([6, 0x28, 0]);
    bench.packet([0x00]);
    expect(bench.status).toBe(0x40);
  });

  test('another disc', () => {
    const bench = ready();
    bench.cdrom.unit.changeMedium(new BufferBackend(new Uint8Array(2048 * 3).fill(7)));
    expect(bench.packetData([0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8])[4]).toBe(2);
    bench.packet([0x00]);
    expect(sense(bench)).toEqual([6, 0x28, 0]);
    expect(bench.packetData([0x28, 0, 0, 0, 0, 2, 0, 0, 1])[0]).toBe(7);
  });

  test('MODE SELECT takes its parameters and forgets them', () => {
    const bench = ready();
    bench.packet([0x55, 0x10, 0, 0, 0, 0, 0, 0, 8]);
    expect(bench.register(2)).toBe(0);
    for (let i = 0; i < 4; i++) bench.ports.write16(0x1f0, 0xffff);
    bench.wait();
    expect(bench.status).toBe(0x40);
  });
});
