import type { AddressSpace } from '../bus/address-space.ts';
import type { PortSpace } from '../bus/ports.ts';
import type { Core } from '../cpu/execute/core.ts';
import type { Processor } from '../cpu/processor.ts';
import type { Mmu } from '../mmu/mmu.ts';
import type { FaultLog } from './fault-log.ts';
import { type ObjectState, type SavedObjects, StateMismatch } from './object-state.ts';
import { checkSameOrigin, type MachineOrigin } from './origin.ts';
import type { ProcessorSet } from './processor-set.ts';
import type { RamKeeper } from './ram-image.ts';
import type { SerialConsole } from './serial-console.ts';
import { type MachineContents, Snapshot, type SnapshotConfig } from './snapshot.ts';
import { SnapshotError } from './snapshot-file.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** The parts of a machine that remember something; `Machine` has them all. */
export interface MachineParts {
  readonly memory: number;
  readonly space: AddressSpace;
  readonly ports: PortSpace;
  readonly mmu: Mmu;
  readonly core: Core;
  readonly processor: Processor;
  readonly processors: ProcessorSet;
  readonly clock: VirtualClock;
  readonly serial: SerialConsole;
  readonly debugcon: SerialConsole;
  readonly faultLog: FaultLog;
  /** Set by the board. */
  readonly devicesState: ObjectState | undefined;
  readonly origin: MachineOrigin | undefined;
}

/** What the machine itself remembers. */
export type OwnContents = Pick<MachineContents, 'timeline' | 'resets' | 'exit' | 'requested' | 'resetDue'>;

const NO_DEVICES: SavedObjects = { objects: {}, events: [], blobs: [] };

export function saveMachine(machine: MachineParts, ram: RamKeeper, own: OwnContents): Snapshot {
  const { clock, mmu, processors } = machine;
  const contents: MachineContents = {
    ...own,
    ram: ram.capture(),
    space: machine.space.save(),
    unclaimedPorts: [...machine.ports.unclaimed],
    processors: processors.save(),
    mmu: mmu.saved.save(processors.current.id),
    countHits: mmu.countHits,
    processor: machine.processor.save(),
    clock: clock.save(),
    devices: machine.devicesState?.save(clock.waiting()) ?? NO_DEVICES,
    serial: machine.serial.save(),
    debugcon: machine.debugcon.save(),
    faults: machine.faultLog.save(),
  };
  mmu.saved.rearm();
  return new Snapshot(configOf(machine), machine.origin, contents);
}

/** @throws SnapshotError when it is a snapshot of another machine. Nothing has changed then. */
export function restoreMachine(machine: MachineParts, ram: RamKeeper, snapshot: Snapshot): void {
  const { contents } = snapshot;
  checkConfig(configOf(machine), snapshot.config);
  checkSameOrigin(machine.origin, snapshot.origin);
  const { clock, core, mmu, ports, processor, processors } = machine;
  try {
    machine.devicesState?.check(contents.devices);
  } catch (error) {
    if (!(error instanceof StateMismatch)) throw error;
    throw new SnapshotError('devices', 'others', `those of this machine: ${error.message}`);
  }
  const { onFlush } = mmu;
  mmu.onFlush = undefined; // Nothing of what follows happens to the guest.
  try {
    ram.apply(contents.ram);
    processor.restore(contents.processor);
    clock.restore(contents.clock);
    machine.devicesState?.restore(contents.devices, clock);
    const window = machine.space.restore(contents.space);
    if (window) throw new Error(`the window of a device is not where the snapshot has it: ${window}`);
    ports.unclaimed.clear();
    for (const [port, count] of contents.unclaimedPorts) ports.unclaimed.set(port, count);
    if (mmu.countHits !== contents.countHits) mmu.countHits = contents.countHits;
    processors.restore(contents.processors);
    const { id } = processors.current;
    mmu.saved.restore(contents.mmu, id);
    mmu.switchProcessor(id, id);
    core.replaced();
  } finally {
    mmu.onFlush = onFlush;
  }
  machine.serial.restore(contents.serial);
  machine.debugcon.restore(contents.debugcon);
  machine.faultLog.restore(contents.faults);
}

function configOf({ core, memory, origin, processors }: MachineParts): SnapshotConfig {
  return { board: origin?.board, memory, processors: processors.all.length, cpu: core.model.name };
}

function checkConfig(is: SnapshotConfig, was: SnapshotConfig): void {
  for (const name of ['board', 'memory', 'processors', 'cpu'] as const) {
    if (is[name] === was[name]) continue;
    throw new SnapshotError(name, String(is[name]), `${was[name]}, as in the snapshot`);
  }
}
