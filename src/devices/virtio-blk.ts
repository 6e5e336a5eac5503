import { type BlockBackend, SECTOR_BYTES } from './block.ts';
import type { DmaMemory } from './dma-memory.ts';
import type { VirtioDevice } from './virtio-pci.ts';
import type { VirtioRequest, Virtqueue } from './virtqueue.ts';

const FEATURE_SEG_MAX = 1 << 2;
const FEATURE_RO = 1 << 5;
const FEATURE_BLK_SIZE = 1 << 6;
const FEATURE_FLUSH = 1 << 9;

const T_IN = 0;
const T_OUT = 1;
const T_FLUSH = 4;
const T_GET_ID = 8;

const S_OK = 0;
const S_IOERR = 1;
const S_UNSUPP = 2;

const HEADER_BYTES = 16;
const ID_BYTES = 20;
const SEG_MAX = 126;
const CONFIG_BYTES = 60;
/** At most so much of the medium is in the host's hands at a time. */
const PIECE_SECTORS = 128;

/** A virtio block device (VIRTIO 1.1, "Block Device"): one queue, sectors of 512 bytes. */
export class VirtioBlk implements VirtioDevice {
  readonly type = 2;
  readonly classCode = 0x010000;
  readonly queueCount = 1;
  onWork: ((index: number) => void) | undefined;
  private readonly backend: BlockBackend;
  private readonly id: string;
  private readonly config = new Uint8Array(CONFIG_BYTES);

  constructor(backend: BlockBackend, id = 'longmode') {
    this.backend = backend;
    this.id = id;
    const view = new DataView(this.config.buffer);
    view.setUint32(0, backend.sectors % 4294967296, true);
    view.setUint32(4, Math.floor(backend.sectors / 4294967296), true);
    view.setUint32(12, SEG_MAX, true);
    view.setUint32(20, SECTOR_BYTES, true);
  }

  get features(): number {
    return FEATURE_SEG_MAX | FEATURE_BLK_SIZE | FEATURE_FLUSH | (this.backend.write ? 0 : FEATURE_RO);
  }

  reset(): void {}

  readConfig(offset: number): number {
    return this.config[offset] ?? 0;
  }

  process(_index: number, queue: Virtqueue, memory: DmaMemory): boolean {
    let isAny = false;
    // A ring cannot hold more than its size; a guest that says otherwise waits for its next notification.
    for (let i = 0; i < queue.size; i++) {
      const request = queue.take(memory);
      if (!request) break;
      queue.finish(memory, request, this.execute(request));
      isAny = true;
    }
    return isAny;
  }

  /** Answers the number of bytes written, the status byte at the end among them. */
  private execute(request: VirtioRequest): number {
    const room = request.writableBytes - 1;
    if (room < 0) return 0;
    const header = request.read(0, HEADER_BYTES);
    let status = S_IOERR;
    let written = 0;
    if (header.length === HEADER_BYTES) {
      const view = new DataView(header.buffer);
      const sector = view.getUint32(8, true) + view.getUint32(12, true) * 4294967296;
      switch (view.getUint32(0, true)) {
        case T_IN:
          status = this.read(request, sector, room);
          written = status === S_OK ? room : 0;
          break;
        case T_OUT:
          status = this.write(request, sector, request.readableBytes - HEADER_BYTES);
          break;
        case T_FLUSH:
          this.backend.flush?.();
          status = S_OK;
          break;
        case T_GET_ID:
          written = Math.min(room, ID_BYTES);
          request.write(0, new TextEncoder().encode(this.id.padEnd(ID_BYTES, '\0')).subarray(0, written));
          status = S_OK;
          break;
        default:
          status = S_UNSUPP;
      }
    }
    request.write(room, Uint8Array.of(status));
    return written + 1;
  }

  private isOnDisk(sector: number, bytes: number): boolean {
    return bytes % SECTOR_BYTES === 0 && sector + bytes / SECTOR_BYTES <= this.backend.sectors;
  }

  private read(request: VirtioRequest, sector: number, bytes: number): number {
    if (!this.isOnDisk(sector, bytes)) return S_IOERR;
    for (let at = 0; at < bytes; at += PIECE_SECTORS * SECTOR_BYTES) {
      const count = Math.min(PIECE_SECTORS, (bytes - at) / SECTOR_BYTES);
      request.write(at, this.backend.read(sector + at / SECTOR_BYTES, count));
    }
    return S_OK;
  }

  private write(request: VirtioRequest, sector: number, bytes: number): number {
    if (!this.backend.write || !this.isOnDisk(sector, bytes)) return S_IOERR;
    for (let at = 0; at < bytes; at += PIECE_SECTORS * SECTOR_BYTES) {
      const count = Math.min(PIECE_SECTORS, (bytes - at) / SECTOR_BYTES);
      this.backend.write(sector + at / SECTOR_BYTES, request.read(HEADER_BYTES + at, count * SECTOR_BYTES));
    }
    return S_OK;
  }
}
