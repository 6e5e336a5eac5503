import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Processor, Programs, RawRun } from './reference.ts';

/** Bochs that says nothing for so long does not start; a scenario that says nothing for so long is endless. */
const START_MS = 10_000;
const SILENCE_MS = 3_000;
const WATCH_MS = 250;
const MAGIC = Buffer.from('1RES');
const END = Buffer.from('END!');

/** Bochs keeps RAM in blocks of this size, and an image must not reach from one into the next; it takes four images. */
const BLOCK = 0x20000;
const MOST_IMAGES = 4;

function blocks(load: readonly (readonly [number, Uint8Array])[]): [address: number, bytes: Uint8Array][] {
  const found = new Map<number, Uint8Array>();
  for (const [address, bytes] of load) {
    for (let at = 0; at < bytes.length; ) {
      const start = Math.floor((address + at) / BLOCK) * BLOCK;
      const block = found.get(start) ?? new Uint8Array(BLOCK);
      found.set(start, block);
      const offset = address + at - start;
      block.set(bytes.subarray(at, at + BLOCK - offset), offset);
      at += BLOCK - offset;
    }
  }
  if (found.size > MOST_IMAGES)
    throw new Error(`Bochs: the scenarios need ${found.size} images, and there are ${MOST_IMAGES}`);
  return [...found];
}

/** Bochs. Its port E9 writes to standard output, mixed with what Bochs itself has to say. */
export class Bochs implements Processor {
  readonly name = 'Bochs';

  async run(programs: Programs, load: readonly (readonly [number, Uint8Array])[]): Promise<RawRun> {
    const { folder } = programs;
    writeFileSync(join(folder, 'rom.bin'), programs.rom);
    const lines = [
      `romimage: file=${join(folder, 'rom.bin')}, address=0xffff0000`,
      'memory: guest=64, host=64',
      'cpu: model=corei7_icelake_u, count=1, ips=100000000, reset_on_triple_fault=0',
      'display_library: rfb, options="timeout=0"',
      'port_e9_hack: enabled=1',
      'clock: sync=none',
      `log: ${join(folder, 'bochs.log')}`,
      'panic: action=fatal',
      'error: action=ignore',
      'info: action=ignore',
      'debug: action=ignore',
      // Debian's Bochs dies in ALSA where there is no sound card.
      'sound: waveoutdrv=dummy, waveindrv=dummy, midioutdrv=dummy',
      'speaker: enabled=0',
      'magic_break: enabled=0',
    ];
    for (const [n, [address, bytes]] of blocks(load).entries()) {
      const path = join(folder, `bochs-ram${n}.bin`);
      writeFileSync(path, bytes);
      lines.push(`optramimage${n + 1}: file=${path}, address=0x${address.toString(16)}`);
    }
    const config = join(folder, 'bochsrc');
    writeFileSync(config, `${lines.join('\n')}\n`);
    // Debian's Bochs has the debugger built in, and waits for its command.
    const commands = join(folder, 'bochs.rc');
    writeFileSync(commands, 'c\nquit\n');
    const child = spawn('bochs', ['-q', '-f', config, '-rc', commands], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const parts: Buffer[] = [];
    let errors = '';
    let size = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      parts.push(chunk);
      size += chunk.length;
    });
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    let last = 0;
    let since = Date.now();
    let hang = false;
    const watch = setInterval(() => {
      if (size !== last) since = Date.now();
      else if (Date.now() - since > (size === 0 ? START_MS : SILENCE_MS)) {
        hang = true;
        child.kill('SIGKILL');
      }
      last = size;
    }, WATCH_MS);
    await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    clearInterval(watch);
    const all = Buffer.concat(parts);
    const first = all.indexOf(MAGIC);
    const end = all.lastIndexOf(END);
    const output = first < 0 ? new Uint8Array() : new Uint8Array(all.subarray(first));
    const finished = end >= 0;
    return {
      output,
      end: finished ? 'finished' : hang ? 'hang' : 'shutdown',
      detail: `${errors.slice(-500)} ${all.subarray(0, 3000).toString('latin1')}`,
    };
  }
}
