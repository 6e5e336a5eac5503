import type { TimedEvent } from '../bus/clock.ts';
import { ARRAY_KINDS, arrayKind, type TypedArray } from './saved-tree.ts';

/** A value of a saved field: JSON, where anything but a finite number, a string, a boolean or null is a tagged object. */
export type SavedValue =
  | number
  | string
  | boolean
  | null
  | { readonly list: readonly SavedValue[] }
  | { readonly record: Readonly<Record<string, SavedValue>> }
  | { readonly map: readonly (readonly [SavedValue, SavedValue])[] }
  /** A typed array: its kind, and which of `SavedObjects.blobs` holds its bytes. */
  | { readonly array: string; readonly blob: number }
  /** The typed array of another field, which this one holds too. */
  | { readonly sameAs: string }
  /** A second view of bytes that another field holds. */
  | { readonly viewOf: string; readonly kind: string; readonly offset: number; readonly bytes: number }
  | { readonly bigint: string }
  | { readonly special: 'undefined' | 'NaN' | 'Infinity' | '-Infinity' };

export type SavedFields = Readonly<Record<string, SavedValue>>;

/** What a group of objects remembers: fields by object, and an object's name is the way to it from a root. */
export interface SavedObjects {
  readonly objects: Readonly<Record<string, SavedFields>>;
  /** Events that wait, in the order in which they will fire: name of the event, and when it is due. */
  readonly events: readonly (readonly [name: string, due: number])[];
  readonly blobs: readonly Uint8Array[];
}

/** The saved state does not fit the machine that is to take it. */
export class StateMismatch extends Error {
  override readonly name = 'StateMismatch';
}

/** What a class may say about its own saving. */
export interface Saveable {
  /** Fields that follow from others, and that `restored` makes again. */
  readonly derivedFields?: readonly string[];
  /** Called once every field of every object has its saved value. */
  restored?(): void;
}

type Fields = Record<string, unknown>;

/**
 * Saves and restores devices by looking at their fields, so that a new register is in every snapshot from the day it
 * is written. Devices hold three kinds of things: values, parts of their own, and wires. Values are saved; objects
 * with a class or with functions are parts and are followed; functions, and the objects for which `isForeign` answers
 * true (clock, memory, media), are wires and stay as the board connected them.
 */
export class ObjectState {
  readonly #roots: Readonly<Record<string, object>>;
  readonly #isForeign: (value: object) => boolean;

  constructor(roots: Readonly<Record<string, object>>, isForeign: (value: object) => boolean) {
    this.#roots = roots;
    this.#isForeign = isForeign;
  }

  /** @param order The events of the clock that wait, soonest first. */
  save(order: readonly TimedEvent[]): SavedObjects {
    const parts = this.#parts();
    const blobs: Uint8Array[] = [];
    const arrays = new Map<TypedArray, string>();
    const objects: Record<string, SavedFields> = {};
    const eventNames = new Map<object, string>();
    for (const [name, part] of parts) {
      if (isTimedEvent(part)) eventNames.set(part, name);
      const fields: Record<string, SavedValue> = {};
      for (const field of savedFields(part)) {
        const value = part[field];
        if (isPart(value)) continue;
        fields[field] = saveValue(value, `${name}.${field}`, blobs, arrays);
      }
      if (Object.keys(fields).length > 0) objects[name] = fields;
    }
    const events = order.map((event) => {
      const name = eventNames.get(event);
      if (name === undefined) throw new StateMismatch('an event waits that belongs to no saved object');
      return [name, event.due] as const;
    });
    return { objects, events, blobs };
  }

  /**
   * @param schedule Told of every event that waits, in order; all others have been cancelled by `cancel`.
   * @throws StateMismatch when objects or fields are not those of this machine. Nothing has changed then.
   */
  restore(
    saved: SavedObjects,
    clock: { schedule(event: TimedEvent, at: number): void; cancel(event: TimedEvent): void },
  ): void {
    const parts = this.#parts();
    checkParts(parts, saved);
    for (const part of parts.values()) if (isTimedEvent(part)) clock.cancel(part);
    const arrays = new Map<string, TypedArray>();
    const shared = sharedBuffers(parts, saved);
    for (const [name, part] of parts) {
      for (const [field, value] of Object.entries(saved.objects[name] ?? {})) {
        part[field] = restoreValue(value, part[field], `${name}.${field}`, saved.blobs, arrays, shared);
      }
    }
    for (const part of parts.values()) (part as Saveable).restored?.();
    for (const [name, due] of saved.events) clock.schedule(parts.get(name) as unknown as TimedEvent, due);
  }

  /** @throws StateMismatch when objects or fields are not those of this machine. */
  check(saved: SavedObjects): void {
    checkParts(this.#parts(), saved);
  }

  /** Every part by name, roots first; the first way found to a part names it. */
  #parts(): Map<string, Fields> {
    const named = new Map<string, Fields>();
    const seen = new Set<object>();
    const visit = (name: string, part: object) => {
      if (seen.has(part) || this.#isForeign(part)) return;
      seen.add(part);
      if (!Array.isArray(part)) named.set(name, part as Fields);
      const keys = Array.isArray(part) ? Object.keys(part) : savedFields(part as Fields);
      for (const key of keys) {
        const value = (part as Fields)[key];
        if (isPart(value)) visit(`${name}.${key}`, value as object);
      }
    };
    for (const [name, root] of Object.entries(this.#roots)) visit(name, root);
    return named;
  }
}

function checkParts(parts: ReadonlyMap<string, Fields>, saved: SavedObjects): void {
  for (const [name, fields] of Object.entries(saved.objects)) {
    const part = parts.get(name);
    if (!part) throw new StateMismatch(`${name} is in the snapshot and not in this machine`);
    for (const field of Object.keys(fields)) {
      if (!Object.hasOwn(part, field))
        throw new StateMismatch(`${name}.${field} is in the snapshot and not in this machine`);
    }
  }
  for (const [name, part] of parts) {
    for (const field of savedFields(part)) {
      if (!isPart(part[field]) && saved.objects[name]?.[field] === undefined)
        throw new StateMismatch(`${name}.${field} is in this machine and not in the snapshot`);
    }
  }
  for (const [name] of saved.events) {
    const part = parts.get(name);
    if (!part || !isTimedEvent(part)) throw new StateMismatch(`${name} is no event of this machine`);
  }
}

const NONE: ReadonlySet<ArrayBufferLike> = new Set();

/** Memory that several arrays show now and that is to be memory of their own: none of them can be filled where it is. */
function sharedBuffers(parts: ReadonlyMap<string, Fields>, saved: SavedObjects): Set<ArrayBufferLike> {
  const seen = new Set<ArrayBufferLike>();
  const shared = new Set<ArrayBufferLike>();
  for (const [name, part] of parts) {
    for (const [field, value] of Object.entries(saved.objects[name] ?? {})) {
      const present = part[field];
      if (typeof value !== 'object' || value === null || !('array' in value) || !ArrayBuffer.isView(present))
        continue;
      if (seen.has(present.buffer)) shared.add(present.buffer);
      seen.add(present.buffer);
    }
  }
  return shared;
}

function savedFields(part: Fields): string[] {
  const { derivedFields } = part as Saveable;
  const event = isTimedEvent(part); // When it is due stands in the list of events.
  return Object.keys(part).filter(
    (field) =>
      typeof part[field] !== 'function' &&
      field !== 'derivedFields' &&
      !(event && field === 'due') &&
      !derivedFields?.includes(field),
  );
}

function isTimedEvent(value: object): value is TimedEvent {
  return 'due' in value && 'fire' in value && typeof value.fire === 'function';
}

/** Objects with a class or with functions, and lists of those: parts of the machine, not values. */
function isPart(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (ArrayBuffer.isView(value) || value instanceof Map || value instanceof Set) return false;
  if (Array.isArray(value)) return value.some(isPart);
  if (Object.getPrototypeOf(value) !== Object.prototype) return true;
  return Object.values(value).some((v) => typeof v === 'function' || isPart(v));
}

function saveValue(
  value: unknown,
  name: string,
  blobs: Uint8Array[],
  arrays: Map<TypedArray, string>,
): SavedValue {
  if (value === undefined) return { special: 'undefined' };
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    return Number.isFinite(value) ? value : { special: String(value) as 'NaN' | 'Infinity' | '-Infinity' };
  }
  if (typeof value === 'bigint') return { bigint: value.toString() };
  if (Array.isArray(value)) return { list: value.map((v, i) => saveValue(v, `${name}.${i}`, blobs, arrays)) };
  if (value instanceof Map) {
    return {
      map: [...value].map(([k, v]) => [
        saveValue(k, name, blobs, arrays),
        saveValue(v, `${name}.${String(k)}`, blobs, arrays),
      ]),
    };
  }
  if (ArrayBuffer.isView(value)) {
    const array = value as TypedArray;
    const known = arrays.get(array);
    if (known !== undefined) return { sameAs: known };
    for (const [other, viewed] of arrays)
      if (other.buffer === array.buffer && covers(other, array)) {
        const offset = array.byteOffset - other.byteOffset;
        return { viewOf: viewed, kind: arrayKind(array), offset, bytes: array.byteLength };
      }
    arrays.set(array, name);
    blobs.push(new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength).slice());
    return { array: arrayKind(array), blob: blobs.length - 1 };
  }
  const record: Record<string, SavedValue> = {};
  for (const [key, v] of Object.entries(value as object)) {
    record[key] = saveValue(v, `${name}.${key}`, blobs, arrays);
  }
  return { record };
}

function covers(outer: TypedArray, inner: TypedArray): boolean {
  const end = (array: TypedArray) => array.byteOffset + array.byteLength;
  return outer.byteOffset <= inner.byteOffset && end(inner) <= end(outer);
}

function restoreValue(
  value: SavedValue,
  present: unknown,
  name: string,
  blobs: readonly Uint8Array[],
  arrays: Map<string, TypedArray>,
  shared: ReadonlySet<ArrayBufferLike> = NONE,
): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('special' in value) return value.special === 'undefined' ? undefined : Number(value.special);
  if ('bigint' in value) return BigInt(value.bigint);
  if ('list' in value) {
    const list = value.list.map((v, i) => restoreValue(v, undefined, `${name}.${i}`, blobs, arrays));
    if (!Array.isArray(present)) return list;
    present.splice(0, present.length, ...list); // Others may hold the list.
    return present;
  }
  if ('map' in value) {
    const map = present instanceof Map ? present : new Map();
    map.clear();
    for (const [k, v] of value.map) {
      map.set(
        restoreValue(k, undefined, name, blobs, arrays),
        restoreValue(v, undefined, `${name}.${String(k)}`, blobs, arrays),
      );
    }
    return map;
  }
  if ('sameAs' in value) {
    const array = arrays.get(value.sameAs);
    if (!array) throw new StateMismatch(`${name} refers to ${value.sameAs}, which is no array`);
    return array;
  }
  if ('viewOf' in value) return restoreView(value, present, name, arrays);
  if ('array' in value) {
    const array = restoreArray(value, present, name, blobs, shared);
    arrays.set(name, array);
    return array;
  }
  return Object.fromEntries(
    Object.entries(value.record).map(([key, v]) => [
      key,
      restoreValue(v, undefined, `${name}.${key}`, blobs, arrays),
    ]),
  );
}

function restoreView(
  value: { readonly viewOf: string; readonly kind: string; readonly offset: number; readonly bytes: number },
  present: unknown,
  name: string,
  arrays: Map<string, TypedArray>,
): TypedArray {
  const whole = arrays.get(value.viewOf);
  const kind = ARRAY_KINDS[value.kind];
  if (!whole || !kind) throw new StateMismatch(`${name} shows ${value.viewOf}, which is no array`);
  const { buffer } = whole;
  const offset = whole.byteOffset + value.offset;
  if (
    present instanceof kind &&
    present.buffer === buffer &&
    present.byteOffset === offset &&
    present.byteLength === value.bytes
  ) {
    return present;
  }
  return new kind(buffer as ArrayBuffer, offset, value.bytes / kind.BYTES_PER_ELEMENT);
}

/** Into the array that is there when the size is the same, because others may look at its bytes. */
function restoreArray(
  value: { readonly array: string; readonly blob: number },
  present: unknown,
  name: string,
  blobs: readonly Uint8Array[],
  shared: ReadonlySet<ArrayBufferLike>,
): TypedArray {
  const bytes = blobs[value.blob];
  const kind = ARRAY_KINDS[value.array];
  if (!bytes || !kind) throw new StateMismatch(`${name}: no array ${value.blob} of kind ${value.array}`);
  if (present instanceof kind && present.byteLength === bytes.length && !shared.has(present.buffer)) {
    new Uint8Array(present.buffer as ArrayBuffer, present.byteOffset, present.byteLength).set(bytes);
    return present;
  }
  return new kind(bytes.slice().buffer as ArrayBuffer);
}
