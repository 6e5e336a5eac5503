/**
 * Plain values as JSON can hold them: objects, lists, texts, numbers, and typed arrays, whose bytes go to a list of blobs.
 * What JSON lacks is an object with the one key `$`.
 */

export type TypedArray =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Float64Array;

interface ArrayKind {
  new (buffer: ArrayBuffer, offset?: number, length?: number): TypedArray;
  readonly BYTES_PER_ELEMENT: number;
}

export const ARRAY_KINDS: Readonly<Record<string, ArrayKind>> = {
  Uint8Array,
  Uint16Array,
  Uint32Array,
  Int8Array,
  Int16Array,
  Int32Array,
  Float64Array,
};

/** The kind of an array by what it is, so that a Buffer of Node's is a Uint8Array. */
export function arrayKind(array: ArrayBufferView): string {
  return (array as Uint8Array)[Symbol.toStringTag];
}

/**
 * @param blobs Gets the bytes of the arrays, which are not copied.
 * @throws TypeError when it meets an object of a class, or a function.
 */
export function packTree(value: unknown, blobs: Uint8Array[]): unknown {
  if (value === undefined) return { $: 'undefined' };
  if (typeof value === 'number') return Number.isFinite(value) ? value : { $: String(value) };
  if (typeof value === 'bigint') return { $: 'bigint', text: value.toString() };
  if (typeof value === 'function') throw new TypeError('a function cannot be saved');
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((v) => packTree(v, blobs));
  if (ArrayBuffer.isView(value)) {
    blobs.push(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    return { $: arrayKind(value), blob: blobs.length - 1 };
  }
  if (Object.getPrototypeOf(value) !== Object.prototype)
    throw new TypeError(`a ${value.constructor.name} cannot be saved`);
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, packTree(v, blobs)]));
}

/** @throws RangeError when it is no tree that `packTree` made. */
export function unpackTree(value: unknown, blobs: readonly Uint8Array<ArrayBuffer>[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((v) => unpackTree(v, blobs));
  const tagged = value as { readonly $?: unknown; readonly blob?: number; readonly text?: string };
  if (tagged.$ === undefined) {
    return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, unpackTree(v, blobs)]));
  }
  if (tagged.$ === 'undefined') return undefined;
  if (tagged.$ === 'bigint') return BigInt(tagged.text ?? '');
  const kind = ARRAY_KINDS[String(tagged.$)];
  if (!kind) return Number(tagged.$);
  const bytes = blobs[tagged.blob ?? -1];
  if (!bytes) throw new RangeError(`there is no blob ${tagged.blob}`);
  return new kind(bytes.buffer);
}
