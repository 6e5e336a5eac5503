/** What both multiboot protocols tell a kernel, and the parts of it they build in the same way. */
import { highWord, lowWord } from '../bits/words.ts';
import { BootError } from './boot-error.ts';
import { cString } from './byte-writer.ts';
import { type ElfImage, SHT_NOBITS, SHT_NULL } from './elf.ts';
import type { ImagePiece } from './kernel-image.ts';
import type { MemoryMapEntry } from './memory-map.ts';
import type { Placement } from './placement.ts';
import type { Screen, VideoMemory } from './screen.ts';

/**
 * "GRUB 2" is part of the name because a kernel reads it: Xen takes the first word off its command line as an image
 * name, unless the loader's name holds "GRUB " followed by something other than 0 (its `loader_is_grub2`). Command
 * lines are passed here as GRUB 2 passes them, without an image name.
 */
export const BOOT_LOADER_NAME = 'longmode (like GRUB 2)';

export interface PlacedModule {
  readonly start: number;
  readonly bytes: number;
  readonly commandLine: string;
}

/** The kernel's section headers, with sh_addr of the sections that had none set to where they were put. */
interface PlacedSections {
  readonly count: number;
  readonly entryBytes: number;
  readonly namesIndex: number;
  readonly table: Uint8Array;
}

export interface BootInformation {
  readonly commandLine: string;
  readonly modules: readonly PlacedModule[];
  readonly memoryMap: readonly MemoryMapEntry[];
  readonly sections: PlacedSections | undefined;
  /** Told only to kernels that ask for one. */
  readonly screen?: Screen | undefined;
  readonly videoMemory?: VideoMemory | undefined;
}

/** A zero-terminated string that a kernel will read; `what` names it in the error. */
export function loaderString(file: string, what: string, text: string): Uint8Array {
  const zero = text.indexOf('\0');
  if (zero >= 0)
    throw new BootError(file, what, `text with a zero at ${zero}`, 'text without zero characters');
  return cString(text);
}

/**
 * Copies the sections that no segment loads (symbols, strings, debug information) into free memory, as GRUB does. One
 * that does not fit keeps sh_addr 0, which tells the kernel that it is not there.
 */
export function placeSections(
  elf: ElfImage,
  placement: Placement,
): { sections: PlacedSections | undefined; pieces: ImagePiece[] } {
  if (elf.sections.length === 0) return { sections: undefined, pieces: [] };
  const table = new Uint8Array(elf.sectionTable); // The slice of a Buffer would be the file itself.
  const view = new DataView(table.buffer);
  const addressAt = (index: number): number => index * elf.sectionEntryBytes + (elf.class === 32 ? 12 : 16);
  const setAddress = (index: number, address: number): void => {
    view.setInt32(addressAt(index), lowWord(address), true);
    if (elf.class === 64) view.setInt32(addressAt(index) + 4, highWord(address), true);
  };
  const pieces: ImagePiece[] = [];
  for (const section of elf.sections) {
    const [lo, hi] = section.address;
    if (lo !== 0 || hi !== 0 || section.size === 0) continue;
    if (section.type === SHT_NULL || section.type === SHT_NOBITS) continue;
    const what = `${elf.name} section ${section.index} ${section.name}`;
    const physical = placement.place({ bytes: section.size, alignment: section.alignment || 1 }, what);
    if (physical === undefined) continue;
    setAddress(section.index, physical);
    pieces.push({ physical, bytes: elf.contents(section), zeros: 0, what });
  }
  const sections: PlacedSections = {
    count: elf.sections.length,
    entryBytes: elf.sectionEntryBytes,
    namesIndex: elf.sectionNamesIndex,
    table,
  };
  return { sections, pieces };
}
