import { describe, expect, test } from 'vitest';
import { type PortDevice, PortSpace } from '../../src/bus/ports.ts';

function recorder(): PortDevice & { log: string[] } {
  const log: string[] = [];
  return {
    log,
    readPort(offset) {
      log.push(`r${offset}`);
      return 0x10 + offset;
    },
    writePort(offset, value) {
      log.push(`w${offset}=${value}`);
    },
  };
}

describe('PortSpace', () => {
  test('wide accesses are split into bytes, low first', () => {
    const ports = new PortSpace();
    const device = recorder();
    ports.attach(0x60, 4, device);
    expect(ports.read32(0x60)).toBe(0x13121110);
    ports.write16(0x61, 0xabcd);
    expect(device.log).toEqual(['r0', 'r1', 'r2', 'r3', 'w1=205', 'w2=171']);
  });

  test('a device that takes words gets them whole', () => {
    const ports = new PortSpace();
    const words: number[] = [];
    ports.attach(0x1f0, 8, {
      ...recorder(),
      readPort16: () => 0x1234,
      writePort16: (_, value) => void words.push(value),
    });
    expect(ports.read16(0x1f0)).toBe(0x1234);
    expect(ports.read32(0x1f0)).toBe(0x12341234);
    ports.write16(0x1f0, 0x1beef);
    expect(words).toEqual([0xbeef]);
  });

  test('holes read as ones and are counted by port', () => {
    const ports = new PortSpace();
    expect(ports.read8(0x378)).toBe(0xff);
    expect(ports.read16(0x378)).toBe(0xffff);
    expect(ports.read32(0xffff)).toBe(0xffffffff);
    ports.write8(0x378, 1);
    expect(ports.unclaimed.get(0x378)).toBe(3);
    expect(ports.unclaimed.get(0x379)).toBe(1);
  });

  test('a port cannot be claimed twice, and can be released', () => {
    const ports = new PortSpace();
    ports.attach(0x60, 2, recorder());
    expect(() => ports.attach(0x61, 1, recorder())).toThrow('port 0x61 is claimed twice');
    ports.detach(0x60, 2);
    ports.attach(0x61, 1, recorder());
    expect(ports.read8(0x61)).toBe(0x10);
  });
});
