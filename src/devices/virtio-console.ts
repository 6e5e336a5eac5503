import type { DmaMemory } from './dma-memory.ts';
import type { VirtioDevice } from './virtio-pci.ts';
import type { Virtqueue } from './virtqueue.ts';

const RECEIVE = 0;
const TRANSMIT = 1;
/** A buffer of the driver's longer than that is sent in part: no terminal line is. */
const MOST_BYTES = 65_536;
/** What the host has sent and nobody has read; more is lost, as on a wire. */
const MOST_PENDING = 1 << 20;

/** A virtio console with one port (VIRTIO 1.1, "Console Device"). */
export class VirtioConsole implements VirtioDevice {
  readonly type = 3;
  readonly classCode = 0x078000;
  readonly queueCount = 2;
  readonly features = 0;
  onWork: ((index: number) => void) | undefined;
  private readonly onTransmit: (bytes: Uint8Array) => void;
  private pending: number[] = [];

  constructor(onTransmit: (bytes: Uint8Array) => void) {
    this.onTransmit = onTransmit;
  }

  reset(): void {
    this.pending = [];
  }

  /** Bytes from the terminal. */
  receive(bytes: Iterable<number>): void {
    for (const byte of bytes) if (this.pending.length < MOST_PENDING) this.pending.push(byte & 0xff);
    this.onWork?.(RECEIVE);
  }

  readConfig(_offset: number): number {
    return 0;
  }

  process(index: number, queue: Virtqueue, memory: DmaMemory): boolean {
    let isAny = false;
    for (let i = 0; i < queue.size; i++) {
      if (index === RECEIVE && this.pending.length === 0) break;
      const request = queue.take(memory);
      if (!request) break;
      let written = 0;
      if (index === TRANSMIT) this.onTransmit(request.read(0, MOST_BYTES));
      else {
        const bytes = Uint8Array.from(this.pending.splice(0, request.writableBytes));
        request.write(0, bytes);
        written = bytes.length;
      }
      queue.finish(memory, request, written);
      isAny = true;
    }
    return isAny;
  }
}
