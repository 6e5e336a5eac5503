/** Multiboot 1 and 2: GRUB's way from the bytes of a kernel and its modules to a plan. */

import { hexNumber } from '../bits/hex.ts';
import { BootError } from './boot-error.ts';
import { type BootInformation, loaderString, type PlacedModule, placeSections } from './boot-information.ts';
import {
  type BootModule,
  type BootOptions,
  type BootPlan,
  elfIfAny,
  fileImage,
  type LoadedImage,
  loadedImage,
} from './boot-plan.ts';
import { type ElfImage, isElf, parseElf } from './elf.ts';
import {
  addressImage,
  claimImage,
  elfImage,
  type ImagePiece,
  type KernelImage,
  relocate,
} from './kernel-image.ts';
import { type EntryState, entryState, Garbage, hostileEntryState, loaderGdt } from './machine-state.ts';
import { createMemoryMap, HIGH_MEMORY_START, type MemoryMapEntry } from './memory-map.ts';
import {
  findMultiboot1Header,
  MULTIBOOT1_BOOTLOADER_MAGIC,
  type Multiboot1Header,
  multiboot1Information,
} from './multiboot1.ts';
import { findMultiboot2Header, MULTIBOOT2_BOOTLOADER_MAGIC, type Multiboot2Header } from './multiboot2.ts';
import { multiboot2Information } from './multiboot2-information.ts';
import { MODULE_ALIGNMENT, Placement } from './placement.ts';
import { chooseScreen } from './screen.ts';

export type FoundHeader =
  | { readonly protocol: 'multiboot1'; readonly header: Multiboot1Header }
  | { readonly protocol: 'multiboot2'; readonly header: Multiboot2Header };

/** The header of a multiboot kernel; undefined when it has none. */
export function findMultibootHeader(options: BootOptions): FoundHeader | undefined {
  const { kernel, protocol } = options;
  const { name, bytes } = kernel;
  if (protocol === undefined || protocol === 'multiboot1') {
    const header = findMultiboot1Header(bytes, name);
    if (header) return { protocol: 'multiboot1', header };
  }
  if (protocol === undefined || protocol === 'multiboot2') {
    const header = findMultiboot2Header(bytes, name);
    if (header) return { protocol: 'multiboot2', header };
  }
  return undefined;
}

export function planMultiboot(options: BootOptions, found: FoundHeader): BootPlan {
  return new Planner(options, found).plan();
}

class Planner {
  readonly #options: BootOptions;
  readonly #found: FoundHeader;
  readonly #memoryMap: readonly MemoryMapEntry[];
  readonly #placement: Placement;
  readonly #writes: ImagePiece[] = [];
  readonly #garbage: Garbage | undefined;

  constructor(options: BootOptions, found: FoundHeader) {
    this.#options = options;
    this.#found = found;
    this.#memoryMap = createMemoryMap(options.ramBytes);
    this.#placement = new Placement(this.#memoryMap);
    this.#garbage = options.hostile === undefined ? undefined : new Garbage(~options.hostile);
  }

  plan(): BootPlan {
    const { kernel } = this.#options;
    const found = this.#found;
    const { image, elf, problem } = this.#loadKernel(found);
    claimImage(image, this.#placement);
    this.#writes.push(...image.pieces);
    const fixed = this.#claimFixedModules(found);
    const sections = this.#placeSections(elf);
    const placed = this.#placeModules(fixed);
    const { videoMemory } = this.#options;
    const screen = found.header.screen && chooseScreen(found.header.screen, videoMemory);
    const information: BootInformation = {
      commandLine: this.#options.commandLine ?? '',
      modules: placed,
      memoryMap: this.#memoryMap,
      sections,
      screen,
      videoMemory,
    };
    const loadBase = image.linkBase + image.relocation;
    const entry =
      found.protocol === 'multiboot1'
        ? this.#entry(image, MULTIBOOT1_BOOTLOADER_MAGIC, this.#information1(information))
        : this.#entry(image, MULTIBOOT2_BOOTLOADER_MAGIC, this.#information2(information, loadBase));
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
      ...(screen ? { screen } : {}),
    };
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
    return (this.#options.modules ?? []).map((module, index) =>
      fileImage(module, 'module', placed[index]!.start),
    );
  }

  #information1(information: BootInformation): number {
    const file = this.#options.kernel.name;
    const build = (base: number, garbage?: Garbage): Uint8Array =>
      multiboot1Information(file, information, base, garbage);
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

  #information2(information: BootInformation, loadBase: number): number {
    const { kernel, acpi } = this.#options;
    const bytes = multiboot2Information(kernel.name, information, loadBase, acpi);
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
