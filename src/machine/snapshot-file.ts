/**
 * The bytes of a snapshot:
 *
 *     magic, 16 bytes | format, u32 | bytes of the whole, f64 | check sum, u32 | bytes of the header, u32
 *     header, JSON in UTF-8 | blobs, the pages of each that are not all zeros, in order
 *
 * Numbers are little-endian. The header's `blobs` says how long each blob is and which of its pages are present.
 */

const MAGIC = 'longmode snap\r\n\x1a';
/** Changes with every change that an older version could not read. */
export const SNAPSHOT_FORMAT = 3;
const PREFIX_BYTES = 36;
const CHECK_OFFSET = 28;
const PAGE = 4096;

/** These bytes are no snapshot, or none that this version reads. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
  readonly field: string;
  readonly value: string;
  readonly expected: string;

  constructor(field: string, value: string, expected: string) {
    super(`${field}: ${value}: expected ${expected}`);
    this.field = field;
    this.value = value;
    this.expected = expected;
  }
}

/** Length of a blob, and runs of its pages: first page, pages, first page, pages. */
interface BlobShape {
  readonly bytes: number;
  readonly runs: readonly number[];
}

export function encodeSnapshot(header: object, blobs: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const shapes = blobs.map(shapeOf);
  const json = new TextEncoder().encode(JSON.stringify({ ...header, blobs: shapes }));
  const stored = shapes.reduce((sum, shape) => sum + storedBytes(shape), 0);
  const out = new Uint8Array(PREFIX_BYTES + json.length + stored);
  const view = new DataView(out.buffer);
  out.set(new TextEncoder().encode(MAGIC));
  view.setUint32(16, SNAPSHOT_FORMAT, true);
  view.setFloat64(20, out.length, true);
  view.setUint32(32, json.length, true);
  out.set(json, PREFIX_BYTES);
  let at = PREFIX_BYTES + json.length;
  for (const [i, blob] of blobs.entries()) {
    for (const [from, to] of ranges(shapes[i]!)) {
      out.set(blob.subarray(from, to), at);
      at += to - from;
    }
  }
  view.setUint32(CHECK_OFFSET, checkSum(out), true);
  return out;
}

/**
 * @returns The header, and a function that copies a blob to where it belongs.
 * @throws SnapshotError
 */
export function decodeSnapshot(bytes: Uint8Array): {
  readonly header: Record<string, unknown>;
  readonly blobs: readonly StoredBlob[];
} {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = new TextDecoder('latin1').decode(bytes.subarray(0, MAGIC.length));
  if (bytes.length < PREFIX_BYTES || magic !== MAGIC)
    throw new SnapshotError('magic', JSON.stringify(magic.slice(0, 8)), 'a snapshot that longmode has saved');
  const format = view.getUint32(16, true);
  if (format !== SNAPSHOT_FORMAT)
    throw new SnapshotError('format', String(format), `${SNAPSHOT_FORMAT}: it was saved by another version`);
  const size = view.getFloat64(20, true);
  if (size !== bytes.length)
    throw new SnapshotError('size', `${bytes.length} bytes`, `${size}: the file was cut short or damaged`);
  const sum = view.getUint32(CHECK_OFFSET, true);
  if (checkSum(bytes) !== sum)
    throw new SnapshotError(
      'check sum',
      `0x${checkSum(bytes).toString(16)}`,
      `0x${sum.toString(16)}: the file is damaged`,
    );
  const headerBytes = view.getUint32(32, true);
  const header = JSON.parse(
    new TextDecoder().decode(bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + headerBytes)),
  ) as Record<string, unknown> & { blobs: BlobShape[] };
  let at = PREFIX_BYTES + headerBytes;
  const blobs = header.blobs.map((shape) => {
    const blob = new StoredBlob(shape, bytes.subarray(at));
    at += storedBytes(shape);
    return blob;
  });
  return { header, blobs };
}

/** A blob as it lies in the file. */
export class StoredBlob {
  readonly #shape: BlobShape;
  readonly #stored: Uint8Array;

  constructor(shape: BlobShape, stored: Uint8Array) {
    this.#shape = shape;
    this.#stored = stored;
  }

  get bytes(): number {
    return this.#shape.bytes;
  }

  /** Writes all of the blob, zeros included, over `target`, which is as long. */
  copyTo(target: Uint8Array): void {
    let stored = 0;
    let written = 0;
    for (const [from, to] of ranges(this.#shape)) {
      clear(target.subarray(written, from));
      target.set(this.#stored.subarray(stored, stored + to - from), from);
      stored += to - from;
      written = to;
    }
    clear(target.subarray(written));
  }

  toBytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.bytes);
    this.copyTo(bytes);
    return bytes;
  }
}

/** Zeros what is not zero: memory that nobody has touched costs the host nothing, and shall not. */
function clear(target: Uint8Array): void {
  for (let at = 0; at < target.length; at += PAGE) {
    const page = target.subarray(at, at + PAGE);
    if (!isZero(page)) page.fill(0);
  }
}

function shapeOf(blob: Uint8Array): BlobShape {
  const runs: number[] = [];
  let start = -1;
  const pages = Math.ceil(blob.length / PAGE);
  for (let page = 0; page <= pages; page++) {
    const present = page < pages && !isZero(blob.subarray(page * PAGE, (page + 1) * PAGE));
    if (present && start < 0) start = page;
    if (!present && start >= 0) {
      runs.push(start, page - start);
      start = -1;
    }
  }
  return { bytes: blob.length, runs };
}

function isZero(bytes: Uint8Array): boolean {
  if (bytes.byteOffset % 4 === 0 && bytes.length % 4 === 0) {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    for (let i = 0; i < words.length; i++) if (words[i] !== 0) return false;
    return true;
  }
  return bytes.every((byte) => byte === 0);
}

function* ranges({ bytes, runs }: BlobShape): Iterable<[from: number, to: number]> {
  for (let i = 0; i < runs.length; i += 2) {
    const from = runs[i]! * PAGE;
    yield [from, Math.min(from + runs[i + 1]! * PAGE, bytes)];
  }
}

function storedBytes(shape: BlobShape): number {
  let sum = 0;
  for (const [from, to] of ranges(shape)) sum += to - from;
  return sum;
}

/** The sum of a snapshot: of everything but its own place. */
function checkSum(bytes: Uint8Array): number {
  return sum32(bytes, CHECK_OFFSET >> 2);
}

/** A 32-bit sum that sees swapped words and any single one that changed. */
export function sum32(bytes: Uint8Array, exceptWord = -1): number {
  let hash = 0x811c9dc5;
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  const words = new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2);
  for (let i = 0; i < words.length; i++) {
    if (i === exceptWord) continue;
    hash = Math.imul(hash ^ words[i]!, 0x01000193);
    hash ^= hash >>> 15;
  }
  for (let i = words.length * 4; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash >>> 0;
}
