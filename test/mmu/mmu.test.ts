import { describe, expect, test } from 'vitest';
import type { MmioDevice } from '../../src/bus/address-space.ts';
import { CR0_AM, CR4_SMAP, CR4_SMEP } from '../../src/isa/control.ts';
import { RFLAGS_AC } from '../../src/isa/rflags.ts';
import { ALL, at, Fixture, P, RW, US } from './paging-fixture.ts';

const LINEAR = 0xffff_8800_0040_0000n;
const ACCESSED = 0x20n;
const MMIO = 0xf000_0000;
const ROM = 0xfff0_0000;

/** Two pages that follow each other in linear memory but not in physical memory. */
function twoPages(first: bigint = ALL, second: bigint = ALL): Fixture {
  const f = new Fixture();
  f.map(LINEAR, 0x305000, first);
  f.map(LINEAR + 0x1000n, 0x302000, second);
  f.space.load(0x305ff8, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
  f.space.load(0x302000, Uint8Array.of(0x81, 0x92, 0xa3, 0xb4, 0xc5, 0xd6, 0xe7, 0xf8));
  return f;
}

/** The 16 bytes around the boundary. */
function boundary(f: Fixture): number[] {
  const u8 = f.space.u8;
  const ram = f.space.memory.ramOffset;
  return [...u8.subarray(ram + 0x305ff8, ram + 0x306000), ...u8.subarray(ram + 0x302000, ram + 0x302008)];
}

const BYTES = [1, 2, 3, 4, 5, 6, 7, 8, 0x81, 0x92, 0xa3, 0xb4, 0xc5, 0xd6, 0xe7, 0xf8];

function valueAt(offset: number, bytes: number): bigint {
  return BYTES.slice(offset, offset + bytes).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

type Width = 1 | 2 | 4 | 8;
const WIDTHS: readonly Width[] = [1, 2, 4, 8];

/** The value as unsigned 64 bits, and what the method itself must answer. */
function read(f: Fixture, how: 'read' | 'modify' | 'readSystem', bytes: Width, linear: bigint): bigint {
  const [lo, hi] = at(linear);
  const name = `${how}${bytes * 8}` as 'read8' | 'read16' | 'read32' | 'read64';
  const value = (f.mmu as unknown as Record<string, (lo: number, hi: number) => number>)[name]!(lo, hi);
  if (bytes <= 2) return BigInt(value);
  if (bytes === 4) return BigInt.asUintN(32, BigInt(value));
  return (BigInt.asUintN(32, BigInt(f.mmu.high)) << 32n) | BigInt.asUintN(32, BigInt(value));
}

function write(
  f: Fixture,
  how: 'write' | 'commit' | 'writeSystem',
  bytes: Width,
  linear: bigint,
  value: bigint,
): void {
  const words = at(BigInt.asIntN(64, value));
  const operands = bytes === 8 ? words : [words[0]];
  const methods = f.mmu as unknown as Record<string, (...operands: number[]) => void>;
  if (how === 'commit') methods[`commit${bytes * 8}`]!(...operands);
  else methods[`${how}${bytes * 8}`]!(...at(linear), ...operands);
}

describe.each(WIDTHS)('%i bytes', (bytes) => {
  const places = Array.from({ length: 17 - bytes }, (_, offset) => offset);

  test('are read at every place around a page boundary', () => {
    const f = twoPages();
    for (const how of ['read', 'modify', 'readSystem'] as const) {
      for (const offset of places) {
        expect([how, offset, read(f, how, bytes, LINEAR + 0xff8n + BigInt(offset))]).toEqual([
          how,
          offset,
          valueAt(offset, bytes),
        ]);
      }
    }
  });

  test('are written at every place, and nothing beside them', () => {
    const value = BigInt.asUintN(bytes * 8, 0x1122_3344_5566_7788n);
    for (const how of ['write', 'commit', 'writeSystem'] as const) {
      for (const offset of places) {
        const f = twoPages();
        const linear = LINEAR + 0xff8n + BigInt(offset);
        // Both pages have fast tags by now: a crosser must not take the one of its first page.
        write(f, 'write', 1, LINEAR, 0n);
        write(f, 'write', 1, LINEAR + 0x1800n, 0n);
        if (how === 'commit') read(f, 'modify', bytes, linear);
        write(f, how, bytes, linear, value);
        const expected = [...BYTES];
        for (let n = 0; n < bytes; n++) expected[offset + n] = Number((value >> BigInt(8 * n)) & 0xffn);
        expect([how, offset, boundary(f)]).toEqual([how, offset, expected]);
      }
    }
  });

  test('a crosser whose second page faults writes nothing and names the first byte of that page', () => {
    for (const offset of places.filter((o) => o < 8 && o + bytes > 8)) {
      const f = twoPages(ALL, P | US);
      const linear = LINEAR + 0xff8n + BigInt(offset);
      expect(f.outcome(() => write(f, 'write', bytes, linear, 0n))).toBe('#PF(0x3)');
      expect(f.cr2()).toBe(LINEAR + 0x1000n);
      expect(f.outcome(() => read(f, 'modify', bytes, linear))).toBe('#PF(0x3)');
      expect(boundary(f)).toEqual(BYTES);
      expect(f.outcome(() => read(f, 'read', bytes, linear))).toBe('ok');
    }
  });

  test('a crosser whose first page faults names its own first byte', () => {
    for (const offset of places.filter((o) => o < 8 && o + bytes > 8)) {
      const f = twoPages(P | US, P | US);
      const linear = LINEAR + 0xff8n + BigInt(offset);
      expect(f.outcome(() => write(f, 'write', bytes, linear, 0n))).toBe('#PF(0x3)');
      expect(f.cr2()).toBe(linear);
    }
  });

  test('a crosser is aligned to nothing, and neither is a misaligned access: #AC(0) for the user who asked', () => {
    const f = twoPages();
    f.control({ cr0: f.word('cr0') | CR0_AM, rflags: RFLAGS_AC });
    const outcomes = () =>
      places.map((offset) => {
        const linear = LINEAR + 0xff8n + BigInt(offset);
        const value = valueAt(offset, bytes);
        const results = [
          f.outcome(() => read(f, 'read', bytes, linear)),
          f.outcome(() => write(f, 'write', bytes, linear, value)),
          f.outcome(() => read(f, 'modify', bytes, linear)),
        ];
        expect(f.outcome(() => read(f, 'readSystem', bytes, linear))).toBe('ok');
        return new Set(results).size === 1 ? results[0] : results;
      });
    expect(outcomes()).toEqual(places.map(() => 'ok')); // The supervisor is never asked.
    f.control({ cpl: 3 });
    const expected = places.map((offset) => (offset % bytes === 0 ? 'ok' : '#AC(0x0)'));
    expect(outcomes()).toEqual(expected);
    expect(boundary(f)).toEqual(BYTES);
    f.control({ rflags: 0 });
    expect(outcomes()).toEqual(places.map(() => 'ok'));
  });
});

test('#AC of a misaligned access by compiled code comes before the walk, which would set accessed bits', () => {
  const f = twoPages();
  const entry = f.entryAt(LINEAR, 1);
  f.control({ cr0: f.word('cr0') | CR0_AM, rflags: RFLAGS_AC, cpl: 3 });
  expect(f.mmu.direct(...at(LINEAR + 1n), 4, 0), 'not to be had directly').toBe(-1);
  expect(f.entry(entry) & ACCESSED).toBe(0n);
  expect(f.outcome(() => read(f, 'read', 4, LINEAR + 1n))).toBe('#AC(0x0)');
  expect(f.entry(entry) & ACCESSED).toBe(0n);
  read(f, 'read', 4, LINEAR);
  expect(f.entry(entry) & ACCESSED).toBe(ACCESSED);
});

describe('the end of the address space', () => {
  test('below the hole an access that runs into it is #GP(0), whatever its first page says', () => {
    const f = new Fixture();
    expect(f.outcome(() => f.mmu.read32(...at(0x7fff_ffff_fffen)))).toBe('#GP(0x0)');
    expect(f.outcome(() => f.mmu.probeRead(...at(0x7fff_ffff_ff00n), 0x200))).toBe('#GP(0x0)');
    expect(f.outcome(() => f.mmu.probeRead(...at(0x7fff_ffff_ff00n), 0x100))).toBe('#PF(0x0)');
  });

  test('in 64-bit mode the next page after 4 GiB is at 4 GiB; outside of it at 0', () => {
    const f = new Fixture();
    f.map(0xffff_f000n, 0x301000);
    f.map(0x1_0000_0000n, 0x302000);
    f.mmu.write32(-2, 0, 0x44332211);
    expect(f.space.read16(0x302000)).toBe(0x4433);
    const g = new Fixture('32-bit');
    g.map(0xffff_f000n, 0x301000);
    g.map(0n, 0x302000);
    g.mmu.write32(-2, 0, 0x44332211);
    expect([g.space.read16(0x301ffe), g.space.read16(0x302000)]).toEqual([0x2211, 0x4433]);
    g.mmu.probeWrite(-2, 0, 4);
  });
});

describe('devices and ROM', () => {
  class Recorder implements MmioDevice {
    readonly log: string[] = [];
    readMmio(offset: number, bytes: number): number {
      this.log.push(`read${bytes} ${offset.toString(16)}`);
      return 0xa0 + offset;
    }
    writeMmio(offset: number, value: number, bytes: number): void {
      this.log.push(`write${bytes} ${offset.toString(16)}=${value.toString(16)}`);
    }
  }

  function withDevice() {
    const f = new Fixture();
    const device = new Recorder();
    f.space.attachMmio(MMIO, 0x2000, device);
    f.map(LINEAR, MMIO);
    f.map(LINEAR + 0x1000n, 0x302000);
    return { f, device };
  }

  test('a device sees each access once, with its size; eight bytes as two accesses of four', () => {
    const { f, device } = withDevice();
    for (let round = 0; round < 2; round++) {
      expect(read(f, 'read', 4, LINEAR + 0x10n)).toBe(0xb0n);
      write(f, 'write', 2, LINEAR + 0x20n, 0xbeefn);
      read(f, 'modify', 1, LINEAR + 0x30n);
      write(f, 'commit', 1, LINEAR, 0x77n);
      read(f, 'read', 8, LINEAR + 0x40n);
      write(f, 'write', 8, LINEAR + 0x50n, 0x1_0000_0002n);
    }
    const once = [
      'read4 10',
      'write2 20=beef',
      'read1 30',
      'write1 30=77',
      'read4 40',
      'read4 44',
      'write4 50=2',
      'write4 54=1',
    ];
    expect(device.log).toEqual([...once, ...once]);
    expect(f.mmu.counters.walks[0]).toBe(2); // Mapped once, made dirty once: no walk for each access.
  });

  test('a commit goes where the last modify was, whatever the one before it met', () => {
    const { f, device } = withDevice();
    const commits = [
      LINEAR + 0x1010n,
      LINEAR + 0x10n,
      LINEAR + 0xffen,
      LINEAR + 0x18n,
      LINEAR + 0xffen,
      LINEAR + 0x1010n,
    ];
    read(f, 'modify', 4, LINEAR + 0x1010n);
    for (const linear of commits) {
      device.log.length = 0;
      f.space.write32(0x302000, 0);
      f.space.write32(0x302010, 0);
      read(f, 'modify', 4, linear);
      write(f, 'commit', 4, linear, 0x4433_2211n);
      const where = [
        device.log.filter((line) => line.startsWith('write')).join(' '),
        f.space.read32(0x302000).toString(16),
        f.space.read32(0x302010).toString(16),
      ];
      const inDevice = `write4 ${(linear & 0xfffn).toString(16)}=44332211`;
      if (linear === LINEAR + 0x1010n) expect(where).toEqual(['', '0', '44332211']);
      else if (linear === LINEAR + 0xffen)
        expect(where).toEqual(['write1 ffe=11 write1 fff=22', '4433', '0']);
      else expect(where).toEqual([inDevice, '0', '0']);
    }
  });

  test('an access from a device page into memory is split into bytes', () => {
    const { f, device } = withDevice();
    write(f, 'write', 4, LINEAR + 0xffen, 0x4433_2211n);
    expect(device.log).toEqual(['write1 ffe=11', 'write1 fff=22']);
    expect(f.space.read16(0x302000)).toBe(0x4433);
    expect(read(f, 'read', 4, LINEAR + 0xffen)).toBe(0x4433_9f9en);
  });

  test('instructions come from a device byte by byte', () => {
    const { f, device } = withDevice();
    expect(f.mmu.fetchHost(...at(LINEAR + 5n))).toBe(-1);
    expect(f.mmu.fetchHost(...at(LINEAR + 5n))).toBe(-1);
    expect(f.mmu.fetchByte(...at(LINEAR + 5n))).toBe(0xa5);
    expect(device.log).toEqual(['read1 5']);
  });

  test('ROM is read like memory; writes vanish', () => {
    const f = new Fixture();
    f.space.attachRom(ROM, new Uint8Array(4096).fill(0xee));
    f.map(LINEAR, ROM);
    expect(read(f, 'read', 4, LINEAR)).toBe(0xeeee_eeeen);
    write(f, 'write', 4, LINEAR, 0n);
    read(f, 'modify', 2, LINEAR);
    write(f, 'commit', 2, LINEAR, 0n);
    expect(read(f, 'read', 4, LINEAR)).toBe(0xeeee_eeeen);
    expect(f.mmu.fetchByte(...at(LINEAR + 1n))).toBe(0xee);
    expect(f.mmu.hostForWrite(...at(LINEAR))).toBe(-1);
    expect(f.mmu.hostForRead(...at(LINEAR))).toBeGreaterThan(0);
  });
});

describe('code pages', () => {
  function withCode() {
    const f = twoPages();
    const writes: [number, number][] = [];
    f.mmu.onCodeWrite = (physical, bytes) => {
      // The bytes are stored by then.
      writes.push([physical, bytes]);
    };
    return { f, writes };
  }

  test('tell of every write, also through tags that were fast before, in any address space and class', () => {
    const { f, writes } = withCode();
    f.map(LINEAR + 0x8000n, 0x305000);
    for (const cpl of [0, 3]) {
      f.control({ cpl });
      write(f, 'write', 4, LINEAR, 1n);
      write(f, 'write', 4, LINEAR + 0x8000n, 1n);
    }
    f.mmu.markCode(0x305);
    for (const cpl of [0, 3]) {
      f.control({ cpl });
      write(f, 'write', 4, LINEAR + 4n, 1n);
      write(f, 'write', 8, LINEAR + 0x8010n, 1n);
      read(f, 'modify', 2, LINEAR + 0x20n);
      write(f, 'commit', 2, LINEAR, 1n);
      write(f, 'writeSystem', 1, LINEAR + 0x30n, 1n);
    }
    const once = [[0x305004, 4], [0x305010, 8], [0x305020, 2], [0x305030, 1]]; // biome-ignore format: a row.
    expect(writes).toEqual([...once, ...once]);
    read(f, 'read', 4, LINEAR);
    write(f, 'write', 4, LINEAR + 0x1000n, 1n);
    expect(writes).toHaveLength(8);
  });

  test('a crosser tells each page of its own part', () => {
    const { f, writes } = withCode();
    f.mmu.markCode(0x305);
    f.mmu.markCode(0x302);
    write(f, 'write', 4, LINEAR + 0xfffn, 1n);
    expect(writes).toEqual([[0x305fff, 1], [0x302000, 3]]); // biome-ignore format: a row.
  });

  test('nothing is told after the mark is gone, and a new mark works however fast the tag has become', () => {
    const { f, writes } = withCode();
    f.mmu.markCode(0x305);
    f.mmu.unmarkCode(0x305);
    for (let n = 0; n < 1000; n++) write(f, 'write', 4, LINEAR, 1n);
    expect(writes).toEqual([]);
    f.mmu.markCode(0x305);
    write(f, 'write', 4, LINEAR, 1n);
    expect(writes).toEqual([[0x305000, 4]]);
  });

  test('accessed and dirty flags of a page table that holds code are writes too', () => {
    const { f, writes } = withCode();
    const entry = f.map(LINEAR + 0x5000n, 0x306000);
    f.mmu.markCode(entry >>> 12);
    f.access('write', LINEAR + 0x5000n);
    expect(writes.map(([physical]) => physical)).toEqual([entry, entry]);
  });

  test('compiled code may write beside the code, one write at a time, and to code not at all', () => {
    const { f } = withCode();
    const asked: [number, number][] = [];
    const { ramPages } = f.mmu.saved;
    ramPages.isCode = (physical, bytes) => {
      asked.push([physical, bytes]);
      return physical < 0x305104 && physical + bytes > 0x305100;
    };
    f.mmu.markCode(0x305);
    ramPages.dirty[0x305] = 0;
    const direct = (offset: bigint, isRun = false) => f.mmu.direct(...at(LINEAR + offset), 8, 1, isRun);
    expect(direct(0x0f9n), 'up to the first byte of code').toBe(-1);
    expect(direct(0x103n), 'from the last byte of code').toBe(-1);
    expect(ramPages.dirty[0x305], 'nothing is written by then').toBe(0);
    expect(direct(0x0f8n)).toBeGreaterThanOrEqual(0);
    expect(ramPages.dirty[0x305]).toBe(1);
    expect(direct(0x0f8n), 'the same entry, asked again').toBe(direct(0x104n));
    expect(direct(0x0f8n, true), 'others behind it').toBe(-1);
    expect(asked.slice(0, 2)).toEqual([[0x3050f9, 8], [0x305103, 8]]); // biome-ignore format: a row.
    const entry = direct(0x0f8n);
    expect(f.mmu.tlb[entry + 2]! & 0xfff, 'a tag that no address matches').toBe(0x80);
    f.mmu.unmarkCode(0x305);
    expect(direct(0x100n)).toBe(entry);
  });

  test("frames outside of memory are nobody's business", () => {
    const { f } = withCode();
    f.mmu.markCode(0xfffff);
    f.mmu.unmarkCode(0xfffff);
  });
});

describe('system accesses', () => {
  test('are made by the supervisor whatever the CPL, and the CPL is what it was, also after a fault', () => {
    const f = twoPages(P | RW, ALL);
    f.control({ cpl: 3 });
    expect(f.outcome(() => read(f, 'readSystem', 8, LINEAR + 0xff8n))).toBe('ok');
    expect(f.outcome(() => write(f, 'writeSystem', 4, LINEAR, 0n))).toBe('ok');
    expect(f.outcome(() => read(f, 'read', 4, LINEAR))).toBe('#PF(0x5)');
    expect(f.outcome(() => read(f, 'readSystem', 4, LINEAR + 0x5000n))).toBe('#PF(0x0)');
    expect(f.outcome(() => write(f, 'writeSystem', 4, LINEAR + 0x5000n, 0n))).toBe('#PF(0x2)');
    expect(f.outcome(() => read(f, 'read', 4, LINEAR))).toBe('#PF(0x5)');
  });

  test('are not let through by RFLAGS.AC under SMAP', () => {
    const f = twoPages();
    f.control({ cr4: f.word('cr4') | CR4_SMAP | CR4_SMEP, rflags: RFLAGS_AC });
    expect(f.outcome(() => read(f, 'read', 4, LINEAR))).toBe('ok');
    expect(f.outcome(() => read(f, 'readSystem', 4, LINEAR))).toBe('#PF(0x1)');
    f.control({ rflags: 0 });
    expect(f.outcome(() => read(f, 'read', 4, LINEAR))).toBe('#PF(0x1)');
  });
});

describe('probes', () => {
  test('raise what the access would raise, for every page of a range', () => {
    const f = twoPages(ALL, P | US);
    expect(f.outcome(() => f.mmu.probeWrite(...at(LINEAR), 0x1000))).toBe('ok');
    expect(f.outcome(() => f.mmu.probeWrite(...at(LINEAR), 0x1001))).toBe('#PF(0x3)');
    expect(f.cr2()).toBe(LINEAR + 0x1000n);
    expect(f.outcome(() => f.mmu.probeRead(...at(LINEAR), 0x2000))).toBe('ok');
    expect(f.outcome(() => f.mmu.probeRead(...at(LINEAR), 0x2001))).toBe('#PF(0x0)');
    expect(f.cr2()).toBe(LINEAR + 0x2000n);
    expect(boundary(f)).toEqual(BYTES);
  });

  test('host offsets are where the bytes are', () => {
    const f = twoPages();
    const ram = f.space.memory.ramOffset;
    expect(f.mmu.hostForRead(...at(LINEAR + 0x123n))).toBe(ram + 0x305123);
    expect(f.mmu.hostForWrite(...at(LINEAR + 0x1123n))).toBe(ram + 0x302123);
    f.mmu.markCode(0x302);
    expect(f.mmu.hostForWrite(...at(LINEAR + 0x1123n))).toBe(-1);
    expect(f.outcome(() => f.mmu.hostForRead(...at(LINEAR + 0x9000n)))).toBe('#PF(0x0)');
  });
});
