/** Storage in sectors of 512 bytes, whatever the host keeps it in. Beyond the end there are zeros. */

export const SECTOR_BYTES = 512;

export interface BlockBackend {
  readonly sectors: number;
  /** The bytes are the caller's own: devices keep them for a while, and a snapshot may write over them. */
  read(sector: number, count: number): Uint8Array;
  /** Whole sectors. Absent on a medium that cannot be written. */
  write?(sector: number, bytes: Uint8Array): void;
  flush?(): void;
}

/** An image held in memory. A last sector that is not whole is padded with zeros and cannot be written past. */
export class BufferBackend implements BlockBackend {
  readonly sectors: number;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.sectors = Math.ceil(bytes.length / SECTOR_BYTES);
  }

  read(sector: number, count: number): Uint8Array {
    const from = sector * SECTOR_BYTES;
    const to = from + count * SECTOR_BYTES;
    if (to <= this.bytes.length) return new Uint8Array(this.bytes.subarray(from, to));
    const padded = new Uint8Array(to - from);
    if (from < this.bytes.length) padded.set(this.bytes.subarray(from));
    return padded;
  }

  write(sector: number, bytes: Uint8Array): void {
    const room = this.bytes.length - sector * SECTOR_BYTES;
    if (room > 0) this.bytes.set(bytes.subarray(0, room), sector * SECTOR_BYTES);
  }
}

/** A medium that cannot be written: a CD-ROM, or a disk with its write-protect jumper set. */
export class ReadOnlyBackend implements BlockBackend {
  readonly sectors: number;
  private readonly base: BlockBackend;

  constructor(base: BlockBackend) {
    this.base = base;
    this.sectors = base.sectors;
  }

  read(sector: number, count: number): Uint8Array {
    return this.base.read(sector, count);
  }
}

const CLUSTER_SECTORS = 8;
const CLUSTER_BYTES = CLUSTER_SECTORS * SECTOR_BYTES;

/** Copy on write: what is written stays in memory, in clusters of 4 KiB, and the base below never changes. */
export class OverlayBackend implements BlockBackend {
  readonly sectors: number;
  private readonly base: BlockBackend;
  private readonly clusters = new Map<number, Uint8Array>();

  constructor(base: BlockBackend) {
    this.base = base;
    this.sectors = base.sectors;
  }

  /** The clusters written, for a snapshot or to be merged into the base: number and 4 KiB each. */
  get written(): ReadonlyMap<number, Uint8Array> {
    return this.clusters;
  }

  /** Takes the clusters of a snapshot in place of what is there. */
  restore(clusters: Iterable<readonly [number, Uint8Array]>): void {
    this.clusters.clear();
    for (const [cluster, bytes] of clusters) this.clusters.set(cluster, bytes.slice());
  }

  /** Writes the overlay into the base and empties it. Nothing happens when the base cannot be written. */
  commit(): void {
    if (!this.base.write) return;
    for (const [cluster, bytes] of [...this.clusters].sort((a, b) => a[0] - b[0])) {
      const sectors = Math.min(CLUSTER_SECTORS, this.sectors - cluster * CLUSTER_SECTORS);
      this.base.write(cluster * CLUSTER_SECTORS, bytes.subarray(0, sectors * SECTOR_BYTES));
    }
    this.base.flush?.();
    this.clusters.clear();
  }

  read(sector: number, count: number): Uint8Array {
    if (this.clusters.size === 0) return this.base.read(sector, count);
    const bytes = this.base.read(sector, count).slice();
    for (let i = 0; i < count; i++) {
      const cluster = this.clusters.get(Math.floor((sector + i) / CLUSTER_SECTORS));
      if (!cluster) continue;
      const from = ((sector + i) % CLUSTER_SECTORS) * SECTOR_BYTES;
      bytes.set(cluster.subarray(from, from + SECTOR_BYTES), i * SECTOR_BYTES);
    }
    return bytes;
  }

  write(sector: number, bytes: Uint8Array): void {
    for (let i = 0; i * SECTOR_BYTES < bytes.length; i++) {
      const number = Math.floor((sector + i) / CLUSTER_SECTORS);
      let cluster = this.clusters.get(number);
      if (!cluster) {
        cluster = new Uint8Array(CLUSTER_BYTES);
        cluster.set(this.base.read(number * CLUSTER_SECTORS, CLUSTER_SECTORS));
        this.clusters.set(number, cluster);
      }
      const from = i * SECTOR_BYTES;
      cluster.set(bytes.subarray(from, from + SECTOR_BYTES), ((sector + i) % CLUSTER_SECTORS) * SECTOR_BYTES);
    }
  }
}
