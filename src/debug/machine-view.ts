/** What the reports of this floor read of a machine. Nothing here changes it. */

import { PAGING_32BIT, PAGING_PAE } from '../isa/paging.ts';
import type { TimelineEntry } from '../machine/events.ts';
import type { ExitResult } from '../machine/exit.ts';
import type { FaultRecord } from '../machine/fault-log.ts';
import type { Registers } from '../machine/registers.ts';
import type { CountersReport } from '../mmu/counters.ts';
import type { Walk } from '../mmu/explain.ts';
import type { Mapping } from '../mmu/mappings.ts';
import { pagingMode } from '../mmu/paging-format.ts';
import type { Mode } from '../state/cpu-state.ts';
import { type Address, add, addressFromText } from './address.ts';
import type { ReadLinear } from './descriptors.ts';
import type { DebugImage, PlacedBytes } from './evidence.ts';
import type { PagingRoot, ReadTable } from './page-explorer.ts';

/** The members that are used; `Machine` has them all, and tests need no more. */
export interface MachineView {
  readonly exit: ExitResult | undefined;
  readonly instructions: number;
  readonly guestNanoseconds: number;
  readonly resets: number;
  readonly mode: Mode;
  readonly timeline: readonly TimelineEntry[];
  readonly images: readonly DebugImage[];
  readonly faultLog: {
    readonly counts: ReadonlyMap<number, number>;
    readonly total: number;
    records(): readonly FaultRecord[];
    lastChain(): readonly FaultRecord[];
  };
  readonly space: { readonly unclaimed: ReadonlyMap<number, number> };
  readonly ports: { readonly unclaimed: ReadonlyMap<number, number> };
  readonly mmu: { readonly counters: { report(): CountersReport } };
  /** What the boot floor put into memory, where it says so. */
  readonly plan?: { readonly writes: readonly PlacedBytes[] };
  registers(): Registers;
  mappings(): readonly Mapping[];
  translate(address: Address): Walk;
  readLinear(address: Address, count: number): Uint8Array;
  readPhysical(address: number, count: number): Uint8Array;
}

function controlWord(machine: MachineView, name: string): number {
  const text = machine.registers()[name];
  return typeof text === 'string' ? addressFromText(text)[0] : 0;
}

export function pagingRoot(machine: MachineView): PagingRoot {
  const [cr0, cr4, efer] = ['cr0', 'cr4', 'efer'].map((name) => controlWord(machine, name)) as [
    number,
    number,
    number,
  ];
  const paging = pagingMode(cr0, cr4, efer);
  const cr3 = addressFromText(String(machine.registers()['cr3'] ?? '0x0'));
  const flags = paging === PAGING_PAE ? 0x1f : 0xfff;
  const high = paging === PAGING_32BIT || paging === PAGING_PAE ? 0 : cr3[1] & 0xfffff;
  return { paging, table: high * 4294967296 + ((cr3[0] & ~flags) >>> 0) };
}

export function controlRegister0(machine: MachineView): number {
  return controlWord(machine, 'cr0');
}

/** Linear memory; undefined where a byte of it is not mapped. */
export function linearReader(machine: MachineView): ReadLinear {
  return (address, bytes) => {
    for (let at = 0; at < bytes; at += 4096 - ((address[0] + at) & 0xfff)) {
      if (machine.translate(add(address, at)).physical === undefined) return undefined;
    }
    return machine.readLinear(address, bytes);
  };
}

export function tableReader(machine: MachineView): ReadTable {
  return (physical) => {
    const raw = machine.readPhysical(physical, 4096);
    return new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  };
}
