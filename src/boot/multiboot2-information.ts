/** Multiboot2 Specification version 2.0, "Boot information format": tags, each on a multiple of 8. */
import { BOOT_LOADER_NAME, type BootInformation, loaderString } from './boot-information.ts';
import { ByteWriter, cString } from './byte-writer.ts';
import { memorySizes } from './memory-map.ts';
import { colourFields, VBE_MODE, vbeBlocks } from './screen.ts';

const TAG_END = 0;
const TAG_COMMAND_LINE = 1;
const TAG_LOADER_NAME = 2;
const TAG_MODULE = 3;
const TAG_MEMORY_SIZES = 4;
const TAG_MEMORY_MAP = 6;
const TAG_VBE = 7;
const TAG_FRAMEBUFFER = 8;
const TAG_ELF_SECTIONS = 9;
const TAG_ACPI_OLD = 14;
const TAG_ACPI_NEW = 15;
const TAG_LOAD_BASE = 21;

/** Root system description pointers, as copies for the kernel: of ACPI 1.0 (20 bytes), of 2.0 and later. */
export interface AcpiPointers {
  readonly old?: Uint8Array;
  readonly new?: Uint8Array;
}

/** In GRUB's order. The structure holds no pointers into itself, so it does not depend on where it will lie. */
export function multiboot2Information(
  file: string,
  information: BootInformation,
  loadBase: number,
  acpi: AcpiPointers = {},
): Uint8Array {
  const writer = new ByteWriter().u32(0).u32(0);
  const tag = (type: number, fill: (body: ByteWriter) => void): void => {
    const start = writer.align(8).length;
    fill(writer.u32(type).u32(0));
    writer.patch32(start + 4, writer.length - start);
  };
  const { modules, memoryMap, sections } = information;
  tag(TAG_LOAD_BASE, (body) => body.u32(loadBase));
  tag(TAG_COMMAND_LINE, (body) => body.bytes(loaderString(file, 'command line', information.commandLine)));
  tag(TAG_LOADER_NAME, (body) => body.bytes(cString(BOOT_LOADER_NAME)));
  modules.forEach((module, index) => {
    const text = loaderString(file, `command line of module ${index + 1}`, module.commandLine);
    tag(TAG_MODULE, (body) =>
      body
        .u32(module.start)
        .u32(module.start + module.bytes)
        .bytes(text),
    );
  });
  tag(TAG_MEMORY_MAP, (body) => {
    body.u32(24).u32(0);
    for (const entry of memoryMap) body.u64(entry.start).u64(entry.bytes).u32(entry.type).u32(0);
  });
  if (sections) {
    tag(TAG_ELF_SECTIONS, (body) => {
      body.u32(sections.count).u32(sections.entryBytes).u32(sections.namesIndex).bytes(sections.table);
    });
  }
  const sizes = memorySizes(memoryMap);
  tag(TAG_MEMORY_SIZES, (body) => body.u32(sizes.lowerKib).u32(sizes.upperKib));
  const { screen } = information;
  const vbe = screen && vbeBlocks(screen, information.videoMemory?.bytes ?? 0);
  if (vbe) {
    // Without a protected-mode interface.
    tag(TAG_VBE, (body) => body.u16(VBE_MODE).u16(0).u16(0).u16(0).bytes(vbe[0]).bytes(vbe[1]));
  }
  if (screen) {
    tag(TAG_FRAMEBUFFER, (body) => {
      body.u64(screen.address).u32(screen.pitch).u32(screen.width).u32(screen.height);
      body
        .u8(screen.bits)
        .u8(screen.type)
        .u16(0)
        .bytes(Uint8Array.from(colourFields(screen)));
    });
  }
  const { old: rsdp1, new: rsdp2 } = acpi;
  if (rsdp1) tag(TAG_ACPI_OLD, (body) => body.bytes(rsdp1));
  if (rsdp2) tag(TAG_ACPI_NEW, (body) => body.bytes(rsdp2));
  tag(TAG_END, () => {});
  return writer.patch32(0, writer.length).finish();
}
