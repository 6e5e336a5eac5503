/** Files and structures that a loader puts into free memory, for the protocols that fix no place for them. */

import { hexNumber } from '../bits/hex.ts';
import { BootError } from './boot-error.ts';
import type { BootFile } from './boot-plan.ts';
import type { ImagePiece } from './kernel-image.ts';
import type { MemoryMapEntry } from './memory-map.ts';
import { formatRange, MODULE_ALIGNMENT, Placement } from './placement.ts';

/** Below 640 KiB, above what boot code likes to write over without asking (vectors, BIOS data, its own stack). */
const LOW_FROM = 0x10000;
const LOW_BELOW = 0x90000;

export interface PlacedFile<File extends BootFile = BootFile> {
  readonly file: File;
  readonly start: number;
  readonly bytes: number;
}

export class LoadArea {
  readonly placement: Placement;
  readonly writes: ImagePiece[] = [];

  constructor(map: readonly MemoryMapEntry[]) {
    this.placement = new Placement(map);
  }

  /** Puts a file at an address of the user's. */
  putAt<File extends BootFile>(file: File, role: string, start: number): PlacedFile<File> {
    if (start % MODULE_ALIGNMENT !== 0) {
      throw new BootError(file.name, `${role} address`, hexNumber(start), 'a multiple of 0x1000');
    }
    this.placement.claim(file.name, `${role} address`, start, file.bytes.length, `${role} ${file.name}`);
    this.#write(start, file.bytes, `${role} ${file.name}`);
    return { file, start, bytes: file.bytes.length };
  }

  /** Puts a file as high as it goes, as GRUB puts an initrd: the kernel has the memory below to itself. */
  putHigh<File extends BootFile>(
    file: File,
    role: string,
    alignment: number,
    below?: number,
  ): PlacedFile<File> {
    const bytes = file.bytes.length;
    if (bytes === 0) return { file, start: 0, bytes };
    const what = `${role} ${file.name}`;
    const limits = { alignment, prefer: 'high', ...(below === undefined ? {} : { below }) } as const;
    const start = this.placement.place({ ...limits, bytes }, what);
    if (start === undefined) {
      const most = hexNumber(Math.max(0, this.placement.largest(limits)));
      const where = below === undefined ? 'above 1 MiB' : `from 1 MiB to ${hexNumber(below - 1)}`;
      const expected = `at most ${most}, the largest free range ${where} (--memory gives more)`;
      throw new BootError(file.name, `${role} size`, hexNumber(bytes), expected);
    }
    this.#write(start, file.bytes, what);
    return { file, start, bytes };
  }

  /** Puts a structure into low memory. `build` is called for address 0 first, to learn how long it is. */
  putLow(file: string, what: string, build: (base: number) => Uint8Array, alignment = 16): number {
    const search = { bytes: build(0).length, alignment, from: LOW_FROM, below: LOW_BELOW };
    const base = this.placement.place(search, what);
    if (base === undefined) {
      const most = hexNumber(Math.max(0, this.placement.largest(search)));
      throw new BootError(
        file,
        `${what} size`,
        hexNumber(search.bytes),
        `at most ${most} free bytes in ${formatRange(LOW_FROM, LOW_BELOW)}`,
      );
    }
    this.#write(base, build(base), what);
    return base;
  }

  #write(physical: number, bytes: Uint8Array, what: string): void {
    if (bytes.length > 0) this.writes.push({ physical, bytes, zeros: 0, what });
  }
}
