import { beforeEach, describe, expect, it } from 'vitest';
import { AddressSpace } from '../../src/bus/address-space.ts';
import { packImage, RamKeeper, unpackImage } from '../../src/machine/ram-image.ts';
import { RamPages } from '../../src/mmu/ram-pages.ts';

const PAGES = 8;
const OFFSET = 0x1000;

describe('images of RAM', () => {
  let space: AddressSpace;
  let pages: RamPages;
  let keeper: RamKeeper;
  let told: number[];

  beforeEach(() => {
    const ramBytes = PAGES * 4096;
    const buffer = new ArrayBuffer(OFFSET + ramBytes);
    space = new AddressSpace({
      buffer,
      ramOffset: OFFSET,
      ramBytes,
      romOffset: OFFSET + ramBytes,
      romBytes: 0,
    });
    pages = new RamPages(space);
    keeper = new RamKeeper(space, pages);
    told = [];
    space.onExternalWrite = (host, bytes) => {
      told.push((host - OFFSET) / 4096);
      pages.writtenExternally(host - OFFSET, bytes);
    };
  });

  const capture = () => {
    const image = keeper.capture();
    pages.rearm([]);
    return image;
  };
  const apply = (image: ReturnType<typeof capture>) => {
    keeper.apply(image);
    pages.rearm([]);
  };

  it('hold the pages that are not zero', () => {
    space.write8(0x1005, 7);
    space.load(0x3ffe, Uint8Array.of(1, 2, 3, 4));
    space.write8(0x5000, 1);
    space.write8(0x5000, 0);
    expect([...capture().keys()].sort()).toEqual([1, 3, 4]);
  });

  it('share what was not written since the one before', () => {
    space.write8(0x1000, 1);
    space.write8(0x2000, 1);
    const first = capture();
    space.write8(0x2000, 2);
    const second = capture();
    expect(second.get(1)).toBe(first.get(1));
    expect(second.get(2)![0]).toBe(2);
    expect(first.get(2)![0]).toBe(1);
  });

  it('come back from any other, packed or not', () => {
    space.write8(0x1000, 1);
    const first = capture();
    space.write8(0x1000, 2);
    space.write8(0x2000, 2);
    const second = capture();
    space.write8(0x6000, 3);
    const byte = (page: number) => space.read8(page * 4096);
    apply(first);
    expect([byte(1), byte(2), byte(6)]).toEqual([1, 0, 0]);
    apply(unpackImage(packImage(second)));
    expect([byte(1), byte(2), byte(6)]).toEqual([2, 2, 0]);
    expect(capture()).toEqual(second);
  });

  it('write a page that the TLB may write without telling', () => {
    const empty = capture();
    pages.noteWritable(2);
    space.u8[OFFSET + 0x2000] = 9;
    apply(empty);
    expect(space.read8(0x2000)).toBe(0);
  });

  it('tell of pages with code whose bytes change, and of no others', () => {
    space.write8(0x1000, 1);
    space.write8(0x2000, 1);
    const image = capture();
    for (const frame of [1, 2]) pages.markCode(frame, []);
    space.write8(0x1000, 5);
    space.write8(0x2000, 5);
    space.write8(0x2000, 1);
    space.write8(0x3000, 5);
    told.length = 0;
    apply(image);
    expect(told).toEqual([1]);
    expect([space.read8(0x1000), space.read8(0x2000), space.read8(0x3000)]).toEqual([1, 1, 0]);
  });
});
