import type { SavedSpace } from '../bus/address-space.ts';
import type { SavedProcessor } from '../cpu/processor.ts';
import type { SavedMmu } from '../mmu/mmu-state.ts';
import * as layout from '../state/layout.ts';
import type { TimelineEntry } from './events.ts';
import type { ExitResult } from './exit.ts';
import type { SavedFaults } from './fault-log.ts';
import type { SavedObjects } from './object-state.ts';
import { type MachineOrigin, sealOf } from './origin.ts';
import type { SavedProcessors } from './processor-set.ts';
import { packImage, type RamImage, unpackImage } from './ram-image.ts';
import { packTree, unpackTree } from './saved-tree.ts';
import type { SavedConsole } from './serial-console.ts';
import { decodeSnapshot, encodeSnapshot, SnapshotError } from './snapshot-file.ts';
import type { SavedClock } from './virtual-clock.ts';

/** What a machine must be to take a snapshot. */
export interface SnapshotConfig {
  /** `isa` or `pc`; undefined for a machine without a board. */
  readonly board: string | undefined;
  /** Bytes of RAM. */
  readonly memory: number;
  readonly processors: number;
  /** Name of the processor model, with features added and taken away. */
  readonly cpu: string;
}

/** Everything that the rest of a run depends on, and all that reports tell of what went before. */
export interface MachineContents {
  readonly ram: RamImage;
  readonly space: SavedSpace;
  readonly unclaimedPorts: readonly (readonly [port: number, count: number])[];
  readonly processors: SavedProcessors;
  readonly mmu: SavedMmu;
  readonly countHits: boolean;
  readonly processor: SavedProcessor;
  readonly clock: SavedClock;
  readonly devices: SavedObjects;
  readonly serial: SavedConsole;
  readonly debugcon: SavedConsole;
  readonly faults: SavedFaults;
  readonly timeline: readonly TimelineEntry[];
  readonly resets: number;
  readonly exit: ExitResult | undefined;
  readonly requested: ExitResult | undefined;
  readonly resetDue: TimelineEntry | undefined;
}

/**
 * A machine at one moment, between two instructions. Nothing changes it, and any number of machines may be restored from
 * it. In memory it shares the pages of RAM with the snapshots taken before and after it that have the same.
 */
export class Snapshot {
  readonly config: SnapshotConfig;
  /** What the machine was made from; undefined for one without a board. */
  readonly origin: MachineOrigin | undefined;
  readonly contents: MachineContents;

  constructor(config: SnapshotConfig, origin: MachineOrigin | undefined, contents: MachineContents) {
    this.config = config;
    this.origin = origin;
    this.contents = contents;
  }

  /** Instructions that had retired. */
  get instructions(): number {
    return this.contents.processor.retired;
  }

  /**
   * The bytes of a file, not compressed. It holds what was booted: kernel, modules, firmware. Of disk and CD-ROM images it
   * holds what the guest wrote, and a check sum of the image, which must be given again.
   */
  toBytes(): Uint8Array<ArrayBuffer> {
    const { config, origin, contents } = this;
    const media = origin && Object.entries(origin.media).map(([name, medium]) => [name, sealOf(medium)]);
    const body = {
      config,
      origin: origin && { ...origin, media: Object.fromEntries(media!) },
      contents: { ...contents, ram: packImage(contents.ram) },
    };
    const blobs: Uint8Array[] = [];
    return encodeSnapshot({ layout: LAYOUT, body: packTree(body, blobs) }, blobs);
  }

  /** @throws SnapshotError that names the field, its value and what was expected. */
  static fromBytes(bytes: Uint8Array): Snapshot {
    try {
      return parse(bytes);
    } catch (error) {
      if (error instanceof SnapshotError) throw error;
      throw new SnapshotError('contents', (error as Error).message, 'what this version saves');
    }
  }
}

function parse(bytes: Uint8Array): Snapshot {
  const { header, blobs } = decodeSnapshot(bytes);
  for (const [name, offset] of Object.entries(LAYOUT)) {
    const saved = (header['layout'] as Record<string, unknown>)?.[name];
    if (saved !== offset)
      throw new SnapshotError(`layout ${name}`, String(saved), `${offset}: it was saved by another version`);
  }
  const arrays = blobs.map((blob) => blob.toBytes());
  const { config, origin, contents } = unpackTree(header['body'], arrays) as {
    config: SnapshotConfig;
    origin: MachineOrigin | undefined;
    contents: MachineContents & { ram: never };
  };
  const ram = unpackImage(contents.ram);
  for (const frame of ram.keys()) {
    if (!(frame >= 0 && frame * 4096 < config.memory))
      throw new SnapshotError('page of RAM', String(frame), `one below ${config.memory / 4096}`);
  }
  return new Snapshot(config, origin, { ...contents, ram });
}

/** Where things lie in the state page and in the machine's memory: saved words mean what they mean there. */
const LAYOUT: Readonly<Record<string, number>> = { ...layout };
