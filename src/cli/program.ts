/** The command line: what the user typed becomes a call, and whatever happens becomes an exit status. */
import { Command, CommanderError } from 'commander';
import { addBootOptions } from './boot-options.ts';
import { inspect, type RawInspectOptions } from './inspect.ts';
import type { Io } from './io.ts';
import { type RawRunOptions, run } from './run.ts';
import { UsageError } from './usage-error.ts';

const STATUS_USAGE = 2;
const STATUS_UNIMPLEMENTED = 6;
const STATUS_INTERNAL = 8;

const EXIT_STATUSES = `
Exit status: (V << 1) | 1 when the guest writes V to port 0xF4; 0 powered off, or halted for good; 2 bad input or
usage; 4 triple fault; 6 not implemented; 8 internal error; 124 a limit was reached.`;

/** Runs one command line (without the name of the program) and answers the exit status. Never throws. */
export async function main(argv: readonly string[], io: Io, version: string): Promise<number> {
  let status = 0;
  const program = createProgram(io, version, (value) => {
    status = value;
  });
  try {
    await program.parseAsync(withSeeds(argv), { from: 'user' });
    return status & 0xff;
  } catch (error) {
    return failure(io, error);
  }
}

function createProgram(io: Io, version: string, finish: (status: number) => void): Command {
  const program = new Command('longmode')
    .description('Boots x86-64 images and explains what the boot code did.')
    .version(version, '-V, --version', 'print the version')
    .addHelpText('after', EXIT_STATUSES)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: () => undefined, // One line is written where the error is caught.
    });
  const add = (name: string, description: string): Command =>
    program.command(name).description(description).exitOverride().copyInheritedSettings(program);
  addBootOptions(add('run', 'boot an image headlessly'))
    .argument('[KERNEL...]', 'the boot image')
    .option('--until <SYMBOL|ADDRESS|MODE|serial:TEXT>', 'stop at a point')
    .option('--save <FILE>', 'write a snapshot of the machine when the run ends or stops')
    .option('--summary', 'tell what the boot did, on standard error')
    .option('--success-status <N>', 'exit with 0 when the guest ends the run with this status')
    .option(
      '--lockstep',
      'run compiled code and the interpreter side by side, up to the first difference (slow)',
    )
    .option('--trace <FILE>', 'write every instruction to a file (slow)')
    .option(
      '--screen <WHERE>',
      'show the display at the end of the run: text (on standard error) or png:FILE',
    )
    .option(
      '--clock <WHICH>',
      "virtual: every run alike; host: the guest's time follows the host's, and COM1 reads standard input",
      'virtual',
    )
    .option(
      '--input <MODE>',
      'with --clock host: raw or line (default: raw on a terminal, where Ctrl-A h helps)',
    )
    .action(async (kernels: string[], options: RawRunOptions) => finish(await run(io, kernels, options)));
  addBootOptions(add('inspect', 'boot to a point, then print mappings, modes and descriptors'))
    .argument('[KERNEL...]', 'the boot image')
    .option('--until <SYMBOL|ADDRESS|MODE|serial:TEXT>', 'the point (default: the end of the run)')
    .option(
      '--explain <ADDRESS>',
      'show the page walk of a linear address; repeatable',
      (a, list: string[]) => [...list, a],
      [],
    )
    .action(async (kernels: string[], options: RawInspectOptions) =>
      finish(await inspect(io, kernels, options)),
    );
  for (const [name, description, instead] of [
    ['bench', 'translation throughput by page size', '; in a checkout, npm run bench measures it'],
    ['tlb', 'the TLB laboratory', ''],
  ] as const) {
    add(name, `${description} (not implemented yet)`)
      .argument('[ARGUMENT...]')
      .allowUnknownOption()
      .action(() => {
        io.stderr.write(`longmode: ${name} is not implemented yet${instead}\n`);
        finish(STATUS_UNIMPLEMENTED);
      });
  }
  return program;
}

/** `--hostile KERNEL` must not take the kernel for a seed, as an optional value of commander would. */
function withSeeds(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  return argv.map((argument, i) => {
    if (argument !== '--hostile' || (end >= 0 && i > end)) return argument;
    return /^(\d+|0x[0-9a-f]+)$/i.test(argv[i + 1] ?? '') ? argument : '--hostile=1';
  });
}

function failure(io: Io, error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0; // --help and --version.
    if (error.code === 'commander.help') {
      io.stderr.write(
        'longmode: COMMAND is missing, expected run, inspect, bench or tlb (longmode --help tells more)\n',
      );
    } else {
      const expected =
        error.code === 'commander.unknownCommand' ? ', expected run, inspect, bench or tlb' : '';
      io.stderr.write(`longmode: ${oneLine(error.message.replace(/^error: /, ''))}${expected}\n`);
    }
    return STATUS_USAGE;
  }
  if (error instanceof UsageError) {
    io.stderr.write(`longmode: ${oneLine(error.message)}\n`);
    return STATUS_USAGE;
  }
  const message = error instanceof Error ? error.message : String(error);
  const stack = io.debug && error instanceof Error ? `\n${error.stack}` : '';
  io.stderr.write(`longmode: internal error: ${oneLine(message)}${stack}\n`);
  return STATUS_INTERNAL;
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ');
}
