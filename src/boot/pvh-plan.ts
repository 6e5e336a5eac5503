/** A kernel with a PVH entry note: its segments, an initrd and modules, the start information, the entry state. */

import { loaderString } from './boot-information.ts';
import { type BootModule, type BootOptions, type BootPlan, fileImage, loadedImage } from './boot-plan.ts';
import { pvhEntryState } from './direct-entry.ts';
import type { ElfImage } from './elf.ts';
import { claimImage, elfImage } from './kernel-image.ts';
import { LoadArea, type PlacedFile } from './load-area.ts';
import { Garbage } from './machine-state.ts';
import { createMemoryMap } from './memory-map.ts';
import { MODULE_ALIGNMENT } from './placement.ts';
import { pvhStartInfo } from './pvh.ts';

export function planPvh(options: BootOptions, elf: ElfImage, entry: number): BootPlan {
  const { kernel, initrd, modules = [], commandLine = '', ramBytes, hostile } = options;
  const memoryMap = createMemoryMap(ramBytes);
  const area = new LoadArea(memoryMap);
  const image = { ...elfImage(elf, entry), entryField: 'PVH entry note' };
  claimImage(image, area.placement);
  area.writes.push(...image.pieces);

  const fixed = new Map<BootModule, PlacedFile<BootModule>>();
  for (const module of modules) {
    if (module.at !== undefined) fixed.set(module, area.putAt(module, 'module', module.at));
  }
  // The first module is the initrd by agreement; the ABI itself gives modules no meaning.
  const placedInitrd = initrd ? [area.putHigh(initrd, 'initrd', MODULE_ALIGNMENT)] : [];
  const files: readonly PlacedFile<BootModule>[] = [
    ...placedInitrd,
    ...modules.map((module) => fixed.get(module) ?? area.putHigh(module, 'module', MODULE_ALIGNMENT)),
  ];
  const information = {
    commandLine: loaderString(kernel.name, 'command line', commandLine),
    modules: files.map(({ file, start, bytes }) => ({ start, bytes, commandLine: moduleText(file) })),
    memoryMap,
    rsdp: options.rsdp ?? 0,
  };
  const base = area.putLow(kernel.name, 'PVH start information', (at) => pvhStartInfo(information, at));
  const garbage = hostile === undefined ? undefined : new Garbage(~hostile);
  const kernelImage = loadedImage(kernel.name, 'kernel', image.linkBase, 0, elf, undefined);
  return {
    protocol: 'pvh',
    entry: pvhEntryState({ entry, startInfo: base }, garbage),
    writes: area.writes,
    images: [
      kernelImage,
      ...files.map(({ file, start }) => fileImage(file, file === initrd ? 'initrd' : 'module', start)),
    ],
    ranges: area.placement.ranges,
    memoryMap,
    ramBytes,
    hostile,
  };
}

function moduleText({ name, commandLine }: BootModule): Uint8Array | undefined {
  return commandLine === undefined || commandLine === ''
    ? undefined
    : loaderString(name, 'command line', commandLine);
}
