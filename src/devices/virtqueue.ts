import { type DmaMemory, readDma, writeDma } from './dma-memory.ts';

const DESC_NEXT = 1;
const DESC_WRITE = 2;
const DESC_INDIRECT = 4;
const DESC_BYTES = 16;
const AVAIL_NO_INTERRUPT = 1;

interface Segment {
  readonly address: number;
  readonly bytes: number;
}

/** One request: a chain of descriptors, the ones that the device reads before the ones that it writes. */
export class VirtioRequest {
  readonly head: number;
  private readonly memory: DmaMemory;
  private readonly readable: readonly Segment[];
  private readonly writable: readonly Segment[];

  constructor(memory: DmaMemory, head: number, readable: readonly Segment[], writable: readonly Segment[]) {
    this.memory = memory;
    this.head = head;
    this.readable = readable;
    this.writable = writable;
  }

  get readableBytes(): number {
    return this.readable.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  get writableBytes(): number {
    return this.writable.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  /** `count` bytes of the readable part from `from` on; fewer where it ends. */
  read(from: number, count: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, Math.min(count, this.readableBytes - from)));
    eachPiece(this.readable, from, bytes.length, (address, at, length) =>
      readDma(this.memory, address, bytes.subarray(at, at + length)),
    );
    return bytes;
  }

  /** Writes into the writable part at `from`; what does not fit is dropped. */
  write(from: number, bytes: Uint8Array): void {
    eachPiece(this.writable, from, bytes.length, (address, at, length) =>
      writeDma(this.memory, address, bytes.subarray(at, at + length)),
    );
  }
}

function eachPiece(
  segments: readonly Segment[],
  from: number,
  count: number,
  visit: (address: number, at: number, length: number) => void,
): void {
  let at = 0;
  for (const segment of segments) {
    if (at >= count) return;
    if (from >= segment.bytes) {
      from -= segment.bytes;
      continue;
    }
    const length = Math.min(segment.bytes - from, count - at);
    visit(segment.address + from, at, length);
    at += length;
    from = 0;
  }
}

/** A split virtqueue (Virtual I/O Device (VIRTIO) 1.1, "Split Virtqueues"). */
export class Virtqueue {
  readonly maxSize: number;
  size: number;
  enabled = false;
  /** Physical addresses of the descriptor table, the driver's ring and the device's ring. */
  descriptors = 0;
  available = 0;
  used = 0;
  private nextAvailable = 0;
  private nextUsed = 0;

  constructor(maxSize = 256) {
    this.maxSize = maxSize;
    this.size = maxSize;
  }

  reset(): void {
    this.size = this.maxSize;
    this.enabled = false;
    this.descriptors = 0;
    this.available = 0;
    this.used = 0;
    this.nextAvailable = 0;
    this.nextUsed = 0;
  }

  /** Whether the driver has made a request that the device has not taken. */
  hasRequest(memory: DmaMemory): boolean {
    return this.enabled && memory.read16(this.available + 2) !== this.nextAvailable;
  }

  take(memory: DmaMemory): VirtioRequest | undefined {
    if (!this.hasRequest(memory)) return undefined;
    const head = memory.read16(this.available + 4 + 2 * (this.nextAvailable % this.size));
    this.nextAvailable = (this.nextAvailable + 1) & 0xffff;
    const readable: Segment[] = [];
    const writable: Segment[] = [];
    this.follow(memory, this.descriptors, this.size, head, readable, writable, true);
    return new VirtioRequest(memory, head, readable, writable);
  }

  /** Gives a request back; `written` bytes of its writable part are valid. */
  finish(memory: DmaMemory, request: VirtioRequest, written: number): void {
    const entry = this.used + 4 + 8 * (this.nextUsed % this.size);
    memory.write32(entry, request.head);
    memory.write32(entry + 4, written);
    this.nextUsed = (this.nextUsed + 1) & 0xffff;
    memory.write16(this.used + 2, this.nextUsed);
  }

  /** The driver wants to be told of finished requests. */
  wantsInterrupt(memory: DmaMemory): boolean {
    return (memory.read16(this.available) & AVAIL_NO_INTERRUPT) === 0;
  }

  /** A chain is never longer than its table, so a guest's loop ends here. */
  private follow(
    memory: DmaMemory,
    table: number,
    entries: number,
    index: number,
    readable: Segment[],
    writable: Segment[],
    mayBeIndirect: boolean,
  ): void {
    for (let count = 0; count < entries && index < entries; count++) {
      const at = table + index * DESC_BYTES;
      const address = memory.read32(at) + memory.read32(at + 4) * 4294967296;
      const bytes = memory.read32(at + 8);
      const flags = memory.read16(at + 12);
      if (flags & DESC_INDIRECT) {
        const inner = Math.min(Math.floor(bytes / DESC_BYTES), 0x8000);
        if (mayBeIndirect) this.follow(memory, address, inner, 0, readable, writable, false);
        return;
      }
      (flags & DESC_WRITE ? writable : readable).push({ address, bytes });
      if (!(flags & DESC_NEXT)) return;
      index = memory.read16(at + 14);
    }
  }
}
