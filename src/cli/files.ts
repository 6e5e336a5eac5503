/** Files that the user names: images that are read, outputs that are written. */
import type { Io, Output } from './io.ts';
import { UsageError } from './usage-error.ts';

// biome-ignore format: one reason a line.
const REASONS: Readonly<Record<string, string>> = {
  ENOENT:  'does not exist',
  ENOTDIR: 'does not exist (a part of its path is not a directory)',
  EISDIR:  'is a directory',
  EDEVICE: 'is a device',
  EACCES:  'cannot be opened (permission denied)',
  EPERM:   'cannot be opened (not permitted)',
  EFBIG:   'is larger than 4 GiB',
  ENOSPC:  'cannot be written (no space left)',
  EPIPE:   'was closed by its reader',
};

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return REASONS[code ?? ''] ?? `cannot be used (${code ?? message})`;
}

/** A host error that belongs to a file and not to the emulator. */
function isHostError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string';
}

/** The bytes of an input file; `what` it should be is told when it cannot be read or is empty. */
export function readInput(io: Io, path: string, what: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = io.readFile(path);
  } catch (error) {
    throw new UsageError(`${path}: file ${reason(error)}, expected ${what}`);
  }
  if (bytes.length === 0) throw new UsageError(`${path}: file is empty (0 bytes), expected ${what}`);
  return bytes;
}

/** An output that names itself when it fails. */
export function openOutput(io: Io, option: string, path: string): Output {
  try {
    return named(io.openFile(path), `${option} ${path}`);
  } catch (error) {
    throw fileError(option, path, error);
  }
}

/** An output that cannot be opened. */
export function fileError(option: string, path: string, error: unknown): UsageError {
  const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
  const why = missing ? 'the directory of the file does not exist' : `file ${reason(error)}`;
  return new UsageError(`${option} ${path}: ${why}, expected a path that can be written`);
}

/** Turns host errors of an output into one line about it. */
export function named(output: Output, what: string): Output {
  const guard = (deed: () => void): void => {
    try {
      deed();
    } catch (error) {
      throw isHostError(error) ? new UsageError(`${what}: ${reason(error)}`) : error;
    }
  };
  return { write: (data) => guard(() => output.write(data)), close: () => guard(() => output.close()) };
}

/**
 * Splits `FILE [CMDLINE]` at the first blank, or, where that names no file, at the first later one that does: so paths
 * may hold blanks.
 */
export function splitModule(io: Io, text: string): { path: string; commandLine: string } {
  const trimmed = text.trim();
  if (trimmed === '') throw new UsageError('--module is empty, expected "FILE [CMDLINE]"');
  const blanks = [...trimmed.matchAll(/\s+/g)];
  const candidates = [
    ...blanks.map((m) => ({
      path: trimmed.slice(0, m.index),
      commandLine: trimmed.slice(m.index + m[0].length),
    })),
    { path: trimmed, commandLine: '' },
  ];
  return candidates.find(({ path }) => io.isFile(path)) ?? candidates[0]!;
}
