/**
 * A Linux bzImage by the 32-bit or the 64-bit boot protocol (Documentation/arch/x86/boot.rst): the real-mode setup
 * code is left out, as GRUB leaves it out, and the loader answers what it would have asked the BIOS.
 */

import { hexNumber } from '../bits/hex.ts';
import { BootError } from './boot-error.ts';
import { loaderString } from './boot-information.ts';
import { BOOT_PARAMS_BYTES, bootParameters } from './boot-params.ts';
import { type BootOptions, type BootPlan, fileImage, loadedImage } from './boot-plan.ts';
import {
  directGdt,
  identityPageTables,
  linux32EntryState,
  linux64EntryState,
  STACK_BYTES,
} from './direct-entry.ts';
import { BZIMAGE_LOAD, type LinuxHeader, linuxVersion } from './linux-header.ts';
import { LoadArea, type PlacedFile } from './load-area.ts';
import { Garbage, type LongEntryState, type ProtectedEntryState } from './machine-state.ts';
import { createMemoryMap, HIGH_MEMORY_START } from './memory-map.ts';
import { alignUp, MODULE_ALIGNMENT, type Placement } from './placement.ts';

/** Where the 64-bit entry point lies behind the 32-bit one. */
const ENTRY_64 = 0x200;

export function planLinux(options: BootOptions, header: LinuxHeader, bits: 32 | 64): BootPlan {
  const { kernel, initrd, modules = [], ramBytes, hostile } = options;
  const { name } = kernel;
  for (const module of modules) {
    const expected = 'an initrd (--initrd): the Linux boot protocol passes no other files';
    throw new BootError(module.name, 'module', `given to ${name}, a Linux kernel`, expected);
  }
  if (header.code32Start === 0) {
    const expected = 'a 32-bit entry point: this kernel starts in real mode, behind firmware (--bios)';
    throw new BootError(name, 'code32_start', '0x0', expected);
  }
  if (bits === 64 && !header.has64BitEntry) {
    const expected = 'XLF_KERNEL_64 (bit 0) in boot protocol 2.12 or newer, or the protocol linux32';
    throw new BootError(
      name,
      'xloadflags',
      `without a 64-bit entry (${linuxVersion(header.version)})`,
      expected,
    );
  }
  const memoryMap = createMemoryMap(ramBytes);
  const area = new LoadArea(memoryMap);
  const loadedAt = placeKernel(header, area.placement);
  area.writes.push({ physical: loadedAt, bytes: header.payload, zeros: 0, what: `${name} kernel` });

  const file = initrd && placeInitrd(initrd, header, area);
  const commandLine = loaderString(name, 'command line', options.commandLine ?? '');
  if (commandLine.length - 1 > header.commandLineMax) {
    const expected = `at most ${header.commandLineMax} (cmdline_size of the kernel)`;
    throw new BootError(name, 'command line length', `${commandLine.length - 1} bytes`, expected);
  }
  // One structure: kernels before 2.02 find the command line by its distance from the zero page.
  const base = area.putLow(
    name,
    'Linux boot parameters',
    (at) => {
      const parameters = bootParameters({
        header,
        loadedAt,
        base: at,
        commandLine: at + BOOT_PARAMS_BYTES,
        initrd: file,
        memoryMap,
        rsdp: options.rsdp ?? 0,
      });
      const whole = new Uint8Array(BOOT_PARAMS_BYTES + commandLine.length);
      whole.set(parameters);
      whole.set(commandLine, BOOT_PARAMS_BYTES);
      return whole;
    },
    MODULE_ALIGNMENT,
  );

  const kernelImage = loadedImage(name, 'kernel', loadedAt, 0, undefined, undefined);
  return {
    protocol: bits === 64 ? 'linux64' : 'linux32',
    entry: enterKernel(area, name, loadedAt, base, bits, hostile),
    writes: area.writes,
    images: [kernelImage, ...(file ? [fileImage(file.file, 'initrd', file.start)] : [])],
    ranges: area.placement.ranges,
    memoryMap,
    ramBytes,
    hostile,
  };
}

/** Claims the memory that the kernel needs until it reads the memory map, and gives its load address. */
function placeKernel(header: LinuxHeader, placement: Placement): number {
  const { name, payload, relocatable, alignment, preferred, initBytes } = header;
  const needed = Math.max(initBytes, payload.length);
  const what = `${name} kernel`;
  const first = preferred === 0 ? BZIMAGE_LOAD : relocatable ? alignUp(preferred, alignment) : preferred;
  const search = { bytes: needed, alignment, from: Math.max(first, HIGH_MEMORY_START) };
  if (relocatable) {
    const found = placement.find(search) ?? placement.find({ ...search, from: HIGH_MEMORY_START });
    if (found !== undefined) {
      placement.claim(name, 'load address', found, needed, what);
      return found;
    }
    const { from: _, bytes: __, ...anywhere } = search;
    const most = hexNumber(Math.max(0, placement.largest(anywhere)));
    const expected = `at most the ${most} bytes free above 1 MiB (--memory gives more)`;
    throw new BootError(name, 'init_size', hexNumber(needed), expected);
  }
  // "Kernels that are not relocatable run at pref_address", whither those at 1 MiB move themselves.
  const loadedAt = initBytes === 0 ? BZIMAGE_LOAD : first;
  placement.claim(name, 'load address', loadedAt, needed, what);
  return loadedAt;
}

function placeInitrd<File extends { readonly name: string; readonly bytes: Uint8Array }>(
  initrd: File,
  header: LinuxHeader,
  area: LoadArea,
): PlacedFile<File> {
  return area.putHigh(initrd, 'initrd', MODULE_ALIGNMENT, header.initrdMax + 1);
}

function enterKernel(
  area: LoadArea,
  name: string,
  loadedAt: number,
  parameters: number,
  bits: 32 | 64,
  hostile: number | undefined,
): ProtectedEntryState | LongEntryState {
  const garbage = hostile === undefined ? undefined : new Garbage(~hostile);
  const gdt = directGdt(bits);
  const gdtr = { base: area.putLow(name, 'boot loader GDT', () => gdt), limit: gdt.length - 1 };
  const esp = area.putLow(name, 'boot loader stack', () => new Uint8Array(STACK_BYTES)) + STACK_BYTES;
  const values = { bootParameters: parameters, gdt: gdtr, esp };
  if (bits === 32) return linux32EntryState({ ...values, entry: loadedAt }, garbage);
  const pageTables = area.putLow(name, 'boot loader page tables', identityPageTables, 0x1000);
  return linux64EntryState({ ...values, entry: loadedAt + ENTRY_64, pageTables }, garbage);
}
