/** Multiboot Specification version 0.6.96: the header in the image, and the information structure for the kernel. */
import { hex32 } from '../bits/hex.ts';
import { BootError } from './boot-error.ts';
import { BOOT_LOADER_NAME, type BootInformation, loaderString } from './boot-information.ts';
import { ByteWriter, cString } from './byte-writer.ts';
import type { AddressFields } from './kernel-image.ts';
import type { Garbage } from './machine-state.ts';
import { memorySizes } from './memory-map.ts';
import { colourFields, type ScreenRequest, VBE_MODE, vbeBlocks } from './screen.ts';

export const MULTIBOOT1_SEARCH_BYTES = 8192;
/** What EAX holds at entry. */
export const MULTIBOOT1_BOOTLOADER_MAGIC = 0x2badb002;

const HEADER_MAGIC = 0x1badb002;
/** Bits 0 to 15 are requirements; a loader that does not know one must not load the image. */
const FLAG_PAGE_ALIGN = 1 << 0;
const FLAG_VIDEO = 1 << 2;
const FLAG_ADDRESSES = 1 << 16;
const UNKNOWN_REQUIREMENTS = 0xfff8;
const MODE_GRAPHICS = 0;

/** Boot information flags: which fields are valid. */
const INFO_MEMORY = 1 << 0;
const INFO_COMMAND_LINE = 1 << 2;
const INFO_MODULES = 1 << 3;
const INFO_ELF_SECTIONS = 1 << 5;
const INFO_MEMORY_MAP = 1 << 6;
const INFO_LOADER_NAME = 1 << 9;
const INFO_VBE = 1 << 11;
const INFO_FRAMEBUFFER = 1 << 12;
const INFO_BYTES = 120;

export interface Multiboot1Header {
  readonly fileOffset: number;
  readonly flags: number;
  readonly pageAlignModules: boolean;
  readonly screen: ScreenRequest | undefined;
  /** Flag 16: load by these fields, not by the ELF header. */
  readonly addresses: (AddressFields & { readonly entry: number }) | undefined;
}

/** The header, undefined when the image has none. A header that cannot be honoured is an error. */
export function findMultiboot1Header(file: Uint8Array, name: string): Multiboot1Header | undefined {
  const view = new DataView(file.buffer, file.byteOffset, Math.min(file.length, MULTIBOOT1_SEARCH_BYTES));
  let badChecksum: BootError | undefined;
  for (let at = 0; at + 12 <= view.byteLength; at += 4) {
    if (view.getUint32(at, true) !== HEADER_MAGIC) continue;
    const flags = view.getUint32(at + 4, true);
    const checksum = view.getUint32(at + 8, true);
    const expected = -(HEADER_MAGIC + flags) >>> 0;
    if (checksum === expected) return readHeader(view, at, flags, name);
    badChecksum ??= new BootError(
      name,
      `multiboot 1 checksum at ${hex32(at, 1)}`,
      hex32(checksum),
      `${hex32(expected)} for flags ${hex32(flags)}`,
    );
  }
  if (badChecksum) throw badChecksum;
  return undefined;
}

function readHeader(view: DataView, at: number, flags: number, name: string): Multiboot1Header {
  const unknown = flags & UNKNOWN_REQUIREMENTS;
  if (unknown !== 0) {
    const expected = 'requirements 0x0001, 0x0002 and 0x0004 only (bits 3 to 15 are not defined)';
    throw new BootError(name, 'multiboot 1 flags', hex32(flags), expected);
  }
  const bytes = flags & FLAG_VIDEO ? 48 : flags & FLAG_ADDRESSES ? 32 : 12;
  if (at + bytes > view.byteLength) {
    const expected = `at most ${hex32(view.byteLength - bytes, 1)}, so that its ${bytes} bytes lie in the searched part`;
    throw new BootError(name, 'multiboot 1 header offset', hex32(at, 1), expected);
  }
  const field = (index: number): number => view.getUint32(at + index, true);
  return {
    fileOffset: at,
    flags,
    pageAlignModules: (flags & FLAG_PAGE_ALIGN) !== 0,
    screen: (flags & FLAG_VIDEO) === 0 ? undefined : screenRequest(field),
    addresses:
      (flags & FLAG_ADDRESSES) === 0
        ? undefined
        : {
            headerAddress: field(12),
            loadAddress: field(16),
            loadEndAddress: field(20),
            bssEndAddress: field(24),
            entry: field(28),
          },
  };
}

/** "The graphics fields of Multiboot header": only in graphics modes do the numbers count. */
function screenRequest(field: (index: number) => number): ScreenRequest {
  if (field(32) !== MODE_GRAPHICS) return 'text';
  return { width: field(36), height: field(40), depth: field(44) };
}

/**
 * Builds the information structure with everything it points to behind it, in GRUB's order. It is built twice: first
 * to learn its size, then for the address it got. `garbage` fills the fields whose flags are clear.
 */
export function multiboot1Information(
  file: string,
  information: BootInformation,
  base: number,
  garbage?: Garbage,
): Uint8Array {
  const writer = new ByteWriter();
  for (let i = 0; i < INFO_BYTES; i += 4) writer.u32(garbage ? garbage.word() : 0);
  const append = (bytes: Uint8Array): number => {
    const at = base + writer.length;
    writer.bytes(bytes).align(4);
    return at;
  };
  const { modules, memoryMap, sections } = information;
  const sizes = memorySizes(memoryMap);
  let flags = INFO_MEMORY | INFO_COMMAND_LINE | INFO_MEMORY_MAP | INFO_LOADER_NAME;
  writer.patch32(4, sizes.lowerKib).patch32(8, sizes.upperKib);
  writer.patch32(16, append(loaderString(file, 'command line', information.commandLine)));
  writer.patch32(64, append(cString(BOOT_LOADER_NAME)));

  if (modules.length > 0) {
    flags |= INFO_MODULES;
    writer.patch32(20, modules.length).patch32(24, base + writer.length);
  }
  const list = writer.length;
  for (const module of modules) {
    writer
      .u32(module.start)
      .u32(module.start + module.bytes)
      .u32(0)
      .u32(0);
  }
  modules.forEach((module, index) => {
    const text = append(loaderString(file, `command line of module ${index + 1}`, module.commandLine));
    writer.patch32(list + index * 16 + 8, text);
  });

  writer.patch32(44, memoryMap.length * 24).patch32(48, base + writer.length);
  for (const entry of memoryMap) writer.u32(20).u64(entry.start).u64(entry.bytes).u32(entry.type);

  if (sections) {
    flags |= INFO_ELF_SECTIONS;
    writer.patch32(28, sections.count).patch32(32, sections.entryBytes);
    writer.patch32(36, append(sections.table)).patch32(40, sections.namesIndex);
  }
  const { screen } = information;
  if (screen) {
    flags |= INFO_FRAMEBUFFER;
    writer.patch32(88, screen.address).patch32(92, 0).patch32(96, screen.pitch);
    writer.patch32(100, screen.width).patch32(104, screen.height);
    const [redAt = 0, red = 0, greenAt = 0, green = 0, blueAt = 0, blue = 0] = colourFields(screen);
    writer.patch32(108, screen.bits | (screen.type << 8) | (redAt << 16) | (red << 24));
    writer.patch32(112, greenAt | (green << 8) | (blueAt << 16) | (blue << 24));
    const vbe = vbeBlocks(screen, information.videoMemory?.bytes ?? 0, base + writer.length);
    if (vbe) {
      flags |= INFO_VBE;
      writer.patch32(72, append(vbe[0])).patch32(76, append(vbe[1]));
      writer.patch32(80, VBE_MODE).patch32(84, 0); // Without a protected-mode interface.
    }
  }
  return writer.patch32(0, flags).finish();
}
