import { describe, expect, test } from 'vitest';
import { IdeBench } from '../support/ide-bench.ts';

const BMIC = 0xc000;
const BMIS = 0xc002;

describe('bus-master reads', () => {
  test.each([
    ['the engine waits for the device', true],
    ['the device waits for the engine', false],
  ])('READ DMA, and %s', (_name, startsFirst) => {
    const bench = new IdeBench();
    bench.prdTable([
      [0x8000, 600],
      [0xa000, 424],
    ]);
    if (startsFirst) bench.ports.write8(BMIC, 0x09);
    bench.command(0xc8, { count: 2, lba: 4 });
    if (!startsFirst) {
      expect(bench.ports.read8(0x3f6) & 0x08).toBe(0x08);
      bench.ports.write8(BMIC, 0x09);
      bench.wait();
    }
    bench.clock.advance(10_000);
    expect(bench.irq.level).toBe(true);
    expect(bench.ports.read8(BMIS)).toBe(0x04);
    expect(bench.status).toBe(0x50);
    expect(bench.memory.load(0x8000, 600)).toEqual([...bench.image.subarray(2048, 2648)]);
    expect(bench.memory.load(0xa000, 424)).toEqual([...bench.image.subarray(2648, 3072)]);
    bench.ports.write8(BMIC, 0);
    bench.ports.write8(BMIS, 0x04);
    expect(bench.ports.read8(BMIS)).toBe(0);
  });

  test('a table longer than the transfer stays active, with the interrupt', () => {
    const bench = new IdeBench();
    bench.prdTable([[0x8000, 2048]]);
    bench.command(0xc8, { count: 1, lba: 0 });
    bench.ports.write8(BMIC, 0x09);
    bench.clock.advance(10_000);
    expect(bench.ports.read8(BMIS)).toBe(0x05);
  });

  test('a table shorter than the transfer ends inactive, without one', () => {
    const bench = new IdeBench();
    bench.prdTable([[0x8000, 512]]);
    bench.command(0xc8, { count: 2, lba: 0 });
    bench.ports.write8(BMIC, 0x09);
    bench.clock.advance(10_000);
    expect(bench.ports.read8(BMIS)).toBe(0x00);
    expect(bench.irq.level).toBe(false);
  });

  test('a count of 0 is 64 KiB, and a large transfer is whole', () => {
    const bench = new IdeBench();
    bench.prdTable([
      [0x10000, 0],
      [0x20000, 0],
    ]);
    bench.commandExt(0x25, 256, 1);
    bench.ports.write8(BMIC, 0x09);
    bench.clock.advance(10_000);
    expect(bench.ports.read8(BMIS)).toBe(0x04);
    expect(bench.memory.load(0x10000, 0x20000)).toEqual([...bench.image.subarray(512, 512 + 0x20000)]);
  });

  test('nothing moves without the bus master enable bit', () => {
    const bench = new IdeBench();
    bench.function.writeConfig(4, 1, 2);
    bench.prdTable([[0x8000, 512]]);
    bench.command(0xc8, { count: 1, lba: 0 });
    bench.ports.write8(BMIC, 0x09);
    bench.clock.advance(10_000);
    expect(bench.ports.read8(BMIS)).toBe(0x01);
    expect(bench.irq.level).toBe(false);
  });

  test('the wrong direction is an error', () => {
    const bench = new IdeBench();
    bench.prdTable([[0x8000, 512]]);
    bench.command(0xc8, { count: 1, lba: 0 });
    bench.ports.write8(BMIC, 0x01);
    expect(bench.ports.read8(BMIS)).toBe(0x02);
  });

  test('READ(10) by packet DMA', () => {
    const bench = new IdeBench();
    bench.packet([0x00]);
    bench.prdTable([[0x8000, 4096]]);
    bench.packet([0x28, 0, 0, 0, 0, 5, 0, 0, 2], 0, 1);
    bench.ports.write8(BMIC, 0x09);
    bench.clock.advance(10_000);
    expect(bench.ports.read8(BMIS)).toBe(0x04);
    expect(bench.status).toBe(0x40);
    expect(bench.register(2)).toBe(3);
    expect(bench.memory.load(0x8000, 4096)).toEqual([...bench.disc.subarray(10240, 14336)]);
  });
});

describe('bus-master writes', () => {
  test('WRITE DMA EXT, entries that do not end on sectors', () => {
    const bench = new IdeBench();
    bench.memory.store(
      0x8000,
      Array.from({ length: 1024 }, (_, i) => i ^ 0x5a),
    );
    bench.prdTable([
      [0x8000, 10],
      [0x800a, 1014],
    ]);
    bench.commandExt(0x35, 2, 20);
    bench.ports.write8(BMIC, 0x01);
    bench.clock.advance(10_000);
    expect(bench.ports.read8(BMIS)).toBe(0x04);
    expect([...bench.image.subarray(20 * 512, 22 * 512)]).toEqual(bench.memory.load(0x8000, 1024));
  });
});

test('the function: identity and registers', () => {
  const bench = new IdeBench();
  expect(bench.function.readConfig(0, 4)).toBe(0x70108086);
  expect(bench.function.readConfig(8, 4) >>> 8).toBe(0x010180);
  bench.ports.write32(0xc00c, 0xffffffff);
  expect(bench.ports.read32(0xc00c)).toBe(0xfffffffc);
  bench.ports.write8(BMIS, 0x60);
  expect(bench.ports.read8(BMIS)).toBe(0x60);
});
