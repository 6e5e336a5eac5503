import { describe, expect, it } from 'vitest';
import {
  directGdt,
  linux32EntryState,
  linux64EntryState,
  pvhEntryState,
} from '../../src/boot/direct-entry.ts';
import { Garbage } from '../../src/boot/machine-state.ts';

const LINUX = { entry: 0x100000, bootParameters: 0x10000, gdt: { base: 0x20000, limit: 31 }, esp: 0x30000 };

describe('entry states with garbage in what a protocol leaves open', () => {
  it('keep the promises of each protocol for any seed', () => {
    for (let seed = 0; seed < 200; seed++) {
      const pvh = pvhEntryState({ entry: 0x1000, startInfo: 0x2000 }, new Garbage(seed));
      expect(pvh).toMatchObject({ ebx: 0x2000, eip: 0x1000, cr0: 0x11, mode: 'protected-32' });
      const linux32 = linux32EntryState(LINUX, new Garbage(seed));
      expect(linux32).toMatchObject({ esi: 0x10000, ebp: 0, edi: 0, ebx: 0, esp: 0x30000, cr0: 0x11 });
      const linux64 = linux64EntryState({ ...LINUX, pageTables: 0x40000 }, new Garbage(seed));
      expect(linux64).toMatchObject({ esi: 0x10000, cr3: 0x40000, efer: 0x500, mode: 'long-64' });
      // IF, TF, NT and VM are clear; DF too, except that PVH does not say so.
      for (const state of [pvh, linux32, linux64]) expect(state.eflags & 0x24302).toBe(2);
      for (const state of [linux32, linux64]) expect(state.eflags & 0x400).toBe(0);
    }
  });
});

it('the descriptors of the table are those of the segment registers', () => {
  for (const [size, state] of [
    [32, linux32EntryState(LINUX)],
    [64, linux64EntryState({ ...LINUX, pageTables: 0 })],
  ] as const) {
    const view = new DataView(directGdt(size).buffer);
    const attributes = (selector: number) => (view.getUint32(selector + 4, true) >>> 8) & 0xf0ff;
    expect([attributes(state.cs.selector), attributes(state.ds.selector)]).toEqual([
      state.cs.attributes,
      state.ds.attributes,
    ]);
  }
});
