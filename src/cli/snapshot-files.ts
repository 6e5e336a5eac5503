/** `--save` and `--load`: snapshots in files, compressed by gzip. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { createCpuModel } from '../cpu/execute/cpu-model.ts';
import { type Pc, resumeMachine, Snapshot, SnapshotError } from '../index.ts';
import { type Board, cpuOfBoard } from '../machine/pc.ts';
import { fileError, named, readInput } from './files.ts';
import type { Io } from './io.ts';
import { badValue, UsageError } from './usage-error.ts';
import { parseBoard, parseMemory, parseProcessors } from './values.ts';

const EXPECTED = 'a snapshot that longmode run --save has written';
/** What Node holds in one piece. */
const MAX_BYTES = 2 ** 32;
/** Level 1: the others take several times as long for a tenth of the size. */
const LEVEL = 1;

/** As commander leaves them. */
interface RawLoadOptions {
  readonly machine?: string;
  readonly memory?: string;
  readonly smp?: string;
  readonly cpu?: string;
  readonly cdrom?: string;
  readonly disk?: string;
  readonly reboot: boolean;
  readonly jit: boolean;
}

/** Options that go together with a snapshot; all others say what to boot, which the snapshot knows. */
const BESIDE_LOAD = new Set([
  'load', 'save', 'until', 'explain', 'report', 'summary', 'trace', 'screen', 'lockstep', 'jit',
  'maxInstructions', 'timeout', 'wallTimeout', 'successStatus', 'serial', 'debugcon', 'clock', 'input',
  'cdrom', 'disk', 'memory', 'cpu', 'machine', 'smp', 'reboot',
]); // biome-ignore format: by what they are about.

/** The machine of a snapshot. @throws UsageError when the file is none, or the options contradict it. */
export function loadMachine(io: Io, path: string, kernels: readonly string[], raw: RawLoadOptions): Pc {
  const isGiven = (value: unknown) => value !== undefined && !(Array.isArray(value) && value.length === 0);
  const others = Object.entries(raw)
    .filter(([name, value]) => !BESIDE_LOAD.has(name) && isGiven(value))
    .map(([name]) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  if (kernels[0] !== undefined) others.unshift(`KERNEL ${kernels[0]}`);
  if (others.length > 0) {
    throw new UsageError(
      `--load: given with ${others.join(' and ')}, expected one of the two: a snapshot knows what was booted`,
    );
  }
  const snapshot = parseSnapshot(path, readInput(io, path, EXPECTED));
  checkOptions(path, snapshot, raw);
  const image = (name: string | undefined, what: string) =>
    name === undefined ? undefined : { name, bytes: readInput(io, name, what) };
  const cdrom = image(raw.cdrom, 'a CD-ROM image');
  const disk = image(raw.disk, 'a disk image');
  return blaming(path, () => resumeMachine(snapshot, { jit: raw.jit, cdrom, disk }));
}

function parseSnapshot(path: string, bytes: Uint8Array): Snapshot {
  return blaming(path, () => Snapshot.fromBytes(isCompressed(bytes) ? unpacked(path, bytes) : bytes));
}

function isCompressed(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function unpacked(path: string, bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_BYTES });
  } catch (error) {
    throw new UsageError(
      `${path}: compressed data is damaged (${(error as Error).message}), expected ${EXPECTED}`,
    );
  }
}

/** What a snapshot has to say against its use is said of its file. */
function blaming<T>(path: string, deed: () => T): T {
  try {
    return deed();
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    throw new UsageError(`${path}: ${error.field} is ${error.value}, expected ${error.expected}`);
  }
}

/** What is given again must be what it was. */
function checkOptions(path: string, { config, origin }: Snapshot, raw: RawLoadOptions): void {
  const check = (option: string, text: string | undefined, isAs: (text: string) => boolean, was: unknown) => {
    if (text !== undefined && !isAs(text)) throw badValue(option, text, `${was}, as in ${path}, or nothing`);
  };
  const { board } = config;
  const hasCpu = (cpu: string) => createCpuModel(cpuOfBoard(board as Board, cpu)).name === config.cpu;
  check('--machine', raw.machine, (text) => parseBoard('--machine', text) === board, board);
  check(
    '--memory',
    raw.memory,
    (text) => parseMemory('--memory', text) === config.memory,
    `${config.memory} bytes`,
  );
  check('--smp', raw.smp, (text) => parseProcessors('--smp', text) === config.processors, config.processors);
  try {
    check('--cpu', raw.cpu, hasCpu, config.cpu);
  } catch (error) {
    if ((error as Error).name !== 'CpuModelError') throw error;
    throw new UsageError(`--cpu: ${(error as Error).message}`);
  }
  if (!raw.reboot && origin?.options['reboot'] !== false) {
    throw new UsageError(`--no-reboot: given with --load, expected nothing: ${path} was saved without it`);
  }
}

/** Where a snapshot goes at the end of the run. That it can be written there is seen before anything runs. */
export function openSave(io: Io, path: string | undefined): { write(machine: Pc): void } | undefined {
  if (path === undefined) return undefined;
  try {
    io.touchFile(path);
  } catch (error) {
    throw fileError('--save', path, error);
  }
  return {
    write(machine) {
      const bytes = gzipSync(machine.snapshot().toBytes(), { level: LEVEL });
      const file = named(io.openFile(path), `--save ${path}`);
      file.write(bytes);
      file.close();
    },
  };
}
