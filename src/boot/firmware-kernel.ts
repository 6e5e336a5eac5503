/**
 * A kernel that firmware shall start: it lies in fw_cfg, where OVMF and qboot look for one, and where an expansion ROM
 * takes it from for a BIOS (QEMU, "QEMU Firmware Configuration (fw_cfg) Device"; Documentation/arch/x86/boot.rst).
 */

import { hexNumber } from '../bits/hex.ts';
import type { Pc } from '../machine/pc.ts';
import { BootError } from './boot-error.ts';
import { loaderString } from './boot-information.ts';
import type { BootFile } from './boot-plan.ts';
import { balance, cString } from './byte-writer.ts';
import { KERNEL_ROM_IMAGE } from './firmware-image.ts';
import {
  BZIMAGE_LOAD,
  hasLinuxHeader,
  type LinuxHeader,
  linuxVersion,
  parseLinuxHeader,
} from './linux-header.ts';

export interface FirmwareKernel {
  /** A Linux image, or an EFI application for firmware that starts those. */
  readonly kernel: BootFile;
  readonly initrd?: BootFile | undefined;
  readonly commandLine?: string | undefined;
}

/** The setup code lies here, its heap and its stack up to HEAP_END from there, and the command line behind. */
const SETUP = 0x10000;
const HEAP_END = 0xe000;
const COMMAND_LINE = SETUP + HEAP_END;
/** What a BIOS keeps for itself at the end of RAM: its tables. */
const TOP_RESERVED = 0x100000;
const PAGE = 4096;

/** Fields of the header, by their place in the file. */
const TYPE_OF_LOADER = 0x210;
const LOADER_UNDEFINED = 0xff;
const LOADFLAGS = 0x211;
const CAN_USE_HEAP = 0x80;
const RAMDISK_IMAGE = 0x218;
const RAMDISK_SIZE = 0x21c;
const HEAP_END_PTR = 0x224;
/** "The offset limit of the setup heap, minus 0x0200." */
const HEAP_END_BIAS = 0x200;
const CMD_LINE_PTR = 0x228;
/** The first version that has the pointer to the command line. */
const V_CMD_LINE_PTR = 0x202;

const ROM_FILE = 'genroms/longmode-kernel.bin';
const ROM_CHECK_SUM = 5;
const BOOT_ORDER_FILE = 'bootorder';

/** @throws BootError when the kernel is none that firmware could start, or something does not fit into `memory` bytes */
export function offerKernel({ fwCfg }: Pc['devices'], given: FirmwareKernel, memory: number): void {
  const { kernel, initrd, commandLine = '' } = given;
  const header = linuxHeader(kernel);
  const text = loaderString(kernel.name, 'command line', commandLine);
  const kernelEnd = BZIMAGE_LOAD + kernel.bytes.length - (header?.setupBytes ?? 0);
  if (kernelEnd > memory - TOP_RESERVED) {
    const most = hexNumber(Math.max(0, memory - TOP_RESERVED - BZIMAGE_LOAD));
    const expected = `at most ${most}, the memory above 1 MiB (--memory gives more)`;
    throw new BootError(kernel.name, 'kernel size', hexNumber(kernelEnd - BZIMAGE_LOAD), expected);
  }
  const highest = Math.min((header?.initrdMax ?? memory) + 1, memory - TOP_RESERVED);
  const initrdAt = initrd ? placeInitrd(initrd, kernelEnd, highest) : 0;
  const setup = header ? linuxSetup(given, header, text.length - 1, initrdAt) : new Uint8Array(0);
  fwCfg.setImage('kernel', BZIMAGE_LOAD, kernel.bytes.subarray(setup.length));
  fwCfg.setImage('initrd', initrdAt, initrd?.bytes ?? new Uint8Array(0));
  fwCfg.setImage('commandLine', COMMAND_LINE, text);
  fwCfg.setImage('setup', SETUP, setup);
  if (!header) return;
  const rom = Uint8Array.from(atob(KERNEL_ROM_IMAGE), (c) => c.charCodeAt(0));
  balance(rom, ROM_CHECK_SUM);
  fwCfg.addFile(ROM_FILE, rom);
  fwCfg.addFile(BOOT_ORDER_FILE, cString(`/rom@${ROM_FILE}`));
}

/** A copy of the setup sectors, with what a loader tells in their header. */
function linuxSetup(
  { kernel, initrd }: FirmwareKernel,
  header: LinuxHeader,
  textLength: number,
  initrdAt: number,
): Uint8Array {
  const { name, bytes } = kernel;
  if (header.version < V_CMD_LINE_PTR) {
    throw new BootError(name, 'boot protocol', linuxVersion(header.version), '2.02 or newer with --bios');
  }
  if (textLength > header.commandLineMax) {
    const expected = `at most ${header.commandLineMax} (cmdline_size of the kernel)`;
    throw new BootError(name, 'command line length', `${textLength} bytes`, expected);
  }
  const setup = new Uint8Array(bytes.subarray(0, header.setupBytes));
  const view = new DataView(setup.buffer);
  view.setUint8(TYPE_OF_LOADER, LOADER_UNDEFINED);
  view.setUint8(LOADFLAGS, view.getUint8(LOADFLAGS) | CAN_USE_HEAP);
  view.setUint16(HEAP_END_PTR, HEAP_END - HEAP_END_BIAS, true);
  view.setUint32(RAMDISK_IMAGE, initrdAt, true);
  view.setUint32(RAMDISK_SIZE, initrd?.bytes.length ?? 0, true);
  view.setUint32(CMD_LINE_PTR, COMMAND_LINE, true);
  return setup;
}

/** As high as it may lie: where the kernel unpacks itself is not in the way then. */
function placeInitrd({ name, bytes }: BootFile, kernelEnd: number, end: number): number {
  const start = Math.floor((end - bytes.length) / PAGE) * PAGE;
  if (start >= kernelEnd) return start;
  const most = hexNumber(Math.max(0, end - kernelEnd));
  const expected = `at most ${most}, the memory from ${hexNumber(kernelEnd)} to ${hexNumber(end)} (--memory gives more)`;
  throw new BootError(name, 'initrd size', hexNumber(bytes.length), expected);
}

/** Undefined for an EFI application, which begins like a program of MS-DOS (Microsoft PE and COFF Specification, "MS-DOS Stub"). */
function linuxHeader({ name, bytes }: BootFile): LinuxHeader | undefined {
  if (hasLinuxHeader(bytes)) return parseLinuxHeader(bytes, name);
  if (bytes[0] === 0x4d && bytes[1] === 0x5a) return undefined;
  const expected = 'a Linux image (HdrS at 0x202) or an EFI application (MZ): firmware is handed no others';
  throw new BootError(name, 'file type', 'neither', expected);
}
