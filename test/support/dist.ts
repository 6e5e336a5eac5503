import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type {
  createFirmwareMachine as CreateFirmwareMachine,
  createMachine as CreateMachine,
  createReport as CreateReport,
  MachineOptions,
  resumeMachine as ResumeMachine,
  runInLockstep as RunInLockstep,
  Snapshot as SnapshotClass,
  SnapshotError as SnapshotErrorClass,
} from '../../src/index.ts';

/**
 * The built package, as its users get it: suites that execute millions of guest instructions run on it, because the
 * sources under the test runner's transform are several times slower. `npm test` builds first.
 */
export const {
  createFirmwareMachine,
  createMachine,
  createReport,
  resumeMachine,
  runInLockstep,
  Snapshot,
  SnapshotError,
} = (await import(join(import.meta.dirname, '../../dist/index.js'))) as {
  createFirmwareMachine: typeof CreateFirmwareMachine;
  createMachine: typeof CreateMachine;
  createReport: typeof CreateReport;
  resumeMachine: typeof ResumeMachine;
  runInLockstep: typeof RunInLockstep;
  Snapshot: typeof SnapshotClass;
  SnapshotError: typeof SnapshotErrorClass;
};
export type Snapshot = SnapshotClass;

export const GUESTS = resolve(import.meta.dirname, '../../guests');

/** One case of `guests/manifest.json`. */
export interface GuestCase {
  readonly name: string;
  readonly proves: string;
  readonly kernel: string;
  readonly modules: readonly { readonly file: string; readonly cmdline: string }[];
  readonly append: string;
  readonly processors?: number;
  readonly fault?: Readonly<Record<string, unknown>>;
  readonly expect: {
    readonly status: number;
    readonly serialContains: readonly string[];
    readonly lastLines: readonly string[];
  };
}

export function guestCases(): GuestCase[] {
  const manifest = JSON.parse(readFileSync(join(GUESTS, 'manifest.json'), 'utf8'));
  return manifest.guests;
}

export function guestFile(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(GUESTS, name)));
}

export function guestOptions(guest: GuestCase): MachineOptions {
  return {
    kernel: { name: guest.kernel, bytes: guestFile(guest.kernel) },
    modules: guest.modules.map(({ file, cmdline }) => ({
      name: file,
      bytes: guestFile(file),
      commandLine: cmdline,
    })),
    commandLine: guest.append,
    ...(guest.processors === undefined ? {} : { processors: guest.processors }),
  };
}
