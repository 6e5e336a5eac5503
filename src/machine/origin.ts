import { SnapshotError, sum32 } from './snapshot-file.ts';

/** A file by its display name. */
export interface OriginFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What is kept of a medium in a file: enough to know it again. */
export interface MediumSeal {
  readonly name: string;
  readonly size: number;
  readonly sum: number;
}

/** What a machine was made from. A snapshot holds it, so that one like it can be made again. */
export interface MachineOrigin {
  /** Which function made it: `createPc`, `createMachine`, `createFirmwareMachine`. */
  readonly kind: 'board' | 'kernel' | 'firmware';
  readonly board: string;
  /** Its options, files among them, but for the media and for what the guest cannot see. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Disks and CD-ROMs by the names of their options: too large to be stored. */
  readonly media: Readonly<Record<string, OriginFile | MediumSeal>>;
}

/** Splits the options of a machine. Options that are undefined count as not given. */
export function originOf(
  kind: MachineOrigin['kind'],
  board: string,
  given: object,
  mediaNames: readonly string[],
): MachineOrigin {
  const options: Record<string, unknown> = {};
  const media: Record<string, OriginFile> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || HOST_OPTIONS.includes(name)) continue;
    if (!mediaNames.includes(name)) options[name] = value;
    else media[name] = value instanceof Uint8Array ? { name, bytes: value } : (value as OriginFile);
  }
  return { kind, board, options, media };
}

/** How the host runs the machine: no snapshot depends on it. */
const HOST_OPTIONS: readonly string[] = ['jit'];

export function sealOf(medium: OriginFile | MediumSeal): MediumSeal {
  if ('sum' in medium) return medium;
  return { name: medium.name, size: medium.bytes.length, sum: sum32(medium.bytes) };
}

/**
 * A medium is given again for the one that was there.
 * @throws SnapshotError naming the option when it is another one.
 */
export function checkMedium(option: string, given: OriginFile, expected: OriginFile | MediumSeal): void {
  if ('bytes' in expected && expected.bytes === given.bytes) return;
  const [is, was] = [sealOf(given), sealOf(expected)];
  if (is.size === was.size && is.sum === was.sum) return;
  throw new SnapshotError(
    option,
    mediumText(is),
    `${mediumText(was)}, as it was when the snapshot was taken`,
  );
}

export function mediumText({ name, size, sum }: MediumSeal): string {
  return `${name} (${size} bytes, check sum 0x${sum.toString(16).padStart(8, '0')})`;
}

/** @throws SnapshotError naming an option in which the two differ. Display names do not count. */
export function checkSameOrigin(is: MachineOrigin | undefined, was: MachineOrigin | undefined): void {
  if (is === was) return;
  if (is?.kind !== was?.kind) throw new SnapshotError('machine', is?.kind ?? 'bare', was?.kind ?? 'bare');
  for (const name of new Set([...Object.keys(is!.options), ...Object.keys(was!.options)])) {
    if (isAlike(is!.options[name], was!.options[name])) continue;
    throw new SnapshotError(name, 'another', 'that of the machine of the snapshot');
  }
  for (const name of new Set([...Object.keys(is!.media), ...Object.keys(was!.media)])) {
    const [present, saved] = [is!.media[name], was!.media[name]];
    if (!saved)
      throw new SnapshotError(name, sealOf(present!).name, 'none: the machine of the snapshot has none');
    if (!present) throw new SnapshotError(name, 'missing', mediumText(sealOf(saved)));
    if ('bytes' in present) checkMedium(name, present, saved);
  }
}

function isAlike(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    return a.length === b.length && a.every((byte, i) => byte === b[i]);
  }
  const [first, second] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = new Set([...Object.keys(first), ...Object.keys(second)]);
  keys.delete('name');
  return [...keys].every((key) => isAlike(first[key], second[key]));
}
