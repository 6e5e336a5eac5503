/** `struct boot_params`, the "zero page" (Documentation/arch/x86/zero-page.rst): what a Linux kernel is told. */

import { highWord } from '../bits/words.ts';
import { type LinuxHeader, SETUP_HEADER } from './linux-header.ts';
import { type MemoryMapEntry, memorySizes } from './memory-map.ts';

export const BOOT_PARAMS_BYTES = 0x1000;

const E820_TABLE = 0x2d0;
const E820_ENTRY_BYTES = 20;
const E820_MOST = 128;
/** Boot loader ID: "reserved for the bootloader ID assigned": none is ours. */
const UNDEFINED_LOADER = 0xff;
const CAN_USE_HEAP = 1 << 7;
const OLD_COMMAND_LINE_MAGIC = 0xa33f;
const V_LOADER_HEAP = 0x201;
const V_COMMAND_LINE = 0x202;
const V_RSDP = 0x20e;

export interface BootParameters {
  readonly header: LinuxHeader;
  /** Where the protected-mode code lies. */
  readonly loadedAt: number;
  /** Where the structure itself will lie, and the command line behind it. */
  readonly base: number;
  readonly commandLine: number;
  readonly initrd: { readonly start: number; readonly bytes: number } | undefined;
  readonly memoryMap: readonly MemoryMapEntry[];
  /** Physical address of the RSDP; 0 lets the kernel look for it. */
  readonly rsdp: number;
}

export function bootParameters(values: BootParameters): Uint8Array {
  const { header, loadedAt, base, commandLine, initrd, memoryMap, rsdp } = values;
  const { version } = header;
  const bytes = new Uint8Array(BOOT_PARAMS_BYTES);
  const view = new DataView(bytes.buffer);
  const u32 = (at: number, value: number): void => view.setUint32(at, value, true);
  bytes.set(header.bytes, SETUP_HEADER);

  // screen_info: 80 columns of 25 lines of VGA text, cursor at the top left.
  const sizes = memorySizes(memoryMap);
  view.setUint16(0x02, Math.min(sizes.upperKib, 0xffff), true); // ext_mem_k
  bytes.set([3, 80], 0x06); // orig_video_mode, orig_video_cols
  bytes.set([25, 1], 0x0e); // orig_video_lines, orig_video_isVGA
  view.setUint16(0x10, 16, true); // orig_video_points
  u32(0x1e0, sizes.upperKib); // alt_mem_k

  if (version < V_COMMAND_LINE) {
    view.setUint16(0x20, OLD_COMMAND_LINE_MAGIC, true);
    view.setUint16(0x22, commandLine - base, true);
  } else {
    u32(0x228, commandLine);
  }
  if (version >= V_RSDP && rsdp !== 0) {
    u32(0x70, rsdp);
    view.setInt32(0x74, highWord(rsdp), true);
  }

  const map = memoryMap.slice(0, E820_MOST);
  view.setUint8(0x1e8, map.length);
  for (const [i, entry] of map.entries()) {
    const at = E820_TABLE + i * E820_ENTRY_BYTES;
    u32(at, entry.start);
    view.setInt32(at + 4, highWord(entry.start), true);
    u32(at + 8, entry.bytes);
    view.setInt32(at + 12, highWord(entry.bytes), true);
    u32(at + 16, entry.type);
  }

  view.setUint8(0x210, UNDEFINED_LOADER);
  if (version >= V_LOADER_HEAP) {
    // Only the real-mode code has a heap, and it does not run.
    view.setUint8(0x211, view.getUint8(0x211) & ~CAN_USE_HEAP);
    view.setUint16(0x224, 0, true);
  }
  u32(0x214, loadedAt); // code32_start
  if (initrd) {
    u32(0x218, initrd.start);
    u32(0x21c, initrd.bytes);
  }
  return bytes;
}
