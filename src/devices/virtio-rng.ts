import type { DmaMemory } from './dma-memory.ts';
import type { VirtioDevice } from './virtio-pci.ts';
import type { Virtqueue } from './virtqueue.ts';

const MOST_BYTES = 4096;

/**
 * A virtio entropy device (VIRTIO 1.1, "Entropy Device"). Runs must repeat, so its entropy is a pseudo-random
 * sequence from a seed: xorshift128, never the host's.
 */
export class VirtioRng implements VirtioDevice {
  readonly type = 4;
  readonly classCode = 0x00ff00;
  readonly queueCount = 1;
  readonly features = 0;
  onWork: ((index: number) => void) | undefined;
  private readonly state = new Uint32Array(4);

  constructor(seed = 1) {
    this.state.set([seed >>> 0, 0x9e3779b9, 0x243f6a88, 0xb7e15162]);
    for (let i = 0; i < 16; i++) this.next();
  }

  /** The sequence goes on: a device that starts over would repeat itself to its guest. */
  reset(): void {}

  readConfig(_offset: number): number {
    return 0;
  }

  process(_index: number, queue: Virtqueue, memory: DmaMemory): boolean {
    let isAny = false;
    for (let i = 0; i < queue.size; i++) {
      const request = queue.take(memory);
      if (!request) break;
      const bytes = new Uint8Array(Math.min(request.writableBytes, MOST_BYTES));
      for (let at = 0; at < bytes.length; at++) bytes[at] = this.next() >>> 24;
      request.write(0, bytes);
      queue.finish(memory, request, bytes.length);
      isAny = true;
    }
    return isAny;
  }

  private next(): number {
    const { state } = this;
    const t = state[3]! ^ (state[3]! << 11);
    state.copyWithin(1, 0, 3);
    state[0] = state[1]! ^ (state[1]! >>> 19) ^ t ^ ((t >>> 0) >>> 8);
    return state[0]!;
  }
}
