import { describe, expect, test } from 'vitest';
import { BufferBackend, OverlayBackend, ReadOnlyBackend } from '../../src/devices/block.ts';

const image = () => Uint8Array.from({ length: 512 * 20 + 100 }, (_, i) => i * 7);

describe('an image in memory', () => {
  test('a last sector that is not whole is padded with zeros', () => {
    const disk = new BufferBackend(image());
    expect(disk.sectors).toBe(21);
    const last = disk.read(20, 2);
    expect(last.length).toBe(1024);
    expect([...last.subarray(98, 104)]).toEqual([...image().subarray(512 * 20 + 98), 0, 0, 0, 0]);
    disk.write(20, new Uint8Array(512).fill(1));
    expect(disk.bytes.length).toBe(512 * 20 + 100);
    expect(disk.bytes[512 * 20 + 99]).toBe(1);
  });

  test('a read-only medium has no write', () => {
    const medium: { write?: unknown; sectors: number } = new ReadOnlyBackend(new BufferBackend(image()));
    expect(medium.write).toBeUndefined();
    expect(medium.sectors).toBe(21);
  });
});

describe('copy on write', () => {
  test('reads see writes, the base does not', () => {
    const base = new BufferBackend(image());
    const overlay = new OverlayBackend(base);
    overlay.write(6, new Uint8Array(512 * 3).fill(9));
    const bytes = overlay.read(5, 5);
    expect([bytes[0], bytes[512], bytes[511 + 512 * 3], bytes[512 * 4]]).toEqual([
      image()[5 * 512],
      9,
      9,
      image()[9 * 512],
    ]);
    expect(base.bytes).toEqual(image());
    expect([...overlay.written.keys()]).toEqual([0, 1]);
  });

  test('commit merges, restore takes a snapshot back', () => {
    const base = new BufferBackend(image());
    const overlay = new OverlayBackend(base);
    overlay.write(19, new Uint8Array(1024).fill(3));
    const saved = [...overlay.written].map(([n, bytes]) => [n, bytes.slice()] as const);
    overlay.commit();
    expect(overlay.written.size).toBe(0);
    expect([base.bytes[19 * 512 - 1], base.bytes[19 * 512], base.bytes.at(-1)]).toEqual([
      image()[19 * 512 - 1],
      3,
      3,
    ]);
    const other = new OverlayBackend(new BufferBackend(image()));
    other.restore(saved);
    expect(other.read(19, 2)).toEqual(new Uint8Array(1024).fill(3));
  });
});
