import { describe, expect, it } from 'vitest';
import {
  type EntryState,
  entryState,
  fillUnusedRam,
  Garbage,
  hostileEntryState,
  loaderGdt,
  unusedRam,
} from '../../src/boot/machine-state.ts';

const VALUES = { eax: 0x2badb002, ebx: 0x10000, eip: 0x100000 };
const SEGMENTS = ['cs', 'ds', 'es', 'fs', 'gs', 'ss'] as const;

/** What the specifications promise; everything else may be anything. */
function expectPromises(state: EntryState): void {
  expect(state).toMatchObject({ ...VALUES, mode: 'protected-32', a20: true });
  expect(state.cr0 & 0x80000001).toBe(1);
  expect(state.eflags & ((1 << 17) | (1 << 9))).toBe(0);
  expect(state.eflags & 2).toBe(2);
  for (const name of SEGMENTS) {
    const segment = state[name];
    expect(segment).toMatchObject({
      base: 0,
      limit: 0xffffffff,
      attributes: name === 'cs' ? 0xc09b : 0xc093,
    });
    expect(segment.selector & 0xfffc).not.toBe(0);
    expect(segment.selector & 7).toBe(0);
  }
}

describe('entryState', () => {
  it('is what GRUB leaves behind', () => {
    const state = entryState(VALUES, { base: 0x1000, limit: 31 });
    expectPromises(state);
    expect(state).toMatchObject({ esp: 0x7ff00, cr0: 0x11, eflags: 2, gdtr: { base: 0x1000, limit: 31 } });
    expect([state.ecx, state.edx, state.esi, state.edi, state.ebp]).toEqual([0, 0, 0, 0, 0]);
  });

  it('points to a table whose descriptors match the selectors', () => {
    const view = new DataView(loaderGdt().buffer);
    const attributes = (selector: number): number => (view.getUint32(selector + 4, true) >>> 8) & 0xf0ff;
    const state = entryState(VALUES, { base: 0, limit: 31 });
    expect(view.byteLength).toBe(32);
    expect(attributes(state.cs.selector)).toBe(state.cs.attributes);
    expect(attributes(state.ds.selector)).toBe(state.ds.attributes);
  });
});

describe('hostileEntryState', () => {
  it('keeps every promise for any seed, and the flags that would fault at once clear', () => {
    for (let seed = -300; seed < 300; seed++) {
      const state = hostileEntryState(VALUES, new Garbage(seed));
      expectPromises(state);
      expect(state.eflags & ((1 << 8) | (1 << 14) | (1 << 16))).toBe(0);
    }
  });

  it('is the same for the same seed and different for another', () => {
    const of = (seed: number): EntryState => hostileEntryState(VALUES, new Garbage(seed));
    expect(of(1)).toEqual(of(1));
    const [a, b] = [of(1), of(2)];
    for (const register of ['ecx', 'edx', 'esi', 'edi', 'ebp', 'esp'] as const) {
      expect(a[register]).not.toBe(b[register]);
    }
    expect(a.gdtr).not.toEqual(b.gdtr);
  });
});

describe('fillUnusedRam', () => {
  const ranges = [
    { start: 0x1001, end: 0x1007, what: 'a' },
    { start: 0x100000, end: 0x100800, what: 'b' },
  ];

  it('leaves what is placed, what the firmware owns, and the holes', () => {
    expect(unusedRam(ranges, 0x200000)).toEqual([
      { start: 0x500, end: 0x1001 },
      { start: 0x1007, end: 0x9fc00 },
      { start: 0x100800, end: 0x200000 },
    ]);
    const ram = new Uint8Array(0x200000);
    fillUnusedRam(ram, ranges, 7);
    const cleared = (start: number, end: number): boolean => ram.subarray(start, end).every((b) => b === 0);
    expect(cleared(0, 0x500) && cleared(0x1001, 0x1007) && cleared(0x9fc00, 0x100800)).toBe(true);
    for (let at = 0x100800; at < 0x200000; at += 64) expect(cleared(at, at + 64)).toBe(false);
  });

  it('gives the same bytes for the same seed, wherever RAM lies in its buffer', () => {
    const fill = (seed: number, offset: number): Uint8Array => {
      const ram = new Uint8Array(0x200003).subarray(offset, offset + 0x200000);
      fillUnusedRam(ram, ranges, seed);
      return ram.slice();
    };
    expect(Buffer.compare(fill(7, 0), fill(7, 0))).toBe(0);
    expect(Buffer.compare(fill(7, 0), fill(8, 0))).not.toBe(0);
    expect(
      fill(7, 3)
        .subarray(0x100000, 0x100800)
        .every((b) => b === 0),
    ).toBe(true);
  });

  it('is fast enough for 128 MiB', () => {
    const ram = new Uint8Array(128 << 20);
    const start = performance.now();
    fillUnusedRam(ram, [], 1);
    expect(performance.now() - start).toBeLessThan(3000);
  });
});
