/** How each emulator is told to run one workload. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from './process.ts';
import type { Workload } from './workloads.ts';

export interface Emulator {
  /** What `--peers` and the columns call it. */
  readonly name: string;
  readonly version: string;
  /** It interprets, and is given fewer units. */
  readonly slow: boolean;
  /** It runs the 32-bit image. */
  readonly narrow: boolean;
  command(workload: Workload, units: number): Command;
}

export interface Places {
  /** The repository. */
  readonly root: string;
  /** What is made or installed for this benchmark alone. */
  readonly cache: string;
}

/** The first line of what a tool says of itself. */
function versionOf(program: string, args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split(
    '\n',
  )[0]!;
}

/** The guest lingers after its last line, so that its process is still there to be looked at. */
const appended = (workload: Workload, units: number, linger = '5M') =>
  `${workload.options} n=${units} linger=${linger}`;

export function longmode(
  places: Places,
  options: { name: string; interpreter?: boolean; narrow?: boolean },
): Emulator {
  const image = join(places.root, 'guests/bin/bench', options.narrow ? 'bench32.elf' : 'bench.elf');
  const cli = join(places.root, 'dist/cli.js');
  const line = (workload: Workload, units: number) =>
    appended(workload, units, options.interpreter ? '1M' : '5M');
  return {
    name: options.name,
    version: `node ${process.versions.node}`,
    slow: options.interpreter ?? false,
    narrow: options.narrow ?? false,
    command: (workload, units) => ({
      program: process.execPath,
      args: [
        cli,
        'run',
        ...(options.interpreter ? ['--no-jit'] : []),
        ...(workload.apic ? ['--machine', 'pc'] : []),
        ...['--memory', `${workload.mebibytes}M`, image, '--append', line(workload, units)],
      ],
    }),
  };
}

export function qemu(places: Places): Emulator {
  return {
    name: 'qemu',
    version: versionOf('qemu-system-x86_64', ['--version']),
    slow: false,
    narrow: false,
    command: (workload, units) => ({
      program: 'qemu-system-x86_64',
      args: [
        ...[
          '-accel',
          'tcg',
          '-cpu',
          'max',
          '-m',
          String(workload.mebibytes),
          '-display',
          'none',
          '-nodefaults',
        ],
        ...['-no-reboot', '-device', 'isa-debug-exit,iobase=0xf4,iosize=0x04', '-serial', 'stdio'],
        ...['-kernel', join(places.root, 'guests/bin/bench/bench.elf'), '-append', appended(workload, units)],
      ],
    }),
  };
}

/** The command line in GRUB's configuration, as wide as any that will take its place. */
const PLACE = 'bench=none'.padEnd(120, ' ');

/** One ISO for all workloads: the command line is written over in the finished image, which no checksum covers. */
function grubImage(places: Places): Buffer {
  const tree = join(places.cache, 'iso');
  mkdirSync(join(tree, 'boot/grub'), { recursive: true });
  writeFileSync(join(tree, 'boot/bench.elf'), readFileSync(join(places.root, 'guests/bin/bench/bench.elf')));
  const menu = ['set timeout=0', 'menuentry bench {', `  multiboot /boot/bench.elf ${PLACE}`, '}', ''];
  writeFileSync(join(tree, 'boot/grub/grub.cfg'), menu.join('\n'));
  const file = join(places.cache, 'bench.iso');
  const small = ['--fonts=', '--locales=', '--themes=', '--compress=no'];
  execFileSync('grub-mkrescue', [...small, '-o', file, tree], { stdio: 'ignore' });
  return readFileSync(file);
}

export function bochs(places: Places): Emulator {
  const image = grubImage(places);
  const at = image.indexOf(PLACE);
  if (at < 0) throw new Error('grub-mkrescue put no readable configuration into its image');
  const file = join(places.cache, 'bochs.iso');
  const configuration = join(places.cache, 'bochsrc');
  const start = join(places.cache, 'bochs.debugger');
  writeFileSync(start, 'continue\n'); // Debian's Bochs stops in its debugger first.
  return {
    name: 'bochs',
    version: bochsVersion(),
    slow: true,
    narrow: false,
    command(workload, units) {
      const line = appended(workload, units, '1M');
      if (line.length > PLACE.length) throw new Error(`no room for ${line}`);
      image.write(line.padEnd(PLACE.length), at, 'latin1');
      writeFileSync(file, image);
      const settings = [
        'config_interface: textconfig',
        'display_library: rfb, options="timeout=0"',
        'romimage: file=/usr/share/bochs/BIOS-bochs-latest',
        'vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest',
        'cpu: model=corei7_skylake_x, ips=100000000',
        `memory: guest=${workload.mebibytes}, host=${workload.mebibytes}`,
        'clock: sync=none',
        'ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14',
        `ata0-master: type=cdrom, path=${file}, status=inserted`,
        'boot: cdrom',
        'com1: enabled=1, mode=file, dev=/dev/stdout',
        'sound: waveoutdrv=dummy',
        'speaker: enabled=0',
        'panic: action=fatal',
        `log: ${join(places.cache, 'bochs.log')}`,
      ];
      writeFileSync(configuration, `${settings.join('\n')}\n`);
      // Bochs opens /dev/stdout by its name, which works for a pipe but not for the socket that Node gives its children.
      const piped = 'exec bochs "$@" > >(exec cat)';
      return { program: 'bash', args: ['-c', piped, 'bash', '-f', configuration, '-rc', start] };
    },
  };
}

/** Bochs says its version on standard error, in a banner, and ends with whatever status. */
function bochsVersion(): string {
  try {
    const text = execFileSync('sh', ['-c', 'bochs --help cpu 2>&1 || true'], { encoding: 'utf8' });
    return /Bochs x86 Emulator \S+/.exec(text)?.[0] ?? 'Bochs';
  } catch {
    return 'Bochs';
  }
}

export function v86(places: Places, folder: string): Emulator {
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  const runner = join(places.root, 'bench/peers/v86-run.mjs');
  const image = join(places.root, 'guests/bin/bench/bench32.elf');
  return {
    name: 'v86',
    version: `v86 ${version}`,
    slow: false,
    narrow: true,
    command: (workload, units) => ({
      program: process.execPath,
      args: [runner, folder, image, String(workload.mebibytes), appended(workload, units)],
    }),
  };
}
