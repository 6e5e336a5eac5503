/**
 * From the bytes of a kernel and its modules to a machine at its first instruction: parse, plan, apply. Only `applyPlan`
 * touches a machine; the plan is data and the same input always gives the same plan.
 */

import { hexNumber } from '../bits/hex.ts';
import type { AddressSpace } from '../bus/address-space.ts';
import { BootError } from './boot-error.ts';
import { type BootInformation, loaderString, type PlacedModule, placeSections } from './boot-information.ts';
import { type ElfImage, type ElfSymbol, isElf, parseElf } from './elf.ts';
import {
  addressImage,
  claimImage,
  elfImage,
  type ImagePiece,
  type KernelImage,
  relocate,
} from './kernel-image.ts';
import {
  type EntryState,
  entryState,
  fillUnusedRam,
  Garbage,
  hostileEntryState,
  loaderGdt,
  unusedRam,
} from './machine-state.ts';
import { createMemoryMap, HIGH_MEMORY_START, type MemoryMapEntry } from './memory-map.ts';
import {
  findMultiboot1Header,
  MULTIBOOT1_BOOTLOADER_MAGIC,
  MULTIBOOT1_SEARCH_BYTES,
  type Multiboot1Header,
  multiboot1Information,
} from './multiboot1.ts';
import {
  findMultiboot2Header,
  MULTIBOOT2_BOOTLOADER_MAGIC,
  MULTIBOOT2_SEARCH_BYTES,
  type Multiboot2Header,
} from './multiboot2.ts';
import { type AcpiPointers, multiboot2Information } from './multiboot2-information.ts';
import { MODULE_ALIGNMENT, type PlacedRange, Placement } from './placement.ts';

export type BootProtocol = 'multiboot1' | 'multiboot2';

export interface BootFile {
  /** The name to show in errors and reports. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface BootModule extends BootFile {
  readonly commandLine?: string;
  /** A physical address instead of the one GRUB would choose. */
  readonly at?: number;
}

export interface BootOptions {
  readonly kernel: BootFile;
  readonly modules?: readonly BootModule[];
  readonly commandLine?: string;
  readonly ramBytes: number;
  /** Default: multiboot 1 when the image has its header, otherwise multiboot 2. */
  readonly protocol?: BootProtocol;
  /** A seed: everything the specifications leave undefined is garbage. */
  readonly hostile?: number;
  /** Given to the kernel by multiboot 2. */
  readonly acpi?: AcpiPointers;
}

/** A file that lies in memory, and what is known of it: for symbols, reports and explanations. */
export interface LoadedImage {
  readonly name: string;
  readonly role: 'kernel' | 'module';
  /** Physical address of the lowest byte of a kernel, of the first byte of a module's file. */
  readonly loadedAt: number;
  /** What was added to the linked addresses of a kernel. */
  readonly relocation: number;
  readonly elf: ElfImage | undefined;
  /** Why a file that starts like ELF is not one. */
  readonly problem: string | undefined;
  /** By address; empty without a symbol table. */
  readonly symbols: readonly ElfSymbol[];
}

export interface BootPlan {
  readonly protocol: BootProtocol;
  readonly entry: EntryState;
  readonly writes: readonly ImagePiece[];
  /** Kernel first, then modules in order. */
  readonly images: readonly LoadedImage[];
  /** Everything that was put into memory, by address. */
  readonly ranges: readonly PlacedRange[];
  readonly memoryMap: readonly MemoryMapEntry[];
  readonly ramBytes: number;
  readonly hostile: number | undefined;
}

export function planBoot(options: BootOptions): BootPlan {
  return new Planner(options).plan();
}

/** Writes the plan into RAM; with a hostile seed, garbage into the rest of it first. */
export function applyPlan(plan: BootPlan, space: AddressSpace): void {
  const { ramOffset } = space.memory;
  if (plan.hostile !== undefined) {
    fillUnusedRam(space.u8.subarray(ramOffset, ramOffset + plan.ramBytes), plan.ranges, plan.hostile);
    for (const { start, end } of unusedRam(plan.ranges, plan.ramBytes)) {
      space.onExternalWrite?.(ramOffset + start, end - start);
    }
  }
  for (const { physical, bytes, zeros } of plan.writes) {
    space.load(physical, bytes);
    if (zeros === 0) continue;
    const host = ramOffset + physical + bytes.length;
    space.u8.fill(0, host, host + zeros);
    space.onExternalWrite?.(host, zeros);
  }
}

type FoundHeader =
  | { readonly protocol: 'multiboot1'; readonly header: Multiboot1Header }
  | { readonly protocol: 'multiboot2'; readonly header: Multiboot2Header };

class Planner {
  readonly #options: BootOptions;
  readonly #memoryMap: readonly MemoryMapEntry[];
  readonly #placement: Placement;
  readonly #writes: ImagePiece[] = [];
  readonly #garbage: Garbage | undefined;

  constructor(options: BootOptions) {
    this.#options = options;
    if (options.ramBytes < HIGH_MEMORY_START) {
      throw new BootError('memory', 'size', hexNumber(options.ramBytes), 'at least 0x100000 (1 MiB)');
    }
    this.#memoryMap = createMemoryMap(options.ramBytes);
    this.#placement = new Placement(this.#memoryMap);
    this.#garbage = options.hostile === undefined ? undefined : new Garbage(~options.hostile);
  }

  plan(): BootPlan {
    const { kernel } = this.#options;
    const found = this.#findHeader();
    const { image, elf, problem } = this.#loadKernel(found);
    claimImage(image, this.#placement);
    this.#writes.push(...image.pieces);
    const fixed = this.#claimFixedModules(found);
    const sections = this.#placeSections(elf);
    const placed = this.#placeModules(fixed);
    const information: BootInformation = {
      commandLine: this.#options.commandLine ?? '',
      modules: placed,
      memoryMap: this.#memoryMap,
      sections,
    };
    const loadBase = image.linkBase + image.relocation;
    const entry =
      found.protocol === 'multiboot1'
        ? this.#entry(image, MULTIBOOT1_BOOTLOADER_MAGIC, this.#information1(information, found.header))
        : this.#entry(
            image,
            MULTIBOOT2_BOOTLOADER_MAGIC,
            this.#information2(information, found.header, loadBase),
          );
    const kernelImage = loadedImage(kernel.name, 'kernel', loadBase, image.relocation, elf, problem);
    return {
      protocol: found.protocol,
      entry,
      writes: this.#writes,
      images: [kernelImage, ...this.#moduleImages(placed)],
      ranges: this.#placement.ranges,
      memoryMap: this.#memoryMap,
      ramBytes: this.#options.ramBytes,
      hostile: this.#options.hostile,
    };
  }

  #findHeader(): FoundHeader {
    const { kernel, protocol } = this.#options;
    const { name, bytes } = kernel;
    if (bytes.length === 0) throw new BootError(name, 'file size', '0 bytes', 'a boot image');
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
      throw new BootError(name, 'file type', 'gzip', 'the image itself: decompress it with gunzip first');
    }
    if (protocol !== 'multiboot2') {
      const header = findMultiboot1Header(bytes, name);
      if (header) return { protocol: 'multiboot1', header };
    }
    if (protocol !== 'multiboot1') {
      const header = findMultiboot2Header(bytes, name);
      if (header) return { protocol: 'multiboot2', header };
    }
    return this.#noHeader();
  }

  #noHeader(): never {
    const { kernel, protocol } = this.#options;
    const places = {
      multiboot1: `the first ${MULTIBOOT1_SEARCH_BYTES} bytes`,
      multiboot2: `the first ${MULTIBOOT2_SEARCH_BYTES} bytes`,
    };
    const field = protocol === undefined ? 'multiboot header' : `${protocol.replace('boot', 'boot ')} header`;
    let expected =
      protocol === undefined
        ? `multiboot 1 in ${places.multiboot1} or multiboot 2 in ${places.multiboot2}`
        : `one in ${places[protocol]}`;
    if (isElf(kernel.bytes)) {
      const elf = parseElf(kernel.bytes, kernel.name); // A damaged file is the better explanation.
      if (elf.class === 64) {
        expected +=
          '; to boot a 64-bit kernel, give a 32-bit multiboot loader and pass this file with --module';
      }
    }
    throw new BootError(kernel.name, field, 'missing', expected);
  }

  #loadKernel(found: FoundHeader): {
    image: KernelImage;
    elf: ElfImage | undefined;
    problem: string | undefined;
  } {
    const { name, bytes } = this.#options.kernel;
    const { addresses } = found.header;
    if (addresses) {
      const entry = 'entry' in addresses ? addresses.entry : (found.header as Multiboot2Header).entry!;
      const image = addressImage(name, bytes, found.header.fileOffset, addresses, entry);
      const { elf, problem } = elfIfAny(name, bytes); // For its symbols: the address fields decide.
      return { image: this.#relocate(image, found), elf, problem };
    }
    if (!isElf(bytes)) {
      const flag = found.protocol === 'multiboot1' ? 'flag 16 of its multiboot header' : 'an address tag';
      const magic = [...bytes.subarray(0, 4)].map((b) => b.toString(16).padStart(2, '0')).join(' ');
      throw new BootError(name, 'file magic', magic, `7f 45 4c 46 (ELF), or load addresses by ${flag}`);
    }
    const elf = parseElf(bytes, name);
    const image = elfImage(elf, found.protocol === 'multiboot2' ? found.header.entry : undefined);
    return { image: this.#relocate(image, found), elf, problem: undefined };
  }

  #relocate(image: KernelImage, found: FoundHeader): KernelImage {
    const tag = found.protocol === 'multiboot2' ? found.header.relocatable : undefined;
    if (!tag) return image;
    // Below 1 MiB only for an image that may not lie above it.
    const lowest = tag.highest > HIGH_MEMORY_START ? HIGH_MEMORY_START : MODULE_ALIGNMENT;
    const from = Math.max(tag.lowest, lowest);
    return relocate(image, this.#placement, {
      from,
      below: tag.highest,
      alignment: tag.alignment,
      prefer: tag.prefer,
    });
  }

  #placeSections(elf: ElfImage | undefined): BootInformation['sections'] {
    if (!elf) return undefined;
    const { sections, pieces } = placeSections(elf, this.#placement);
    this.#writes.push(...pieces);
    return sections;
  }

  /** Modules with an address of the user's take it before anything is placed freely. */
  #claimFixedModules(found: FoundHeader): ReadonlyMap<BootModule, number> {
    const fixed = new Map<BootModule, number>();
    for (const [index, module] of (this.#options.modules ?? []).entries()) {
      if (module.at === undefined) continue;
      if (found.header.pageAlignModules && module.at % MODULE_ALIGNMENT !== 0) {
        const expected = 'a multiple of 0x1000: the kernel asks for page-aligned modules';
        throw new BootError(module.name, 'module address', hexNumber(module.at), expected);
      }
      this.#placement.claim(
        module.name,
        'module address',
        module.at,
        module.bytes.length,
        moduleName(module, index),
      );
      fixed.set(module, module.at);
    }
    return fixed;
  }

  #placeModules(fixed: ReadonlyMap<BootModule, number>): PlacedModule[] {
    return (this.#options.modules ?? []).map((module, index) => {
      const bytes = module.bytes.length;
      const start = fixed.get(module) ?? this.#placeModule(module, index);
      const what = moduleName(module, index);
      if (bytes > 0) this.#writes.push({ physical: start, bytes: module.bytes, zeros: 0, what });
      return { start, bytes, commandLine: module.commandLine ?? '' };
    });
  }

  #placeModule(module: BootModule, index: number): number {
    const bytes = module.bytes.length;
    if (bytes === 0) return 0;
    const start = this.#placement.place({ bytes, alignment: MODULE_ALIGNMENT }, moduleName(module, index));
    if (start === undefined) {
      const most = this.#placement.largest({ alignment: MODULE_ALIGNMENT });
      const expected = `at most ${hexNumber(most)}, the largest free range above 1 MiB (--memory gives more)`;
      throw new BootError(module.name, 'module size', hexNumber(bytes), expected);
    }
    return start;
  }

  #moduleImages(placed: readonly PlacedModule[]): LoadedImage[] {
    return (this.#options.modules ?? []).map((module, index) => {
      const { elf, problem } = elfIfAny(module.name, module.bytes);
      return loadedImage(module.name, 'module', placed[index]!.start, 0, elf, problem);
    });
  }

  #information1(information: BootInformation, header: Multiboot1Header): number {
    const file = this.#options.kernel.name;
    const build = (base: number, garbage?: Garbage): Uint8Array =>
      multiboot1Information(file, information, header.wantsVideo, base, garbage);
    const search = { bytes: build(0).length, alignment: 4, from: 0x10000, below: 0xa0000 };
    const base = this.#placeInformation('multiboot 1 information', search);
    this.#writes.push({
      physical: base,
      bytes: build(base, this.#garbage),
      zeros: 0,
      what: 'multiboot 1 information',
    });
    return base;
  }

  #information2(information: BootInformation, header: Multiboot2Header, loadBase: number): number {
    const { kernel, acpi } = this.#options;
    const bytes = multiboot2Information(kernel.name, information, loadBase, header.wantsVideo, acpi);
    const base = this.#placeInformation('multiboot 2 information', { bytes: bytes.length, alignment: 8 });
    this.#writes.push({ physical: base, bytes, zeros: 0, what: 'multiboot 2 information' });
    return base;
  }

  /** What does not fit is the fault of the longest text in it. */
  #placeInformation(
    what: string,
    search: { bytes: number; alignment: number; from?: number; below?: number },
  ): number {
    const base = this.#placement.place(search, what);
    if (base !== undefined) return base;
    const { kernel, commandLine = '', modules = [] } = this.#options;
    const most = hexNumber(Math.max(0, this.#placement.largest(search)));
    const expected = `boot information in at most ${most} free bytes`;
    const texts = [
      { file: kernel.name, text: commandLine },
      ...modules.map((module) => ({ file: module.name, text: module.commandLine ?? '' })),
    ].map(({ file, text }) => ({ file, bytes: loaderString(file, 'command line', text).length }));
    const longest = texts.reduce((a, b) => (b.bytes > a.bytes ? b : a));
    if (longest.bytes * 2 > search.bytes) {
      throw new BootError(longest.file, 'command line length', `${longest.bytes - 1} bytes`, expected);
    }
    throw new BootError(kernel.name, `${what} size`, hexNumber(search.bytes), expected);
  }

  #entry(image: KernelImage, eax: number, ebx: number): EntryState {
    const values = { eax, ebx, eip: image.entry };
    if (this.#garbage) return hostileEntryState(values, this.#garbage);
    const gdt = loaderGdt();
    const search = { bytes: gdt.length, alignment: 8, from: 0x1000, below: 0xa0000 };
    const base = this.#placement.place(search, 'boot loader GDT');
    // A kernel that fills low memory leaves no place for a table that it may not use anyway.
    if (base === undefined) return entryState(values, { base: 0, limit: 0 });
    this.#writes.push({ physical: base, bytes: gdt, zeros: 0, what: 'boot loader GDT' });
    return entryState(values, { base, limit: gdt.length - 1 });
  }
}

function moduleName(module: BootModule, index: number): string {
  return `module ${index + 1} ${module.name}`;
}

/** A module may be anything; only one that is ELF has symbols to offer. */
function elfIfAny(
  name: string,
  bytes: Uint8Array,
): { elf: ElfImage | undefined; problem: string | undefined } {
  if (!isElf(bytes)) return { elf: undefined, problem: undefined };
  try {
    return { elf: parseElf(bytes, name), problem: undefined };
  } catch (error) {
    if (!(error instanceof BootError)) throw error;
    return { elf: undefined, problem: error.message };
  }
}

function loadedImage(
  name: string,
  role: LoadedImage['role'],
  loadedAt: number,
  relocation: number,
  elf: ElfImage | undefined,
  problem: string | undefined,
): LoadedImage {
  return {
    name,
    role,
    loadedAt,
    relocation,
    elf,
    problem,
    get symbols() {
      return elf?.symbols() ?? [];
    },
  };
}
