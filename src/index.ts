/** The public face of the package: what a user may import. */
export { BootError } from './boot/boot-error.ts';
export { type BootedMachine, createMachine, type MachineOptions } from './boot/create-machine.ts';
export type { BootFile, BootModule, BootProtocol } from './boot/load.ts';
export type { MachineEvents, TimelineEntry } from './machine/events.ts';
export type { ExitReason, ExitResult } from './machine/exit.ts';
export type { FaultRecord } from './machine/fault-log.ts';
export { type Address, Machine, type MachineConfig, type RunLimits } from './machine/machine.ts';
export { createPc } from './machine/pc.ts';
export type { Registers } from './machine/registers.ts';
export { SerialConsole } from './machine/serial-console.ts';
export type { Mode } from './state/cpu-state.ts';
