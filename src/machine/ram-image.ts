import type { AddressSpace } from '../bus/address-space.ts';
import type { RamPages } from '../mmu/ram-pages.ts';

/** Pages of RAM that are not all zeros, by frame. Images share pages; nobody writes to one. */
export type RamImage = ReadonlyMap<number, Uint8Array>;

const PAGE_BYTES = 4096;
const DIRTY = 1;

/**
 * RAM for snapshots. It knows what RAM was when it was last saved or restored, and the MMU knows which pages may have
 * been written since: so saving copies those alone, and going back to the same image writes those alone.
 */
export class RamKeeper {
  readonly #space: AddressSpace;
  readonly #pages: RamPages;
  /** RAM as it was at the last `RamPages.rearm`; at first it is all zeros. */
  #base: RamImage = new Map();

  constructor(space: AddressSpace, pages: RamPages) {
    this.#space = space;
    this.#pages = pages;
  }

  /** The image of RAM as it is. `RamPages.rearm` is to be called next. */
  capture(): RamImage {
    const { dirty } = this.#pages;
    const image = new Map<number, Uint8Array>();
    for (const [frame, page] of this.#base) if (dirty[frame] !== DIRTY) image.set(frame, page);
    this.#eachDirty((frame) => {
      const page = this.#page(frame);
      if (!isZero(page)) image.set(frame, page.slice());
    });
    this.#base = image;
    return image;
  }

  /** Makes RAM what the image says and drops the code that was made of other bytes. `RamPages.rearm` is to be called next. */
  apply(image: RamImage): void {
    const frames = new Set<number>();
    this.#eachDirty((frame) => frames.add(frame));
    if (image !== this.#base) {
      for (const [frame, page] of this.#base) if (image.get(frame) !== page) frames.add(frame);
      for (const frame of image.keys()) if (!this.#base.has(frame)) frames.add(frame);
    }
    for (const frame of frames) this.#write(frame, image.get(frame));
    this.#base = image;
  }

  #write(frame: number, bytes: Uint8Array | undefined): void {
    const page = this.#page(frame);
    const hasCode = this.#pages.hasCode(frame);
    if (hasCode && (bytes ? isSame(page, bytes) : isZero(page))) return;
    if (bytes) page.set(bytes);
    else page.fill(0);
    if (hasCode) this.#space.onExternalWrite?.(page.byteOffset, PAGE_BYTES);
  }

  #page(frame: number): Uint8Array {
    const at = this.#space.memory.ramOffset + frame * PAGE_BYTES;
    return this.#space.u8.subarray(at, at + PAGE_BYTES);
  }

  #eachDirty(visit: (frame: number) => void): void {
    const { dirty } = this.#pages;
    for (let frame = dirty.indexOf(DIRTY); frame >= 0; frame = dirty.indexOf(DIRTY, frame + 1)) visit(frame);
  }
}

/** The image as two arrays: the frames, and their bytes one after the other. */
export function packImage(image: RamImage): { readonly frames: Int32Array; readonly bytes: Uint8Array } {
  const frames = Int32Array.from(image.keys()).sort();
  const bytes = new Uint8Array(frames.length * PAGE_BYTES);
  for (const [i, frame] of frames.entries()) bytes.set(image.get(frame)!, i * PAGE_BYTES);
  return { frames, bytes };
}

export function unpackImage(packed: { readonly frames: Int32Array; readonly bytes: Uint8Array }): RamImage {
  const image = new Map<number, Uint8Array>();
  for (const [i, frame] of packed.frames.entries()) {
    image.set(frame, packed.bytes.subarray(i * PAGE_BYTES, (i + 1) * PAGE_BYTES));
  }
  return image;
}

function wordsOf(page: Uint8Array): Int32Array {
  return new Int32Array(page.buffer, page.byteOffset, PAGE_BYTES / 4);
}

function isZero(page: Uint8Array): boolean {
  const words = wordsOf(page);
  for (let i = 0; i < words.length; i++) if (words[i] !== 0) return false;
  return true;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  const first = wordsOf(a);
  const second = wordsOf(b);
  for (let i = 0; i < first.length; i++) if (first[i] !== second[i]) return false;
  return true;
}
