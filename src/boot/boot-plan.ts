/** What to boot and where everything goes: the data that every boot protocol takes and gives. */

import type { AddressSpace } from '../bus/address-space.ts';
import { BootError } from './boot-error.ts';
import { type ElfImage, type ElfSymbol, isElf, parseElf } from './elf.ts';
import type { ImagePiece } from './kernel-image.ts';
import { type EntryState, fillUnusedRam, unusedRam } from './machine-state.ts';
import type { MemoryMapEntry } from './memory-map.ts';
import type { AcpiPointers } from './multiboot2-information.ts';
import type { PlacedRange } from './placement.ts';
import type { Screen, VideoMemory } from './screen.ts';

export type BootProtocol = 'multiboot1' | 'multiboot2' | 'linux32' | 'linux64' | 'pvh';

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
  /** A Linux initial RAM disk; also the first module of PVH. */
  readonly initrd?: BootFile;
  /** Default: the first of multiboot 1, multiboot 2, linux32 and pvh that the image has the marks of. */
  readonly protocol?: BootProtocol;
  /** A seed: everything the specifications leave undefined is garbage. */
  readonly hostile?: number;
  /** Where the display adapter shows its memory flat, if it does. */
  readonly videoMemory?: VideoMemory | undefined;
  /** Given to the kernel by multiboot 2. */
  readonly acpi?: AcpiPointers;
  /** Physical address of the root system description pointer, for protocols that pass that. */
  readonly rsdp?: number;
}

/** A file that lies in memory, and what is known of it: for symbols, reports and explanations. */
export interface LoadedImage {
  readonly name: string;
  readonly role: 'kernel' | 'module' | 'initrd';
  /** Physical address of the lowest byte of a kernel, of the first byte of any other file. */
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
  /** Kernel first, then the initrd, then modules in order. */
  readonly images: readonly LoadedImage[];
  /** Everything that was put into memory, by address. */
  readonly ranges: readonly PlacedRange[];
  readonly memoryMap: readonly MemoryMapEntry[];
  readonly ramBytes: number;
  readonly hostile: number | undefined;
  /** The screen that a multiboot kernel asks for. */
  readonly screen?: Screen;
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

/** A file beside the kernel, with its symbols when it has any. */
export function fileImage(
  file: BootFile,
  role: Exclude<LoadedImage['role'], 'kernel'>,
  loadedAt: number,
): LoadedImage {
  const { elf, problem } = elfIfAny(file.name, file.bytes);
  return loadedImage(file.name, role, loadedAt, 0, elf, problem);
}

/** A module may be anything; only one that is ELF has symbols to offer. */
export function elfIfAny(
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

export function loadedImage(
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
