import { describe, expect, it } from 'vitest';
import { LoadArea } from '../../src/boot/load-area.ts';
import { createMemoryMap } from '../../src/boot/memory-map.ts';
import { bootErrorOf } from '../support/boot-error-of.ts';
import { counting } from '../support/image-builder.ts';

const area = () => new LoadArea(createMemoryMap(16 << 20));
const file = (bytes: number) => ({ name: 'f', bytes: counting(bytes) });

describe('LoadArea', () => {
  it('puts files as high as they go, on their alignment, below a limit', () => {
    const a = area();
    expect(a.putHigh(file(1), 'initrd', 0x1000).start).toBe(0xfff000);
    expect(a.putHigh(file(1), 'initrd', 0x1000).start).toBe(0xffe000);
    expect(a.putHigh(file(0x1001), 'initrd', 0x1000, 0x400000).start).toBe(0x3fe000);
    expect(a.writes.map(({ physical, what }) => [physical, what])).toEqual([
      [0xfff000, 'initrd f'],
      [0xffe000, 'initrd f'],
      [0x3fe000, 'initrd f'],
    ]);
  });

  it('gives a file of no bytes no place', () => {
    const a = area();
    expect(a.putHigh(file(0), 'initrd', 0x1000)).toMatchObject({ start: 0, bytes: 0 });
    expect(a.writes).toEqual([]);
  });

  it('builds structures for the address they get, below 640 KiB', () => {
    const a = area();
    const bases: number[] = [];
    const put = () =>
      a.putLow('k', 'structure', (base) => {
        bases.push(base);
        return new Uint8Array(24);
      });
    expect([put(), put()]).toEqual([0x10000, 0x10020]);
    expect(bases).toEqual([0, 0x10000, 0, 0x10020]);
    expect(bootErrorOf(() => a.putLow('k', 'structure', () => new Uint8Array(0x90000)))).toBe(
      'k: structure size is 0x90000, expected at most 0x7ffc0 free bytes in 0x10000-0x8ffff',
    );
  });

  it('never puts two things at one place', () => {
    const a = area();
    a.putAt(file(0x2000), 'module', 0xffe000);
    expect(a.putHigh(file(1), 'module', 0x1000).start).toBe(0xffd000);
    expect(bootErrorOf(() => a.putAt(file(1), 'module', 0xfff000))).toBe(
      'f: module address is 0xfff000-0xfff000, expected memory that module f (0xffe000-0xffffff) does not occupy',
    );
  });
});
