/**
 * From the bytes of a kernel and what goes with it to a plan: which protocol it wants, and where everything goes. The
 * plan is data; the same input always gives the same plan.
 */

import { hexNumber } from '../bits/hex.ts';
import { BootError } from './boot-error.ts';
import type { BootOptions, BootPlan, BootProtocol } from './boot-plan.ts';
import { isElf, parseElf } from './elf.ts';
import { hasLinuxHeader, parseLinuxHeader } from './linux-header.ts';
import { planLinux } from './linux-plan.ts';
import { HIGH_MEMORY_START } from './memory-map.ts';
import { findMultibootHeader, planMultiboot } from './multiboot-plan.ts';
import { MULTIBOOT1_SEARCH_BYTES } from './multiboot1.ts';
import { MULTIBOOT2_SEARCH_BYTES } from './multiboot2.ts';
import { findPvhEntry } from './pvh.ts';
import { planPvh } from './pvh-plan.ts';

/** @throws BootError with one line that names file, field, value and what was expected. */
export function planBoot(options: BootOptions): BootPlan {
  const { kernel, protocol, ramBytes } = options;
  const { name, bytes } = kernel;
  if (ramBytes < HIGH_MEMORY_START) {
    throw new BootError('memory', 'size', hexNumber(ramBytes), 'at least 0x100000 (1 MiB)');
  }
  if (bytes.length === 0) throw new BootError(name, 'file size', '0 bytes', 'a boot image');
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    throw new BootError(name, 'file type', 'gzip', 'the image itself: decompress it with gunzip first');
  }
  const multiboot = findMultibootHeader(options);
  if (multiboot) return planMultiboot(refuseInitrd(options, multiboot.protocol), multiboot);
  if (wanted(protocol, 'linux32', 'linux64') && (protocol !== undefined || hasLinuxHeader(bytes))) {
    return planLinux(options, parseLinuxHeader(bytes, name), protocol === 'linux64' ? 64 : 32);
  }
  if (wanted(protocol, 'pvh') && (protocol !== undefined || isElf(bytes))) {
    const elf = parseElf(bytes, name);
    const entry = findPvhEntry(elf);
    if (entry !== undefined) return planPvh(options, elf, entry);
  }
  return noHeader(options);
}

function wanted(protocol: BootProtocol | undefined, ...offered: readonly BootProtocol[]): boolean {
  return protocol === undefined || offered.includes(protocol);
}

function refuseInitrd(options: BootOptions, protocol: BootProtocol): BootOptions {
  const { kernel, initrd } = options;
  if (!initrd) return options;
  const expected = 'a module (--module), which is how multiboot passes files';
  throw new BootError(initrd.name, 'initrd', `given to ${kernel.name}, a ${protocol} kernel`, expected);
}

function noHeader(options: BootOptions): never {
  const { kernel, protocol } = options;
  const places = {
    multiboot1: `the first ${MULTIBOOT1_SEARCH_BYTES} bytes`,
    multiboot2: `the first ${MULTIBOOT2_SEARCH_BYTES} bytes`,
  };
  const note = 'a PVH entry note (owner Xen, type 18)';
  if (protocol === 'pvh') throw new BootError(kernel.name, 'PVH entry', 'missing', `${note} in an ELF file`);
  const asked = protocol === 'multiboot1' || protocol === 'multiboot2' ? protocol : undefined;
  const field = `${asked?.replace('boot', 'boot ') ?? 'multiboot'} header`;
  const expected = asked
    ? `one in ${places[asked]}`
    : `multiboot 1 in ${places.multiboot1}, multiboot 2 in ${places.multiboot2}, a Linux header (HdrS at 0x202) or ${note}`;
  let hint = '';
  if (isElf(kernel.bytes)) {
    const elf = parseElf(kernel.bytes, kernel.name); // A damaged file is the better explanation.
    if (elf.class === 64) {
      hint = '; to boot a 64-bit kernel, give a 32-bit multiboot loader and pass this file with --module';
    }
  }
  throw new BootError(kernel.name, field, 'missing', expected + hint);
}
