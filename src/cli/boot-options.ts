/** The options that say what to boot and on what; `run` and `inspect` share them. */
import type { Command } from 'commander';
import {
  type BootModule,
  createFirmwareMachine,
  type MachineOptions,
  type Pc,
  type RunLimits,
  type VirtioOptions,
} from '../index.ts';
import type { Disks } from './disks.ts';
import { readInput, splitModule } from './files.ts';
import type { Io } from './io.ts';
import { loadMachine } from './snapshot-files.ts';
import { badValue, UsageError } from './usage-error.ts';
import {
  parseBoard,
  parseCount,
  parseMemory,
  parsePhysical,
  parseProcessors,
  parseProtocol,
  parseSeconds,
  parseSeed,
} from './values.ts';

/** As commander leaves them: text, true, or absent. */
export interface RawBootOptions {
  readonly module: readonly string[];
  readonly moduleAt: readonly string[];
  readonly initrd?: string;
  readonly append?: string;
  readonly memory?: string;
  readonly cpu?: string;
  readonly protocol?: string;
  readonly hostile?: string | true;
  readonly machine?: string;
  readonly smp?: string;
  readonly bios?: string;
  readonly vgaRom?: string;
  readonly load?: string;
  readonly reboot: boolean;
  readonly cdrom?: string;
  readonly disk?: string;
  readonly floppy?: string;
  readonly commit?: true;
  readonly virtioDisk?: string;
  readonly virtioConsole?: string;
  readonly virtioRng?: string | true;
  readonly maxInstructions?: string;
  readonly timeout?: string;
  readonly wallTimeout?: string;
  readonly serial: string;
  readonly debugcon: string;
  readonly jit: boolean;
  readonly report?: string;
}

const collect = (value: string, list: readonly string[]): string[] => [...list, value];

export function addBootOptions(command: Command): Command {
  return command
    .option(
      '--module <"FILE [CMDLINE]">',
      'a multiboot module with its command line; repeatable, in order',
      collect,
      [],
    )
    .option(
      '--module-at <ADDRESS>',
      'physical address for the module of the same rank; repeatable',
      collect,
      [],
    )
    .option('--initrd <FILE>', 'the initial RAM disk of a Linux kernel')
    .option('--append <TEXT>', 'the kernel command line')
    .option('--memory <SIZE>', 'RAM: 64M, 1G ... (default 128M)')
    .option(
      '--cpu <MODEL[,+FEATURE][,-FEATURE]>',
      'processor model (default: the most capable); help lists them',
    )
    .option(
      '--protocol <NAME>',
      'multiboot1, multiboot2, linux32, linux64 or pvh (default: what the image has)',
    )
    .option('--hostile [SEED]', 'fill what the boot protocol leaves undefined with garbage')
    .option('--machine <BOARD>', 'pc, or isa without PCI, ACPI and APICs (default: pc)')
    .option('--smp <N>', 'processors, 1 to 16 (default: 1); more than one need the board pc')
    .option('--bios <FILE>', 'start at the reset vector of a firmware image; a KERNEL is handed to it')
    .option('--vga-rom <FILE>', 'with --bios: the expansion ROM of the display adapter')
    .option('--load <FILE>', 'go on from a snapshot, without a KERNEL; limits count from there')
    .option('--no-reboot', 'with --bios: a reset by the guest ends the run (status 4)')
    .option('--cdrom <ISO>', 'a CD-ROM image')
    .option('--disk <IMAGE>', 'a raw image of an IDE disk; writes are kept in memory')
    .option('--floppy <IMAGE>', 'an image of a diskette, up to 2880 KiB; writes as with --disk')
    .option('--commit', 'writes to disks go to their image files')
    .option('--virtio-disk <IMAGE>', 'a raw image of a virtio disk (board pc); writes as with --disk')
    .option('--virtio-console <WHERE>', 'add a virtio console (board pc): stdio, none or file:PATH')
    .option('--virtio-rng [SEED]', 'add a virtio source of entropy (board pc), the same in every run')
    .option('--serial <WHERE>', 'COM1: stdio, none or file:PATH', 'stdio')
    .option('--debugcon <WHERE>', 'port 0xE9: stdio, none or file:PATH', 'none')
    .option('--max-instructions <N>', 'stop after N guest instructions')
    .option('--timeout <SECONDS>', 'stop after so much guest time')
    .option('--wall-timeout <SECONDS>', 'stop after so much host time')
    .option('--no-jit', 'the interpreter alone')
    .option('--report <FILE>', 'write the JSON report (- for standard output)');
}

/** The one image to boot. */
function oneKernel(kernels: readonly string[]): string {
  const [kernel, second] = kernels;
  if (kernel === undefined) throw new UsageError('KERNEL is missing, expected the path of a boot image');
  if (second !== undefined) {
    throw new UsageError(
      `KERNEL is given ${kernels.length} times (${kernels.join(', ')}), expected one; further images are modules: --module`,
    );
  }
  return kernel;
}

export function limitsOf(raw: RawBootOptions): RunLimits {
  return {
    maxInstructions:
      raw.maxInstructions === undefined ? undefined : parseCount('--max-instructions', raw.maxInstructions),
    timeout: raw.timeout === undefined ? undefined : parseSeconds('--timeout', raw.timeout),
    wallTimeout: raw.wallTimeout === undefined ? undefined : parseSeconds('--wall-timeout', raw.wallTimeout),
  };
}

/** Reads the files and checks every value; nothing is created yet. */
function machineOptions(io: Io, kernel: string, raw: RawBootOptions): MachineOptions {
  const settings = {
    ...(raw.append === undefined ? {} : { commandLine: raw.append }),
    ...(raw.memory === undefined ? {} : { memory: parseMemory('--memory', raw.memory) }),
    ...(raw.cpu === undefined ? {} : { cpu: raw.cpu }),
    ...(raw.protocol === undefined ? {} : { protocol: parseProtocol('--protocol', raw.protocol) }),
    ...(raw.hostile === undefined ? {} : { hostile: parseSeed('--hostile', raw.hostile) }),
    jit: raw.jit,
  };
  const places = raw.moduleAt.map((text) => parsePhysical('--module-at', text));
  if (places.length > raw.module.length) {
    throw badValue(
      '--module-at',
      places.length === 1 ? 'given once' : `given ${places.length} times`,
      `at most one for each --module (${raw.module.length})`,
    );
  }
  const image = { name: kernel, bytes: readInput(io, kernel, 'a boot image') };
  const modules = raw.module.map((text, i): BootModule => {
    const { path, commandLine } = splitModule(io, text);
    const at = places[i];
    return {
      name: path,
      bytes: readInput(io, path, 'a module'),
      ...(commandLine === '' ? {} : { commandLine }),
      ...(at === undefined ? {} : { at }),
    };
  });
  const { initrd } = raw;
  const disk =
    initrd === undefined ? {} : { initrd: { name: initrd, bytes: readInput(io, initrd, 'an initrd') } };
  return { ...settings, kernel: image, modules, ...disk };
}

/** The media and the board, which a kernel and a firmware share. */
function boardOptions(io: Io, raw: RawBootOptions, disks: Disks) {
  const cdrom = raw.cdrom !== undefined && {
    name: raw.cdrom,
    bytes: readInput(io, raw.cdrom, 'a CD-ROM image'),
  };
  const disk = raw.disk === undefined ? undefined : disks.open(raw.disk);
  const board = raw.machine === undefined ? undefined : parseBoard('--machine', raw.machine);
  const processors = raw.smp === undefined ? undefined : parseProcessors('--smp', raw.smp);
  if (board === 'isa' && processors !== undefined && processors > 1) {
    throw badValue('--smp', raw.smp!, '1 with --machine isa, which has no APIC');
  }
  return {
    ...(processors === undefined ? {} : { processors }),
    ...(board === undefined ? {} : { board }),
    ...(cdrom ? { cdrom } : {}),
    ...(disk ? { disk } : {}),
    ...(raw.floppy === undefined ? {} : { floppy: disks.open(raw.floppy) }),
    ...virtioOptions(raw, disks),
  };
}

function virtioOptions(raw: RawBootOptions, disks: Disks): { virtio?: VirtioOptions } {
  const { virtioDisk, virtioConsole, virtioRng } = raw;
  if (virtioDisk === undefined && virtioConsole === undefined && virtioRng === undefined) return {};
  return {
    virtio: {
      ...(virtioDisk === undefined ? {} : { disk: disks.open(virtioDisk) }),
      ...(virtioConsole === undefined ? {} : { console: true }),
      ...(virtioRng === undefined ? {} : { rng: parseSeed('--virtio-rng', virtioRng) }),
    },
  };
}

/** A machine in front of its first instruction: of the one kernel, or of a firmware; or where it was when it was saved. */
export function boot(io: Io, kernels: readonly string[], raw: RawBootOptions, disks: Disks): Pc {
  const machine = started(io, kernels, raw, disks);
  disks.attach(machine);
  return machine;
}

function started(io: Io, kernels: readonly string[], raw: RawBootOptions, disks: Disks): Pc {
  if (raw.load !== undefined) return loadMachine(io, raw.load, kernels, raw);
  return raw.bios === undefined ? bootKernel(io, kernels, raw, disks) : bootFirmware(io, kernels, raw, disks);
}

function bootKernel(io: Io, kernels: readonly string[], raw: RawBootOptions, disks: Disks): Pc {
  const options = machineOptions(io, oneKernel(kernels), raw);
  return bootMachine(() => io.createMachine({ ...options, ...boardOptions(io, raw, disks) }));
}

function bootFirmware(io: Io, kernels: readonly string[], raw: RawBootOptions, disks: Disks): Pc {
  for (const [option, isGiven] of [
    ['--module', raw.module.length > 0],
    ['--protocol', raw.protocol !== undefined],
    ['--hostile', raw.hostile !== undefined],
  ] as const) {
    if (isGiven)
      throw new UsageError(
        `${option}: given with --bios, expected a KERNEL that is started without firmware`,
      );
  }
  const file = (path: string, what: string) => ({ name: path, bytes: readInput(io, path, what) });
  if (kernels.length === 0 && (raw.initrd !== undefined || raw.append !== undefined)) {
    const option = raw.initrd === undefined ? '--append' : '--initrd';
    throw new UsageError(
      `${option}: given with --bios and without KERNEL, expected the kernel that it is for`,
    );
  }
  const bios = file(raw.bios!, 'a firmware image');
  const { vgaRom, initrd, append } = raw;
  const options = {
    board: 'pc' as const,
    ...(vgaRom === undefined ? {} : { vgaRom: file(vgaRom, 'an expansion ROM') }),
    ...(kernels.length === 0 ? {} : { kernel: file(oneKernel(kernels), 'a boot image') }),
    ...(initrd === undefined ? {} : { initrd: file(initrd, 'an initrd') }),
    ...(append === undefined ? {} : { commandLine: append }),
    ...boardOptions(io, raw, disks),
    ...(raw.memory === undefined ? {} : { memory: parseMemory('--memory', raw.memory) }),
    ...(raw.cpu === undefined ? {} : { cpu: raw.cpu }),
    jit: raw.jit,
    reboot: raw.reboot,
  };
  return bootMachine(() => createFirmwareMachine({ bios, ...options }));
}

/** Errors of a bad image or processor model become usage errors; all others are the emulator's own. */
function bootMachine<M extends Pc>(create: () => M): M {
  try {
    return create();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error.name === 'CpuModelError') throw new UsageError(`--cpu: ${error.message}`);
    throw error.name === 'BootError' ? new UsageError(error.message) : error;
  }
}
