/** The public face of the package: what a user may import. */

export { BootError } from './boot/boot-error.ts';
export type { BootFile, BootModule, BootProtocol } from './boot/boot-plan.ts';
export { type BootedMachine, createMachine, type MachineOptions } from './boot/create-machine.ts';
export { createFirmwareMachine, type FirmwareOptions } from './boot/firmware-machine.ts';
export { type ResumedMachine, type ResumeOptions, resumeMachine } from './boot/resume-machine.ts';
export { type AutopsyOptions, autopsyLines } from './debug/autopsy.ts';
export { type Divergence, type LockstepOptions, runInLockstep } from './debug/lockstep.ts';
export { diff } from './debug/mappings.ts';
export { createReport, evidenceOf, type Report, reportText } from './debug/report.ts';
export { type Palette, PLAIN, summaryLines } from './debug/summary.ts';
export { Symbols } from './debug/symbols.ts';
export type { MachineEvents, TimelineEntry } from './machine/events.ts';
export type { ExitReason, ExitResult } from './machine/exit.ts';
export type { FaultRecord } from './machine/fault-log.ts';
export { type Address, Machine, type MachineConfig, type RunLimits } from './machine/machine.ts';
export { type Board, createPc, type Pc, type PcConfig, type PcDevices } from './machine/pc.ts';
export type { Registers } from './machine/registers.ts';
export { SerialConsole } from './machine/serial-console.ts';
export { Snapshot, type SnapshotConfig } from './machine/snapshot.ts';
export { SnapshotError } from './machine/snapshot-file.ts';
export type { Mapping, Walk, WalkStep } from './mmu/mmu.ts';
export type { Mode } from './state/cpu-state.ts';
