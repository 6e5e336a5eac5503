/**
 * The x86/HVM direct boot ABI ("PVH", docs/misc/pvh.pandoc of Xen and xen/include/public/arch-x86/hvm/start_info.h):
 * the ELF note that names the entry point, and the structure that tells the kernel where everything is.
 */

import { hexNumber } from '../bits/hex.ts';
import { BootError } from './boot-error.ts';
import { ByteWriter } from './byte-writer.ts';
import type { ElfImage } from './elf.ts';
import type { MemoryMapEntry } from './memory-map.ts';

const NOTE_OWNER = 'Xen';
const XEN_ELFNOTE_PHYS32_ENTRY = 18;

const HVM_START_MAGIC = 0x336ec578;
const HVM_START_VERSION = 1;
const START_INFO_BYTES = 56;
const MODULE_BYTES = 32;

interface PvhModule {
  readonly start: number;
  readonly bytes: number;
  /** With its terminating zero; undefined for none. */
  readonly commandLine: Uint8Array | undefined;
}

export interface PvhInformation {
  /** With its terminating zero. */
  readonly commandLine: Uint8Array;
  readonly modules: readonly PvhModule[];
  readonly memoryMap: readonly MemoryMapEntry[];
  /** Physical address of the RSDP; 0 for none. */
  readonly rsdp: number;
}

/** The physical address of the 32-bit entry point; undefined for a kernel that cannot be started this way. */
export function findPvhEntry(elf: ElfImage): number | undefined {
  for (const { name, type, description } of elf.notes()) {
    if (name !== NOTE_OWNER || type !== XEN_ELFNOTE_PHYS32_ENTRY) continue;
    const view = new DataView(description.buffer, description.byteOffset, description.length);
    const field = 'PVH entry note';
    if (description.length !== 4 && description.length !== 8) {
      throw new BootError(elf.name, `${field} size`, `${description.length} bytes`, '4 or 8');
    }
    const high = description.length === 8 ? view.getUint32(4, true) : 0;
    const entry = high * 4294967296 + view.getUint32(0, true);
    if (high !== 0) throw new BootError(elf.name, field, hexNumber(entry), 'an address below 4 GiB');
    return entry;
  }
  return undefined;
}

/**
 * The start information with everything it points to behind it. It is built twice: first to learn its size, then for
 * the address it got.
 */
export function pvhStartInfo(information: PvhInformation, base: number): Uint8Array {
  const { commandLine, modules, memoryMap, rsdp } = information;
  const moduleList = base + START_INFO_BYTES;
  const map = moduleList + modules.length * MODULE_BYTES;
  let text = map + memoryMap.length * 24;
  const commandLineAt = text;
  text += commandLine.length;
  const writer = new ByteWriter().u32(HVM_START_MAGIC).u32(HVM_START_VERSION).u32(0).u32(modules.length);
  writer
    .u64(modules.length === 0 ? 0 : moduleList)
    .u64(commandLineAt)
    .u64(rsdp);
  writer.u64(map).u32(memoryMap.length).u32(0);
  for (const module of modules) {
    const at = module.commandLine ? text : 0;
    text += module.commandLine?.length ?? 0;
    writer.u64(module.start).u64(module.bytes).u64(at).u64(0);
  }
  for (const entry of memoryMap) writer.u64(entry.start).u64(entry.bytes).u32(entry.type).u32(0);
  writer.bytes(commandLine);
  for (const module of modules) if (module.commandLine) writer.bytes(module.commandLine);
  return writer.finish();
}
