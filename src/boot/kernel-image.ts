/** What a boot protocol loads: pieces of the file at physical addresses, and where execution begins. */
import { hexNumber } from '../bits/hex.ts';
import { toNumber } from '../bits/words.ts';
import { BootError } from './boot-error.ts';
import { type ElfImage, type ElfSegment, PT_LOAD, type Word64 } from './elf.ts';
import { formatRange, type Placement, type Search } from './placement.ts';

/** `bytes` at `physical`, then `zeros` zero bytes. */
export interface ImagePiece {
  readonly physical: number;
  readonly bytes: Uint8Array;
  readonly zeros: number;
  readonly what: string;
}

export interface KernelImage {
  readonly name: string;
  readonly pieces: readonly ImagePiece[];
  readonly entry: number;
  /** The field `entry` comes from, for errors. */
  readonly entryField: string;
  /** Lowest address of the pieces as linked. */
  readonly linkBase: number;
  /** What was added to every linked address: 0 unless the image was relocated. */
  readonly relocation: number;
}

/** The address fields of flag 16 (multiboot 1) or of the address tag (multiboot 2), which mean the same. */
export interface AddressFields {
  readonly headerAddress: number;
  readonly loadAddress: number;
  readonly loadEndAddress: number;
  readonly bssEndAddress: number;
}

/**
 * PT_LOAD segments by p_paddr. Execution begins at `entry` when the header names an address, otherwise where the
 * segment that holds e_entry puts it.
 */
export function elfImage(elf: ElfImage, entry?: number): KernelImage {
  const segments = elf.segments.filter((s) => s.type === PT_LOAD && s.memoryBytes > 0);
  if (segments.length === 0) throw new BootError(elf.name, 'e_phnum', 'no PT_LOAD segment', 'at least one');
  const pieces = segments.map((segment) => ({
    physical: physicalOf(elf, segment),
    bytes: segment.bytes,
    zeros: segment.memoryBytes - segment.fileBytes,
    what: `${elf.name} segment ${segment.index}`,
  }));
  return {
    name: elf.name,
    pieces,
    entry: entry ?? entryOf(elf, segments),
    entryField: entry === undefined ? 'e_entry' : 'entry_addr',
    linkBase: Math.min(...pieces.map((piece) => piece.physical)),
    relocation: 0,
  };
}

function physicalOf(elf: ElfImage, segment: ElfSegment): number {
  const physical = segment.physical;
  if (physical === undefined || physical > 0xffffffff) {
    const expected = 'a load address below 4 GiB (linker scripts set it with AT)';
    throw new BootError(elf.name, `program header ${segment.index} p_paddr`, segment.physicalText, expected);
  }
  return physical;
}

function entryOf(elf: ElfImage, segments: readonly ElfSegment[]): number {
  for (const segment of segments) {
    const offset = distance(segment.virtual, elf.entry);
    if (offset < segment.memoryBytes) return physicalOf(elf, segment) + offset;
  }
  const loaded = segments.find((s) => {
    const entry = toNumber(elf.entry[0], elf.entry[1]);
    return s.physical !== undefined && entry >= s.physical && entry < s.physical + s.memoryBytes;
  });
  const expected = loaded
    ? `a virtual address (p_vaddr) of a PT_LOAD segment; it lies in segment ${loaded.index} by p_paddr, which GRUB refuses too`
    : 'an address inside a PT_LOAD segment';
  throw new BootError(elf.name, 'e_entry', elf.entryText, expected);
}

/** `to - from` modulo 2^64, as a number (rounded where it is 2^53 or more, which is outside every segment). */
function distance(from: Word64, to: Word64): number {
  const lo = (to[0] >>> 0) - (from[0] >>> 0);
  const hi = (to[1] - from[1] - (lo < 0 ? 1 : 0)) | 0;
  return toNumber(lo | 0, hi);
}

/** Loads by address fields: `headerOffset` is where the header lies in the file. */
export function addressImage(
  name: string,
  file: Uint8Array,
  headerOffset: number,
  fields: AddressFields,
  entry: number,
): KernelImage {
  const { headerAddress, loadAddress, loadEndAddress, bssEndAddress } = fields;
  if (loadAddress > headerAddress) {
    const expected = `at most header_addr (${hexNumber(headerAddress)})`;
    throw new BootError(name, 'load_addr', hexNumber(loadAddress), expected);
  }
  const fileOffset = headerOffset - (headerAddress - loadAddress);
  if (fileOffset < 0) {
    const expected = `at least header_addr minus the header's file offset (${hexNumber(headerAddress - headerOffset)})`;
    throw new BootError(name, 'load_addr', hexNumber(loadAddress), expected);
  }
  if (loadEndAddress !== 0 && loadEndAddress < loadAddress) {
    const expected = `0 or at least load_addr (${hexNumber(loadAddress)})`;
    throw new BootError(name, 'load_end_addr', hexNumber(loadEndAddress), expected);
  }
  const loadBytes = loadEndAddress === 0 ? file.length - fileOffset : loadEndAddress - loadAddress;
  if (fileOffset + loadBytes > file.length) {
    const last = hexNumber(loadAddress + file.length - fileOffset);
    throw new BootError(
      name,
      'load_end_addr',
      hexNumber(loadEndAddress),
      `at most ${last}, where the file ends`,
    );
  }
  const loadEnd = loadAddress + loadBytes;
  if (bssEndAddress !== 0 && bssEndAddress < loadEnd) {
    const expected = `0 or at least the end of the loaded bytes (${hexNumber(loadEnd)})`;
    throw new BootError(name, 'bss_end_addr', hexNumber(bssEndAddress), expected);
  }
  const piece: ImagePiece = {
    physical: loadAddress,
    bytes: file.subarray(fileOffset, fileOffset + loadBytes),
    zeros: bssEndAddress === 0 ? 0 : bssEndAddress - loadEnd,
    what: `${name} image`,
  };
  return { name, pieces: [piece], entry, entryField: 'entry_addr', linkBase: loadAddress, relocation: 0 };
}

/** Bytes from the lowest linked address to the end of the highest piece. */
function imageBytes(image: KernelImage): number {
  return Math.max(...image.pieces.map((p) => p.physical + pieceBytes(p))) - image.linkBase;
}

function pieceBytes(piece: ImagePiece): number {
  return piece.bytes.length + piece.zeros;
}

/** Moves the whole image to the address that `search` finds. */
export function relocate(
  image: KernelImage,
  placement: Placement,
  search: Omit<Search, 'bytes'>,
): KernelImage {
  const bytes = imageBytes(image);
  const base = placement.find({ ...search, bytes });
  if (base === undefined) {
    const limits = formatRange(search.from ?? 0, search.below ?? 0x100000000);
    const expected = `${hexNumber(bytes)} free bytes there, aligned to ${hexNumber(search.alignment)}`;
    throw new BootError(image.name, 'relocatable tag range', limits, expected);
  }
  const relocation = base - image.linkBase;
  return {
    ...image,
    relocation,
    entry: image.entry + relocation,
    pieces: image.pieces.map((piece) => ({ ...piece, physical: piece.physical + relocation })),
  };
}

/** Claims the memory of every piece and checks that execution begins inside one. */
export function claimImage(image: KernelImage, placement: Placement): void {
  for (const piece of image.pieces) {
    placement.claim(
      image.name,
      `${piece.what.slice(image.name.length + 1)} load address`,
      piece.physical,
      pieceBytes(piece),
      piece.what,
    );
  }
  const inside = image.pieces.some(
    (p) => image.entry >= p.physical && image.entry < p.physical + pieceBytes(p),
  );
  if (!inside) {
    throw new BootError(
      image.name,
      image.entryField,
      hexNumber(image.entry),
      'an address inside the loaded image',
    );
  }
}
