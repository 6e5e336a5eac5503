import { describe, expect, test } from 'vitest';
import { I440fx, type PamSegment } from '../../src/devices/i440fx.ts';

function bridge() {
  const segments: PamSegment[] = [];
  const smram: string[] = [];
  const host = new I440fx({
    memoryBytes: 64 * 1024 * 1024,
    onPam: (segment) => segments.push(segment),
    onSmram: (c) => smram.push([c.enabled, c.open, c.closed, c.locked].map(Number).join('')),
  });
  host.seal();
  return { host, segments, smram };
}

describe('the 82441FX', () => {
  test('names itself', () => {
    const { host } = bridge();
    expect(host.readConfig(0, 4)).toBe(0x12378086);
    expect(host.readConfig(0x2c, 4)).toBe(0x11001af4);
    expect(host.readConfig(0x67, 1)).toBe(8);
  });

  test.each([
    // register value  base     bytes    reads  writes
    [0x59, 0x30, 0xf0000, 0x10000, true, true],
    [0x59, 0x20, 0xf0000, 0x10000, false, true],
    [0x5a, 0x01, 0xc0000, 0x4000, true, false],
    [0x5a, 0x20, 0xc4000, 0x4000, false, true],
    [0x5d, 0x03, 0xd8000, 0x4000, true, true],
    [0x5f, 0x30, 0xec000, 0x4000, true, true],
  ])('PAM register %i = %i', (register, value, base, bytes, readsDram, writesDram) => {
    const { host, segments } = bridge();
    host.writeConfig(register, value, 1);
    expect(segments).toEqual([{ base, bytes, readsDram, writesDram }]);
    host.writeConfig(register, value | 0xcc, 1);
    expect(segments.length).toBe(1);
    expect(host.readConfig(register, 1)).toBe(value);
    host.reset();
    expect(segments[1]).toEqual({ base, bytes, readsDram: false, writesDram: false });
  });

  test('one write of four registers reports every segment that changed', () => {
    const { host, segments } = bridge();
    host.writeConfig(0x5c, 0x33333333, 4);
    expect(segments.map((s) => s.base)).toEqual([
      0xd0000, 0xd4000, 0xd8000, 0xdc000, 0xe0000, 0xe4000, 0xe8000, 0xec000,
    ]);
  });

  test('SMRAM opens, closes and locks', () => {
    const { host, smram } = bridge();
    expect(host.readConfig(0x72, 1)).toBe(0x02);
    host.writeConfig(0x72, 0x4a, 1);
    host.writeConfig(0x72, 0x1a, 1);
    expect(host.readConfig(0x72, 1)).toBe(0x1a);
    host.writeConfig(0x72, 0x6a, 1); // Locked: only D_CLS.
    expect(host.readConfig(0x72, 1)).toBe(0x3a);
    expect(smram).toEqual(['1100', '1001', '1011']);
    host.reset();
    expect(host.readConfig(0x72, 1)).toBe(0x02);
  });
});
