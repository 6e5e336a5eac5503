import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Processor, Programs, RawRun } from './reference.ts';

/** QEMU that says nothing for so long does not start; a scenario that says nothing for so long is endless. */
const START_MS = 10_000;
const SILENCE_MS = 2_000;
const WATCH_MS = 250;

const QEMU_CPU = 'max,vendor=GenuineIntel,-xsaves,-xsavec';

/** The command line that loads RAM and starts our firmware; port E9 goes to `out`. */
export function qemuWords(
  programs: Programs,
  load: readonly (readonly [number, Uint8Array])[],
  out: string,
): string[] {
  const { folder } = programs;
  const words = [
    '-machine',
    'pc,accel=tcg',
    '-cpu',
    QEMU_CPU,
    '-m',
    '64',
    '-display',
    'none',
    '-nodefaults',
    '-no-reboot',
  ];
  words.push('-bios', join(folder, 'rom.bin'), '-device', 'isa-debug-exit,iobase=0xf4,iosize=4');
  words.push('-chardev', `file,id=out,path=${out}`, '-device', 'isa-debugcon,iobase=0xe9,chardev=out');
  for (const [n, [address, bytes]] of load.entries()) {
    const path = join(folder, `ram${n}.bin`);
    writeFileSync(path, bytes);
    words.push('-device', `loader,file=${path},addr=0x${address.toString(16)},force-raw=on`);
  }
  return words;
}

/** QEMU's TCG. The image is loaded raw, the firmware is ours; port E9 goes to a file. */
export class Qemu implements Processor {
  readonly name = 'QEMU';

  async run(programs: Programs, load: readonly (readonly [number, Uint8Array])[]): Promise<RawRun> {
    const { folder } = programs;
    const out = join(folder, 'qemu.out');
    rmSync(out, { force: true });
    writeFileSync(join(folder, 'rom.bin'), programs.rom);
    const words = qemuWords(programs, load, out);
    const child = spawn('qemu-system-x86_64', words, { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    const size = () => (existsSync(out) ? statSync(out).size : 0);
    let last = 0;
    let since = Date.now();
    let hang = false;
    const watch = setInterval(() => {
      const now = size();
      if (now !== last) since = Date.now();
      else if (Date.now() - since > (now === 0 ? START_MS : SILENCE_MS)) {
        hang = true;
        child.kill('SIGKILL');
      }
      last = now;
    }, WATCH_MS);
    const status = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    clearInterval(watch);
    const output = existsSync(out) ? new Uint8Array(readFileSync(out)) : new Uint8Array();
    // 33: the harness wrote 16 to the debug-exit port. 0: QEMU went instead of rebooting, after a triple fault.
    if (!hang && status !== 33 && status !== 0) throw new Error(`QEMU: status ${status}: ${errors}`);
    return { output, end: hang ? 'hang' : status === 33 ? 'finished' : 'shutdown', detail: errors };
  }
}
