// Not node:events: the npm package of this name serves browsers.
import { EventEmitter } from 'events';
import { hex32, hex64, parseHex64 } from '../bits/hex.ts';
import { AddressSpace } from '../bus/address-space.ts';
import { NEVER } from '../bus/clock.ts';
import { PortSpace } from '../bus/ports.ts';
import { formatInstruction } from '../cpu/decode/format.ts';
import { Core, PENDING_REPEATING, PENDING_STOP } from '../cpu/execute/core.ts';
import { createCpuModel } from '../cpu/execute/cpu-model.ts';
import { Processor } from '../cpu/processor.ts';
import { resetCore } from '../cpu/reset.ts';
import { CompiledTier } from '../jit/tier.ts';
import { type Mapping, Mmu, type Walk } from '../mmu/mmu.ts';
import { CpuState, type Mode, RIP_HI, RIP_LO } from '../state/cpu-state.ts';
import { GuestFault, Unimplemented } from '../state/faults.ts';
import { MAX_RAM_BYTES, RAM_OFFSET, ROM_BYTES, STATE_CR0, STATE_CR4, STATE_EFER } from '../state/layout.ts';
import type { MachineEmitter, TimelineEntry } from './events.ts';
import { type ExitResult, exitResult } from './exit.ts';
import { FaultLog, type FaultRecord } from './fault-log.ts';
import { restoreMachine, saveMachine } from './machine-snapshot.ts';
import type { ObjectState } from './object-state.ts';
import type { MachineOrigin } from './origin.ts';
import { MAX_PROCESSORS, ProcessorSet } from './processor-set.ts';
import { RamKeeper } from './ram-image.ts';
import { type Registers, readRegisters } from './registers.ts';
import { SerialConsole } from './serial-console.ts';
import type { Snapshot } from './snapshot.ts';
import { TimeStampCounter } from './time-stamp-counter.ts';
import { VirtualClock } from './virtual-clock.ts';

export interface MachineConfig {
  /** Bytes of RAM, a multiple of 4 KiB up to 3.5 GiB. */
  readonly memory: number;
  /** `MODEL[,+FEATURE][,-FEATURE]`. */
  readonly cpu?: string | undefined;
  /** Guest nanoseconds an instruction takes. */
  readonly nanosecondsPerInstruction?: number | undefined;
  /** Compile hot code. Default false. */
  readonly jit?: boolean | undefined;
  /** How many, 1 to 16. Default 1. */
  readonly processors?: number | undefined;
}

export interface RunLimits {
  /** Stop after so many more instructions. */
  readonly maxInstructions?: number | undefined;
  /** Stop after so many more seconds of guest time. */
  readonly timeout?: number | undefined;
  /** Stop after so many seconds of host time. */
  readonly wallTimeout?: number | undefined;
}

/** An address as an API takes it: a `0x` string, a number below 2^53, or a pair of words. */
export type Address = string | number | readonly [lo: number, hi: number];

/** An executable that was loaded, for symbols. */
export interface LoadedImage {
  readonly name: string;
  readonly symbols: readonly LoadedSymbol[];
}

export interface LoadedSymbol {
  readonly name: string;
  readonly address: readonly [lo: number, hi: number];
  readonly size: number;
}

const DEFAULT_STEP_NS = 10;
const TSC_PER_NS = 1;
/** The processor comes back at least this often, so that host-time limits are seen. */
const SLICE = 4_000_000;
const TIMELINE_LIMIT = 4096;
const CR3_LIMIT = 16;

/** Address pairs, numbers and `0x` strings become a pair of words. */
export function addressPair(address: Address): readonly [lo: number, hi: number] {
  if (typeof address === 'number') return [address | 0, Math.floor(address / 4294967296) | 0];
  if (typeof address !== 'string') return address;
  const pair = parseHex64(address);
  if (!pair)
    throw new TypeError(`address ${JSON.stringify(address)}: expected 0x and up to 16 hexadecimal digits`);
  return pair;
}

/** Processors, memory, ports and time; the board (`pc.ts`) plugs devices in. */
export class Machine {
  readonly memory: number;
  readonly state: CpuState;
  readonly space: AddressSpace;
  readonly ports = new PortSpace();
  readonly mmu: Mmu;
  readonly core: Core;
  /** The loop that executes; all processors share it. */
  readonly processor: Processor;
  readonly processors: ProcessorSet;
  readonly clock: VirtualClock;
  /** That of the processor that runs. */
  readonly timeStampCounter: TimeStampCounter;
  readonly events = new EventEmitter() as unknown as MachineEmitter;
  readonly serial = new SerialConsole();
  readonly debugcon = new SerialConsole();
  /** The port of a virtio console, when the board has one. */
  readonly virtioConsole = new SerialConsole();
  readonly timeline: TimelineEntry[] = [];
  readonly faultLog: FaultLog;
  /** What was loaded, for symbols; filled by the boot floor. */
  images: readonly LoadedImage[] = [];
  /** Set once the run is over for good. */
  exit: ExitResult | undefined;
  /** Resets that the guest has asked for and got. */
  resets = 0;
  /** Puts everything but the processor and RAM back to power-on. Without it a reset ends the run. */
  restart: (() => void) | undefined;

  /** Name of the kernel that was handed to firmware, as long as that has not asked for it. */
  unreadKernel: string | undefined;

  /** What it was made from; set by whoever made it. */
  origin: MachineOrigin | undefined;
  /** The devices, for snapshots; set by the board. */
  devicesState: ObjectState | undefined;

  readonly #ram: RamKeeper;
  #isDriving = false;
  #requested: ExitResult | undefined;
  #hasFaultListener = false;
  #cr3Entries = 0;
  /** The change to real mode that a reset brings, while one is due. */
  #resetDue: TimelineEntry | undefined;

  constructor(config: MachineConfig) {
    const ramBytes = config.memory;
    if (!Number.isInteger(ramBytes) || ramBytes <= 0 || ramBytes % 4096 !== 0 || ramBytes > MAX_RAM_BYTES) {
      throw new RangeError(`memory: ${ramBytes} bytes: expected a multiple of 4096 up to ${MAX_RAM_BYTES}`);
    }
    const count = config.processors ?? 1;
    if (!Number.isInteger(count) || count < 1 || count > MAX_PROCESSORS) {
      throw new RangeError(`processors: ${count}: expected 1 to ${MAX_PROCESSORS}`);
    }
    this.memory = ramBytes;
    const pages = Math.ceil((RAM_OFFSET + ramBytes + ROM_BYTES) / 65536);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const buffer = memory.buffer as ArrayBuffer;
    const romOffset = RAM_OFFSET + Math.ceil(ramBytes / 65536) * 65536;
    this.space = new AddressSpace({
      buffer,
      ramOffset: RAM_OFFSET,
      ramBytes,
      romOffset,
      romBytes: pages * 65536 - romOffset,
    });
    this.state = new CpuState(buffer);
    this.faultLog = new FaultLog(buffer);
    const model = createCpuModel(config.cpu);
    const fault = new GuestFault();
    this.mmu = new Mmu(this.state, this.space, model.paging, fault, count);
    const counter = {
      steps: () => this.processor.steps(),
      shorten: (count: number) => this.processor.shorten(count),
    };
    this.#ram = new RamKeeper(this.space, this.mmu.saved.ramPages);
    this.clock = new VirtualClock(counter, config.nanosecondsPerInstruction ?? DEFAULT_STEP_NS, TSC_PER_NS);
    this.timeStampCounter = new TimeStampCounter(this.clock, () => this.state.words);
    this.core = new Core({ ...this, model, time: this.timeStampCounter, fault });
    const tscHertz = this.clock.tscPerNanosecond * 1e9;
    this.core.identity = { ...this.core.identity, processors: count, tscHertz };
    this.processor = new Processor(this.core, {
      onFault: (vector, hasErrorCode, errorCode) => this.#noteFault(vector, hasErrorCode, errorCode),
    });
    if (config.jit) {
      this.faultLog.copier = this.processor.attachTier(
        (core, source) => new CompiledTier(core, source, memory),
      );
    }
    resetCore(this.core); // Before anybody watches: power-on is no event of the timeline.
    this.processors = new ProcessorSet(this.core, counter, count);
    this.core.observer = {
      onControlWrite: (register, lo, hi) => this.#noteControl(register, lo, hi),
      onModeChange: () => this.#noteMode(),
    };
    this.#watchListeners();
    this.serial.onByte = (byte) => this.events.emit('serial', byte);
    this.debugcon.onByte = (byte) => this.events.emit('debugcon', byte);
    this.virtioConsole.onByte = (byte) => this.events.emit('virtioConsole', byte);
  }

  /** Instructions retired since power-on. */
  get instructions(): number {
    return this.processor.instructions();
  }

  /** Guest time since power-on, ns. */
  get guestNanoseconds(): number {
    return this.clock.now();
  }

  get mode(): Mode {
    return this.state.mode();
  }

  get faults(): FaultRecord[] {
    return this.faultLog.records();
  }

  /** Ends the run after the running instruction. The first request counts. */
  requestExit(result: ExitResult): void {
    this.#requested ??= result;
    this.core.pending |= PENDING_STOP;
    this.core.endBlock();
  }

  /** RESET#, after the running instruction. */
  requestReset(): void {
    if (!this.restart) {
      this.requestExit(exitResult('reset', 'the guest reset the machine'));
      return;
    }
    this.#resetDue ??= { ...this.#entry('mode', this.state.mode(), 'real'), mode: 'real' };
    this.core.pending |= PENDING_STOP;
    this.core.endBlock();
  }

  /** After registers were set from outside (a boot protocol, a debugger): caches of them follow. */
  stateChanged(): void {
    const { current } = this.processors;
    current.mode = this.state.mode();
    this.core.pending &= ~PENDING_REPEATING;
    this.core.segmentsChanged();
    this.core.breakpointsChanged();
    this.processor.contextChanged();
    current.control.clear();
    for (const [name, offset] of [
      ['cr0', STATE_CR0],
      ['cr4', STATE_CR4],
      ['efer', STATE_EFER],
    ] as const) {
      current.control.set(name, hex32(this.state.words[offset >> 2]!));
    }
  }

  /**
   * Everything the rest of the run depends on, and what reports tell of the past: processors, translations, RAM, devices,
   * time, consoles, faults. Taking it changes nothing.
   * @throws Error while the machine runs, that is, in a listener of an event.
   */
  snapshot(): Snapshot {
    this.#refuseWhileDriving('snapshot');
    const { exit, resets } = this;
    const timeline = [...this.timeline];
    return saveMachine(this, this.#ram, {
      timeline,
      resets,
      exit,
      requested: this.#requested,
      resetDue: this.#resetDue,
    });
  }

  /**
   * Goes to the moment of a snapshot: of this machine, or of one made with the same options. What follows is the same,
   * byte for byte; whether hot code is compiled makes no difference. Listeners stay, and are told of nothing. To go back to
   * the snapshot that was taken or restored last costs what has changed since.
   * @throws SnapshotError when the snapshot is of another machine; nothing has changed then.
   * @throws Error while the machine runs.
   */
  restore(snapshot: Snapshot): void {
    this.#refuseWhileDriving('restore');
    restoreMachine(this, this.#ram, snapshot);
    const { timeline, resets, exit, requested, resetDue } = snapshot.contents;
    this.timeline.splice(0, this.timeline.length, ...timeline);
    this.#cr3Entries = timeline.filter(({ event }) => event === 'cr3').length;
    this.resets = resets;
    this.exit = exit;
    this.#requested = requested;
    this.#resetDue = resetDue;
    this.unreadKernel = undefined; // It may have been read before the snapshot was taken.
  }

  #refuseWhileDriving(deed: string): void {
    if (this.#isDriving) throw new Error(`${deed}() was called while the machine runs`);
  }

  /** Runs until the guest ends the run or a limit is reached. May be called again after a limit. */
  run(limits: RunLimits = {}): ExitResult {
    return this.#drive(limits, undefined);
  }

  /** Runs exactly `count` instructions, fewer when the run ends. */
  step(count = 1): ExitResult | undefined {
    const result = this.#drive({ maxInstructions: count }, undefined);
    return this.exit ? result : undefined;
  }

  /**
   * Runs until RIP is at a symbol or a linear address, until a mode is reached, or until a predicate holds. Mode is
   * looked at after every block, a predicate after every instruction.
   */
  runUntil(
    target: string | { linear: Address } | { mode: Mode } | ((machine: Machine) => boolean),
    limits: RunLimits = {},
  ): ExitResult {
    if (typeof target === 'function') return this.#drive(limits, { done: () => target(this), each: 1 });
    if (typeof target === 'object' && 'mode' in target) {
      return this.#drive(limits, { done: () => this.state.mode() === target.mode, each: 0 });
    }
    const [lo, hi] =
      typeof target === 'string' && !target.startsWith('0x')
        ? this.symbolAddress(target)
        : addressPair(typeof target === 'string' ? target : target.linear);
    const { words } = this.state;
    this.processor.splitAt(lo, hi);
    try {
      return this.#drive(limits, { done: () => words[RIP_LO] === lo && words[RIP_HI] === hi, each: 0 });
    } finally {
      this.processor.splitAt(undefined, undefined);
    }
  }

  /** Address of a symbol of a loaded image. @throws Error naming the images when there is none. */
  symbolAddress(name: string): readonly [lo: number, hi: number] {
    for (const image of this.images) {
      const symbol = image.symbols.find((s) => s.name === name);
      if (symbol) return symbol.address;
    }
    throw new Error(
      `symbol ${JSON.stringify(name)}: not in ${this.images.map((i) => i.name).join(', ') || 'any image'}`,
    );
  }

  registers(): Registers {
    return readRegisters(this.state.words);
  }

  /** Bytes at a linear address, read without side effects. @throws RangeError where nothing is mapped. */
  readLinear(address: Address, count: number): Uint8Array {
    const [lo, hi] = addressPair(address);
    const bytes = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      const at = (lo + i) | 0;
      const walk = this.mmu.explain(at, (hi + (at >>> 0 < lo >>> 0 ? 1 : 0)) | 0);
      if (walk.physical === undefined) throw new RangeError(`linear address ${hex64(at, hi)} is not mapped`);
      bytes[i] = this.readPhysical(walk.physical, 1)[0]!;
    }
    return bytes;
  }

  /** Bytes of RAM or ROM at a physical address; holes and devices answer 0xff and are not touched. */
  readPhysical(address: number, count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      const page = this.space.hostPage(Math.floor((address + i) / 4096));
      bytes[i] = page < 0 ? 0xff : this.space.u8[page + ((address + i) % 4096)]!;
    }
    return bytes;
  }

  /** The walk of a linear address with all its steps; nothing changes. */
  translate(address: Address): Walk {
    const [lo, hi] = addressPair(address);
    return this.mmu.explain(lo, hi);
  }

  /** Everything that the present page tables map, neighbouring pages merged. */
  mappings(): Mapping[] {
    return [...this.mmu.mappings()];
  }

  #drive(limits: RunLimits, until: { done(): boolean; each: number } | undefined): ExitResult {
    if (this.exit) return this.exit;
    const lastStep = this.processor.steps() + (limits.maxInstructions ?? Number.POSITIVE_INFINITY);
    const lastTime = this.clock.now() + (limits.timeout ?? Number.POSITIVE_INFINITY) * 1e9;
    this.clock.limit = lastTime;
    const wallEnd =
      limits.wallTimeout === undefined
        ? Number.POSITIVE_INFINITY
        : performance.now() + limits.wallTimeout * 1000;
    this.#isDriving = true;
    try {
      for (;;) {
        if (this.#requested) return this.#finish(this.#requested);
        if (this.#resetDue) this.#reset(this.#resetDue);
        this.clock.fireDue();
        if (this.#requested) return this.#finish(this.#requested);
        if (this.processor.steps() >= lastStep)
          return exitResult('limit', `stopped after ${this.instructions} instructions`);
        if (this.clock.now() >= lastTime)
          return exitResult('limit', `stopped after ${this.clock.now() / 1e9} s of guest time`);
        // Node loads `performance` when it is first used, which takes longer than many a run.
        if (wallEnd !== Number.POSITIVE_INFINITY && performance.now() >= wallEnd)
          return exitResult('limit', `stopped after ${limits.wallTimeout} s of host time`);
        if (!this.processors.schedule()) {
          const ended = this.#whileHalted(lastTime);
          if (ended) return ended;
          continue;
        }
        const nextTime = Math.min(this.clock.nextDue(), lastTime);
        let budget = Math.min(SLICE, lastStep - this.processor.steps(), this.processors.left());
        if (nextTime !== NEVER) budget = Math.min(budget, this.clock.instructionsUntil(nextTime));
        const end = until ? this.processor.runBlock(until.each || budget) : this.processor.run(budget);
        this.processor.betweenInstructions();
        if (end === 'shutdown')
          return this.#finish(exitResult('triple-fault', `triple fault: ${this.#who()} shut down`));
        if (until && !this.#requested && until.done())
          return exitResult('stopped', 'the awaited point was reached');
      }
    } catch (thrown) {
      return this.#finish(this.#explain(thrown));
    } finally {
      this.#isDriving = false;
    }
  }

  /** SDM Vol. 3A, "Initialization Overview": as at power-up, but that memory and time go on. */
  #reset(entry: TimelineEntry): void {
    this.#resetDue = undefined;
    this.resets++;
    if (entry.from !== entry.to) this.#record(entry);
    this.processors.current.mode = 'real';
    this.processors.reset(() => {
      resetCore(this.core);
      this.mmu.reset();
      this.timeStampCounter.writeTsc(0, 0);
    });
    this.restart?.();
    this.stateChanged();
    this.events.emit('reset');
  }

  #who(): string {
    const { all, current } = this.processors;
    return all.length === 1 ? 'the processor' : `processor ${current.id}`;
  }

  /** All processors halted: time jumps to the next event, or the run is over because nothing can come any more. */
  #whileHalted(lastTime: number): ExitResult | undefined {
    if (this.#requested || this.#resetDue) return undefined;
    if (this.processors.isIdleForGood) {
      return this.#finish(exitResult('halted', 'halted for good: HLT with interrupts off'));
    }
    const due = this.clock.nextDue();
    if (due === NEVER && lastTime === Number.POSITIVE_INFINITY) {
      return this.#finish(exitResult('halted', 'halted for good: HLT, and no device will ever interrupt'));
    }
    this.clock.skipTo(Math.min(due, lastTime));
    return undefined;
  }

  #finish(result: ExitResult): ExitResult {
    this.exit = result;
    this.events.emit('exit', result);
    return result;
  }

  #explain(thrown: unknown): ExitResult {
    if (thrown instanceof Unimplemented) {
      const { words } = this.state;
      return exitResult(
        'unimplemented',
        `${thrown.what} is not implemented (at RIP ${hex64(words[RIP_LO]!, words[RIP_HI]!)})`,
      );
    }
    const detail = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    return exitResult('internal-error', `internal error: ${detail}`);
  }

  /** Flushes and faults come by the million, and most often nobody listens. */
  #watchListeners(): void {
    const emitter = this.events as unknown as EventEmitter;
    emitter.on('newListener', (name: string) => {
      if (name === 'fault') this.#hasFaultListener = true;
      if (name === 'flush') this.mmu.onFlush = (reason) => this.events.emit('flush', reason);
    });
  }

  #noteFault(vector: number, hasErrorCode: boolean, errorCode: number): void {
    this.faultLog.note(this.core, this.instructions, vector, hasErrorCode, errorCode);
    if (this.#hasFaultListener && this.events.listenerCount('fault') > 0) {
      const records = this.faultLog.records();
      this.events.emit('fault', records[records.length - 1]!);
    }
  }

  #noteControl(register: 'cr0' | 'cr3' | 'cr4' | 'efer', lo: number, hi: number): void {
    // CR3 changes with every process switch: only its first values tell something about a boot.
    if (register === 'cr3' && this.#cr3Entries >= CR3_LIMIT) return;
    const to = register === 'cr3' ? hex64(lo, hi) : hex32(lo);
    const { control } = this.processors.current;
    const from = control.get(register) ?? (register === 'cr3' ? hex64(0, 0) : hex32(0));
    control.set(register, to);
    if (from === to) return;
    const entry = this.#entry(register, from, to);
    this.#record(entry);
    this.events.emit('control', entry);
  }

  #noteMode(): void {
    const mode = this.state.mode();
    const { current } = this.processors;
    if (mode === current.mode) return;
    const entry = this.#entry('mode', current.mode, mode);
    current.mode = mode;
    this.#record(entry);
    this.events.emit('mode', entry);
  }

  #record(entry: TimelineEntry): void {
    if (this.timeline.length >= TIMELINE_LIMIT) return;
    this.timeline.push(entry);
    if (entry.event === 'cr3') this.#cr3Entries++;
  }

  #entry(event: TimelineEntry['event'], from: string, to: string): TimelineEntry {
    const insn = this.processor.currentInstruction();
    const [lo, hi] = this.processor.currentRip();
    return {
      instruction: this.instructions,
      rip: [lo, hi],
      event,
      from,
      to,
      mode: this.state.mode(),
      ...(this.processors.current.id === 0 ? {} : { processor: this.processors.current.id }),
      cause: insn ? formatInstruction(insn, lo, hi) : '',
    };
  }
}
