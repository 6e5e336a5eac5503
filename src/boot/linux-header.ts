/** The setup header of a Linux/x86 kernel (Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header"). */

import { hexNumber } from '../bits/hex.ts';
import { BootError } from './boot-error.ts';

/** Where the header begins: in the file, and in `struct boot_params`. */
export const SETUP_HEADER = 0x1f1;
const BOOT_FLAG = 0x1fe;
const JUMP_OFFSET = 0x201;
const CODE32_START = 0x214;
const HEADER_MAGIC_AT = 0x202;
const HEADER_MAGIC = 0x53726448; // "HdrS"
const BOOT_FLAG_MAGIC = 0xaa55;
const SECTOR = 512;
/** "For backwards compatibility, if the setup_sects field contains 0, the real value is 4." */
const DEFAULT_SETUP_SECTORS = 4;
const NEWEST_HEADER_END = 0x290;

const LOADED_HIGH = 1 << 0;
const XLF_KERNEL_64 = 1 << 0;

/** Where a bzImage's protected-mode code goes unless the header says otherwise. */
export const BZIMAGE_LOAD = 0x100000;
const DEFAULT_INITRD_MAX = 0x37ffffff;
const DEFAULT_COMMAND_LINE_MAX = 255;

/** First version of the protocol that has a field. */
const V_INITRD_MAX = 0x203;
const V_RELOCATABLE = 0x205;
const V_COMMAND_LINE_MAX = 0x206;
const V_PREFERRED = 0x20a;
const V_XLOADFLAGS = 0x20c;

export interface LinuxHeader {
  readonly name: string;
  /** 0x20f for 2.15. */
  readonly version: number;
  /** The header's own bytes, to be copied to 0x1f1 of `struct boot_params`. */
  readonly bytes: Uint8Array;
  /** The boot sector and the real-mode code behind it. */
  readonly setupBytes: number;
  /** Where the real-mode code goes on in protected mode; 0 for a kernel that has nothing to enter there. */
  readonly code32Start: number;
  /** The protected-mode code: everything behind the setup sectors. */
  readonly payload: Uint8Array;
  readonly relocatable: boolean;
  readonly alignment: number;
  /** Where the kernel would like to lie, and the memory it needs from there before it can read a memory map. */
  readonly preferred: number;
  readonly initBytes: number;
  /** The highest address an initrd may occupy. */
  readonly initrdMax: number;
  /** Without the terminating zero. */
  readonly commandLineMax: number;
  /** XLF_KERNEL_64: it has the 64-bit entry point at 0x200. */
  readonly has64BitEntry: boolean;
}

export function linuxVersion(version: number): string {
  return `${version >> 8}.${String(version & 0xff).padStart(2, '0')}`;
}

/** True when the file has the mark of a Linux kernel: a boot sector's signature and "HdrS" behind it. */
export function hasLinuxHeader(file: Uint8Array): boolean {
  if (file.length < HEADER_MAGIC_AT + 4) return false;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  return (
    view.getUint16(BOOT_FLAG, true) === BOOT_FLAG_MAGIC &&
    view.getUint32(HEADER_MAGIC_AT, true) === HEADER_MAGIC
  );
}

export function parseLinuxHeader(file: Uint8Array, name: string): LinuxHeader {
  const fail = (field: string, value: string, expected: string): never => {
    throw new BootError(name, field, value, expected);
  };
  if (!hasLinuxHeader(file)) {
    const expected = '0xaa55 at 0x1fe and HdrS at 0x202 (boot protocol 2.00 or newer)';
    fail('Linux setup header', 'missing', expected);
  }
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < NEWEST_HEADER_END) {
    fail('file size', `${file.length} bytes`, 'a whole setup header (the file is cut short)');
  }
  const version = view.getUint16(0x206, true);
  if (version < 0x200) fail('boot protocol', linuxVersion(version), '2.00 or newer');
  if ((view.getUint8(0x211) & LOADED_HIGH) === 0) {
    fail('loadflags', hexNumber(view.getUint8(0x211)), 'LOADED_HIGH (bit 0) set: a bzImage, not a zImage');
  }
  const setupBytes = ((view.getUint8(SETUP_HEADER) || DEFAULT_SETUP_SECTORS) + 1) * SECTOR;
  // syssize counts 16-byte paragraphs. Before 2.04 it had 16 bits and could not be trusted for a bzImage.
  const payloadBytes = version >= 0x204 ? view.getUint32(0x1f4, true) * 16 : file.length - setupBytes;
  // The last paragraph need not be whole in the file.
  if (payloadBytes <= 0 || setupBytes + payloadBytes - 15 > file.length) {
    const parts = `setup ${hexNumber(setupBytes)} and kernel ${hexNumber(Math.max(payloadBytes, 0))}`;
    fail('file size', hexNumber(file.length), `${parts} bytes (the file is cut short)`);
  }
  const since = (first: number, value: () => number, before: number): number =>
    version >= first ? value() : before;
  const relocatable = since(V_RELOCATABLE, () => view.getUint8(0x234), 0) !== 0;
  // "Alignment unit required by the kernel (if relocatable_kernel is true)".
  const alignment = relocatable ? view.getUint32(0x230, true) : 0x1000;
  if (alignment === 0 || (alignment & (alignment - 1)) !== 0) {
    fail('kernel_alignment', hexNumber(alignment), 'a power of two');
  }
  const preferred = since(
    V_PREFERRED,
    () => view.getUint32(0x25c, true) * 4294967296 + view.getUint32(0x258, true),
    BZIMAGE_LOAD,
  );
  if (preferred > 0xffffffff) fail('pref_address', hexNumber(preferred), 'an address below 4 GiB');
  const headerEnd = Math.min(HEADER_MAGIC_AT + view.getUint8(JUMP_OFFSET), NEWEST_HEADER_END);
  return {
    name,
    version,
    bytes: file.subarray(SETUP_HEADER, Math.max(headerEnd, 0x224)),
    setupBytes,
    code32Start: view.getUint32(CODE32_START, true),
    payload: file.subarray(setupBytes, setupBytes + payloadBytes),
    relocatable,
    alignment,
    preferred,
    initBytes: since(V_PREFERRED, () => view.getUint32(0x260, true), 0),
    initrdMax: since(V_INITRD_MAX, () => view.getUint32(0x22c, true), DEFAULT_INITRD_MAX),
    commandLineMax: since(V_COMMAND_LINE_MAX, () => view.getUint32(0x238, true), DEFAULT_COMMAND_LINE_MAX),
    has64BitEntry: since(V_XLOADFLAGS, () => view.getUint16(0x236, true) & XLF_KERNEL_64, 0) !== 0,
  };
}
