import { describe, expect, test } from 'vitest';
import { IdeChannel } from '../../src/devices/ide.ts';
import { CONTROL, DATA, IdeBench, STATUS } from '../support/ide-bench.ts';
import { TestLine } from '../support/test-clock.ts';

describe('an ATA channel', () => {
  test('signatures after SRST tell a disk from a packet device', () => {
    const bench = new IdeBench();
    bench.ports.write8(CONTROL, 0x04);
    expect(bench.ports.read8(CONTROL)).toBe(0x80);
    bench.ports.write8(CONTROL, 0x00);
    bench.wait();
    const signature = (device: number) => {
      bench.ports.write8(DATA + 6, device);
      return [1, 2, 3, 4, 5].map((n) => bench.register(n));
    };
    expect(signature(0xa0)).toEqual([1, 1, 1, 0, 0]);
    expect(bench.status).toBe(0x50);
    expect(signature(0xb0)).toEqual([1, 1, 1, 0x14, 0xeb]);
    expect(bench.status).toBe(0);
  });

  test('EXECUTE DEVICE DIAGNOSTIC goes to both and interrupts once', () => {
    const bench = new IdeBench();
    bench.ports.write8(DATA + 6, 0xb0);
    bench.ports.write8(STATUS, 0x90);
    bench.wait();
    expect(bench.irq.edges).toBe(1);
    expect(bench.error).toBe(1);
    expect(bench.register(4)).toBe(0);
  });

  test('nIEN holds the interrupt back, and no longer', () => {
    const bench = new IdeBench();
    bench.ports.write8(CONTROL, 0x02);
    bench.command(0xe7);
    expect(bench.irq.level).toBe(false);
    bench.ports.write8(CONTROL, 0x00);
    expect(bench.irq.level).toBe(true);
    bench.ports.read8(CONTROL); // The alternate status does not clear it.
    expect(bench.irq.level).toBe(true);
    bench.ports.read8(STATUS);
    expect(bench.irq.level).toBe(false);
  });

  test('without devices the pull-down of DD7 is seen, with one the other reads as zeros', () => {
    const bench = new IdeBench();
    expect(bench.ports.read8(0x177)).toBe(0x7f);
    expect(bench.ports.read16(0x170)).toBe(0xff7f);
    bench.channel.plug(1, undefined);
    bench.ports.write8(DATA + 6, 0xb0);
    bench.ports.write8(DATA + 2, 0x55);
    expect([2, 3, 7].map((n) => bench.register(n))).toEqual([0, 0, 0]);
    bench.ports.write8(STATUS, 0xec);
    bench.ports.write8(DATA + 6, 0xa0);
    expect(bench.status).toBe(0x50);
  });

  test('doublewords of the data register are two words', () => {
    const bench = new IdeBench();
    bench.command(0x20, { count: 1, lba: 3 });
    const bytes = bench.image.subarray(3 * 512);
    expect(bench.ports.read32(DATA)).toBe(new DataView(bytes.slice(0, 4).buffer).getUint32(0, true));
    expect(bench.ports.read16(DATA)).toBe(bytes[4]! | (bytes[5]! << 8));
  });

  test('an empty channel takes anything', () => {
    const channel = new IdeChannel(new TestLine());
    for (let offset = 0; offset <= 8; offset++) {
      channel.writePort(offset, 0x90);
      channel.writePort16(offset, 0x9090);
      channel.writePort32(offset, 0x90909090);
      expect(channel.readPort32(offset)).toBeGreaterThanOrEqual(0);
    }
    channel.reset();
  });
});
