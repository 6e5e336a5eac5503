/** What is known about a run that ended badly, in the form that the autopsy and its rules ask questions of. */
import { CR0_PG } from '../isa/control.ts';
import { DESC_CODE, DESC_P, DESC_S } from '../isa/descriptors.ts';
import type { TimelineEntry } from '../machine/events.ts';
import type { FaultRecord } from '../machine/fault-log.ts';
import type { Walk } from '../mmu/explain.ts';
import type { Mapping } from '../mmu/mappings.ts';
import { type Address, add, addressFromText, compare, distance } from './address.ts';
import type { ReadLinear, TableRegister } from './descriptors.ts';
import { rangeAt } from './mappings.ts';
import { type SymbolImage, Symbols } from './symbols.ts';

/** An image with what the boot floor knows of it; all of it optional, so that a bare symbol table serves too. */
export interface DebugImage extends SymbolImage {
  readonly role?: 'kernel' | 'module';
  /** Physical address of the first byte: of the loaded kernel, or of the module's file. */
  readonly loadedAt?: number;
  readonly relocation?: number;
  readonly elf?: { readonly entry: Address; readonly segments: readonly ImageSegment[] } | undefined;
}

export interface ImageSegment {
  readonly type: number;
  readonly virtual: Address;
  readonly physical: number | undefined;
  readonly fileOffset: number;
  readonly fileBytes: number;
  readonly memoryBytes: number;
}

/** Bytes that the boot loader put into memory. */
export interface PlacedBytes {
  readonly physical: number;
  readonly bytes: Uint8Array;
  readonly what: string;
}

export interface EvidenceInput {
  /** The exceptions of the last chain, oldest first; at least one. */
  readonly chain: readonly FaultRecord[];
  readonly timeline: readonly TimelineEntry[];
  readonly images: readonly DebugImage[];
  /** What was mapped at the end. */
  readonly ranges: readonly Mapping[];
  readonly readLinear: ReadLinear;
  readonly placed?: readonly PlacedBytes[];
  readonly readPhysical?: (physical: number, bytes: number) => Uint8Array;
}

const PT_LOAD = 1;

export class Evidence {
  readonly chain: readonly FaultRecord[];
  /** The exception everything began with. */
  readonly first: FaultRecord;
  /** The exception that could not be delivered; undefined when there was only one. */
  readonly second: FaultRecord | undefined;
  readonly timeline: readonly TimelineEntry[];
  readonly images: readonly DebugImage[];
  readonly ranges: readonly Mapping[];
  readonly symbols: Symbols;
  readonly readLinear: ReadLinear;
  readonly placed: readonly PlacedBytes[];
  readonly readPhysical: ((physical: number, bytes: number) => Uint8Array) | undefined;

  constructor(input: EvidenceInput) {
    this.chain = input.chain;
    this.first = input.chain[0]!;
    this.second = input.chain[1];
    this.timeline = input.timeline;
    this.images = input.images;
    this.ranges = input.ranges;
    this.symbols = new Symbols(input.images);
    this.readLinear = input.readLinear;
    this.placed = input.placed ?? [];
    this.readPhysical = input.readPhysical;
  }

  /** The walk of the first fault's address, taken when it was raised. */
  get walk(): Walk | undefined {
    return this.first.walk;
  }

  /** A register at the first fault: `rax`, `cr0`, `idtrBase`. */
  register(name: string): Address {
    const text = this.first.registers[name];
    return typeof text === 'string' ? addressFromText(text) : [0, 0];
  }

  flag(register: 'cr0' | 'cr4' | 'efer', bit: number): boolean {
    return (this.register(register)[0] & bit) !== 0;
  }

  table(name: 'gdtr' | 'idtr'): TableRegister {
    return { base: this.register(`${name}Base`), limit: this.register(`${name}Limit`)[0] };
  }

  segment(name: 'cs' | 'ss' | 'tr' | 'ldtr'): {
    selector: number;
    base: Address;
    limit: number;
    attributes: number;
  } {
    const segment = this.first.registers.segments[name];
    const word = (text: string | undefined): Address => (text ? addressFromText(text) : [0, 0]);
    return {
      selector: word(segment?.selector)[0],
      base: word(segment?.base),
      limit: word(segment?.limit)[0] >>> 0,
      attributes: word(segment?.attributes)[0],
    };
  }

  /** Compatibility or 64-bit mode at the first fault. */
  get isLongMode(): boolean {
    return this.first.mode === '64-bit' || this.first.mode.startsWith('compatibility');
  }

  isMapped(address: Address): boolean {
    return rangeAt(this.ranges, address) !== undefined;
  }

  /** True when the address lies in `bytes` bytes from `base` on. */
  within(address: Address, base: Address, bytes: number): boolean {
    const offset = distance(base, address);
    return offset >= 0 && offset < bytes;
  }

  /** Instructions from the one that last set CR0.PG to the first fault; undefined when nothing did. */
  get sincePaging(): number | undefined {
    for (let i = this.timeline.length - 1; i >= 0; i--) {
      const entry = this.timeline[i]!;
      if (entry.event !== 'cr0') continue;
      const [before] = addressFromText(entry.from);
      const [after] = addressFromText(entry.to);
      if (after & CR0_PG && !(before & CR0_PG)) return this.first.instruction - entry.instruction;
    }
    return undefined;
  }

  /** The two words of a GDT descriptor; undefined when the table cannot be read there. */
  descriptor(selector: number): { low: number; high: number } | undefined {
    const { base, limit } = this.table('gdtr');
    const offset = selector & 0xfff8;
    if (offset + 7 > limit) return undefined;
    const bytes = this.readLinear(add(base, offset), 8);
    if (!bytes) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
    return { low: view.getInt32(0, true), high: view.getInt32(4, true) };
  }

  isCodeDescriptor(high: number): boolean {
    return (high & (DESC_P | DESC_S | DESC_CODE)) === (DESC_P | DESC_S | DESC_CODE);
  }

  /** The image one of whose segments is linked at `address`, and where the bytes for it lie in physical memory. */
  linkedAt(
    address: Address,
  ): { image: DebugImage; segment: ImageSegment; physical: number | undefined } | undefined {
    for (const image of this.images) {
      for (const segment of image.elf?.segments ?? []) {
        if (segment.type !== PT_LOAD) continue;
        const offset = distance(segment.virtual, address);
        if (offset < 0 || offset >= segment.memoryBytes) continue;
        return { image, segment, physical: physicalOf(image, segment, offset) };
      }
    }
    return undefined;
  }

  /** The mappings next to an address that is not mapped: the one that ends before it and the one that starts after. */
  neighbours(address: Address): { below: Mapping | undefined; above: Mapping | undefined } {
    let below: Mapping | undefined;
    let above: Mapping | undefined;
    for (const range of this.ranges) {
      if (compare(range.linear, address) <= 0) below = range;
      else above ??= range;
    }
    return { below, above };
  }
}

/** A module lies in memory as its file does; a kernel lies where its program headers say. */
function physicalOf(image: DebugImage, segment: ImageSegment, offset: number): number | undefined {
  if (image.role === 'module') {
    if (image.loadedAt === undefined || offset >= segment.fileBytes) return undefined;
    return image.loadedAt + segment.fileOffset + offset;
  }
  return segment.physical === undefined ? undefined : segment.physical + (image.relocation ?? 0) + offset;
}
