import { originOf } from '../machine/origin.ts';
import { createPc, DEFAULT_BOARD, MEDIA, type Pc, type PcConfig } from '../machine/pc.ts';
import { BootError } from './boot-error.ts';
import type { BootFile } from './boot-plan.ts';
import { ByteWriter } from './byte-writer.ts';
import { offerAcpiTables } from './firmware-acpi.ts';
import { offerKernel } from './firmware-kernel.ts';
import { checkMedia, type DiskFile, type VirtioOptions } from './media.ts';
import { MEMORY_AVAILABLE } from './memory-map.ts';
import { offerSmbios } from './pc-smbios.ts';

/** A machine that starts at the reset vector of a firmware image. */
export interface FirmwareOptions
  extends Omit<PcConfig, 'memory' | 'cdrom' | 'disk' | 'floppy' | 'virtio' | 'vgaRom'> {
  readonly bios: BootFile;
  readonly cdrom?: BootFile;
  readonly disk?: DiskFile;
  readonly floppy?: DiskFile;
  readonly virtio?: VirtioOptions;
  readonly vgaRom?: BootFile;
  /** A Linux image, or an EFI application, that the firmware shall start before it looks for media. */
  readonly kernel?: BootFile;
  readonly initrd?: BootFile;
  readonly commandLine?: string;
  /** Bytes of RAM. Default 128 MiB. */
  readonly memory?: number;
  /** False: a reset that the guest asks for ends the run instead of starting the firmware again. */
  readonly reboot?: boolean;
}

const DEFAULT_MEMORY = 128 * 1024 * 1024;
const FOUR_GIB = 2 ** 32;
/** The top of the image is seen below 1 MiB too. */
const SHADOW_END = 0x100000;
const SHADOW_BYTES = 0x20000;
const KIB = 1024;

/**
 * Makes a PC with a BIOS image below 4 GiB, stopped in front of the reset vector.
 * @throws BootError with one line that names file, field, value and what was expected.
 */
export function createFirmwareMachine(options: FirmwareOptions): Pc {
  const { bios, cdrom, vgaRom, memory = DEFAULT_MEMORY, reboot = true, ...others } = options;
  const { kernel, initrd, commandLine, ...config } = others;
  checkBios(bios);
  if (vgaRom) checkExpansionRom(vgaRom);
  checkMedia(options, config.board ?? DEFAULT_BOARD);
  const machine = createPc({
    ...config,
    memory,
    cdrom: cdrom?.bytes,
    vgaRom: vgaRom?.bytes,
  });
  machine.space.attachRom(FOUR_GIB - bios.bytes.length, bios.bytes);
  const shadow = bios.bytes.subarray(Math.max(0, bios.bytes.length - SHADOW_BYTES));
  const { chipset } = machine.devices;
  // Without a host bridge that could be asked, memory is there instead, and filled already.
  const fillShadow = () => machine.space.load(SHADOW_END - shadow.length, shadow);
  if (chipset) {
    chipset.attachBios(shadow);
    const { length: processors } = machine.processors.all;
    const hasFloppy = options.floppy !== undefined;
    offerAcpiTables(machine.devices.fwCfg, chipset, { processors, hasFloppy, memory });
    offerSmbios(machine);
  } else {
    fillShadow();
    if (vgaRom) machine.devices.fwCfg.addFile(VGA_ROM_FILE, vgaRom.bytes);
  }
  machine.devices.fwCfg.addFile(RAM_MAP_FILE, ramMap(memory));
  if (kernel) {
    offerKernel(machine.devices, { kernel, initrd, commandLine }, memory);
    machine.unreadKernel = kernel.name;
    machine.devices.fwCfg.onSelectKernel = () => {
      machine.unreadKernel = undefined;
    };
  }
  machine.origin = originOf('firmware', machine.board, options, MEDIA);
  if (reboot) {
    machine.restart = () => {
      machine.devices.reset();
      if (!chipset) fillShadow();
    };
  }
  return machine;
}

/** Without PCI SeaBIOS starts no ROM of a display adapter but this. */
const VGA_ROM_FILE = 'vgaroms/vgabios.bin';
/** QEMU, "QEMU Firmware Configuration (fw_cfg) Device": what qboot knows the size of memory by. */
const RAM_MAP_FILE = 'etc/e820';

/** RAM as the machine has it, in one entry: what of it is in use the firmware knows. */
function ramMap(memory: number): Uint8Array {
  return new ByteWriter().u64(0).u64(memory).u32(MEMORY_AVAILABLE).finish();
}

const ROM_SIGNATURE = 0xaa55;
const ROM_UNIT = 512;
/** The window of an ISA display adapter, C0000h to C7FFFh, and what PCI adapters have in memory. */
const MAX_VGA_ROM = 64 * KIB;

/** An expansion ROM says how large it is (PCI Local Bus Specification, "PCI Expansion ROM Header Format"). */
function checkExpansionRom({ name, bytes }: BootFile): void {
  const signature = bytes.length < 3 ? 0 : bytes[0]! | (bytes[1]! << 8);
  if (signature !== ROM_SIGNATURE) {
    throw new BootError(name, 'signature', `0x${signature.toString(16)}`, '0xaa55, as expansion ROMs have');
  }
  const said = bytes[2]! * ROM_UNIT;
  if (said > bytes.length || bytes.length > MAX_VGA_ROM) {
    const expected =
      said > bytes.length ? `the ${said} of its header (the file is cut short)` : 'at most 64 KiB';
    throw new BootError(name, 'size', `${bytes.length} bytes`, expected);
  }
}

/** OVMF's code without its variables is no multiple of 64 KiB, as images of a BIOS are. */
function checkBios({ name, bytes }: BootFile): void {
  const { length } = bytes;
  if (length < 64 * KIB || length > 16384 * KIB || length % (4 * KIB) !== 0) {
    throw new BootError(
      name,
      'size',
      `${length} bytes`,
      'a multiple of 4 KiB from 64 KiB to 16 MiB, as firmware images have',
    );
  }
}
