import { readFileSync } from 'node:fs';
import { type BootedMachine, createMachine, type MachineOptions } from '../index.ts';

/** A file, with what `createMachine` may be told of a module besides its bytes. */
export interface ModuleFile {
  readonly path: string;
  readonly commandLine?: string;
  readonly at?: number;
}

export interface BootFilesOptions extends Omit<MachineOptions, 'kernel' | 'modules'> {
  readonly kernel: string;
  readonly modules?: readonly (string | ModuleFile)[];
}

/** `createMachine` with paths instead of bytes. Names in reports are the paths as given. */
export function bootFiles({ kernel, modules = [], ...options }: BootFilesOptions): BootedMachine {
  return createMachine({
    ...options,
    kernel: { name: kernel, bytes: readFileSync(kernel) },
    modules: modules.map((module) => {
      const { path, ...rest } = typeof module === 'string' ? { path: module } : module;
      return { ...rest, name: path, bytes: readFileSync(path) };
    }),
  });
}
