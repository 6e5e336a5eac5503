import { describe, expect, it } from 'vitest';
import { type BootParameters, bootParameters } from '../../src/boot/boot-params.ts';
import { parseLinuxHeader } from '../../src/boot/linux-header.ts';
import { createMemoryMap } from '../../src/boot/memory-map.ts';
import { type BzImageSpec, buildBzImage } from '../support/image-builder.ts';
import { MemoryReader } from '../support/multiboot-reader.ts';

const MEMORY_MAP = createMemoryMap(64 << 20);

function build(change: Partial<BootParameters> = {}, spec: BzImageSpec = {}): MemoryReader {
  const header = parseLinuxHeader(buildBzImage(spec), 'bzImage');
  const values: BootParameters = {
    header,
    loadedAt: 0x1000000,
    base: 0x10000,
    commandLine: 0x11000,
    initrd: { start: 0x3f00000, bytes: 0x12345 },
    memoryMap: MEMORY_MAP,
    rsdp: 0,
    ...change,
  };
  return new MemoryReader(bootParameters(values));
}

describe('bootParameters', () => {
  it('copies the setup header and fills in what a loader must', () => {
    const { bytes, u8, u32 } = build();
    expect(bytes.length).toBe(0x1000);
    expect(new TextDecoder().decode(bytes.subarray(0x202, 0x206))).toBe('HdrS');
    expect([u8(0x1ef), u8(0x210), u32(0x214)]).toEqual([0, 0xff, 0x1000000]); // sentinel, loader, code32_start
    expect([u32(0x218), u32(0x21c), u32(0x228)]).toEqual([0x3f00000, 0x12345, 0x11000]);
    expect([u8(0x211), u32(0x224) & 0xffff]).toEqual([0x01, 0]); // CAN_USE_HEAP is off, LOADED_HIGH stays.
  });

  it('holds the memory map as E820h gives it', () => {
    const { u8, u32, u64 } = build();
    const map = Array.from({ length: u8(0x1e8) }, (_, i) => {
      const at = 0x2d0 + i * 20;
      return { start: u64(at), bytes: u64(at + 8), type: u32(at + 16) };
    });
    expect(map).toEqual(MEMORY_MAP);
    expect(u32(0x1e0)).toBe(63 * 1024); // alt_mem_k: KiB above 1 MiB
  });

  it('describes the text screen', () => {
    const { u8 } = build();
    expect([u8(0x06), u8(0x07), u8(0x0e), u8(0x0f), u8(0x10)]).toEqual([3, 80, 25, 1, 16]);
  });

  it('passes the RSDP from 2.14 on', () => {
    expect(build({ rsdp: 0xe0000 }).u64(0x70)).toBe(0xe0000);
    expect(build({ rsdp: 0xe0000 }, { version: 0x20d }).u64(0x70)).toBe(0);
    expect(build().u64(0x70)).toBe(0);
  });

  it('names the command line the old way before 2.02', () => {
    const { u32, u8 } = build({}, { version: 0x201 });
    expect([u32(0x20) & 0xffff, u32(0x20) >>> 16]).toEqual([0xa33f, 0x1000]);
    expect(u32(0x228)).toBe(0);
    expect(u8(0x211) & 0x80).toBe(0);
    expect(build({}, { version: 0x200 }).u8(0x211)).toBe(0x81); // 2.00 has no heap to speak of.
  });

  it('says nothing of an initrd that is not there', () => {
    const { u32 } = build({ initrd: undefined });
    expect([u32(0x218), u32(0x21c)]).toEqual([0, 0]);
  });
});
