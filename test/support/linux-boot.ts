/** Debian's kernel and the initrd of `scripts/fetch-linux.mjs`, from power-on to power-off. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { BootedMachine, MachineOptions } from '../../src/index.ts';
import { createMachine, createReport } from './dist.ts';
import { GuestShell } from './guest-shell.ts';

const IMAGES = join(import.meta.dirname, '../../.cache/images');
export const image = (name: string) => ({ name, bytes: new Uint8Array(readFileSync(join(IMAGES, name))) });

/** No self-tests, and nothing started that takes long and has to do with no hardware. KASLR stays on. */
const SHORT = [
  'console=ttyS0 panic=-1 cryptomgr.notests',
  'initcall_blacklist=load_system_certificate_list,dev_map_init,cubictcp_register,init_kprobe_trace,trace_eval_init,bpf_rstat_kfunc_init',
].join(' ');
export const COMMAND_LINES = {
  short: SHORT,
  /** For the board `isa`: what it does not have. */
  isa: `${SHORT} acpi=off pci=off noapic nolapic mitigations=off tsc=unstable reboot=k lpj=4000000`,
  /** What the kernel cannot do without. */
  full: 'console=ttyS0',
};

/** The initrd, and behind it the modules and `load-modules`. */
export function initrdWithModules(): { name: string; bytes: Uint8Array } {
  const parts = [image('initrd.cpio').bytes, image('modules.cpio').bytes];
  return { name: 'initrd and modules', bytes: Uint8Array.from(Buffer.concat(parts)) };
}

/** Everything a run says of itself, for comparison byte by byte. */
export interface Session {
  readonly report: string;
  readonly serial: string;
}

/**
 * Boots to the shell, hands it to `use`, and switches off.
 * @throws when a milestone does not appear, or the run ends with another status than 0
 */
export function session(
  options: Omit<MachineOptions, 'kernel'> & { readonly kernel: string },
  use: (shell: GuestShell, machine: BootedMachine) => void,
): Session {
  const machine = createMachine({
    jit: true,
    initrd: image('initrd.cpio'),
    ...options,
    kernel: image(options.kernel),
  });
  const shell = new GuestShell(machine);
  shell.waitFor(/Linux version 6\.1\.\d+-\d+-cloud-amd64/);
  shell.waitFor('Command line: console=ttyS0');
  shell.waitFor('Run /init as init process');
  shell.waitFor('longmode-initrd: userspace is up');
  shell.waitFor('/ # ');
  use(shell, machine);
  shell.type('poweroff -f');
  const result = shell.end();
  expect(result).toMatchObject({ status: 0 });
  return { report: JSON.stringify(createReport(machine, result)), serial: machine.serial.text };
}

/** The SHA-256 of a file of the initrd, as sha256sum prints it. */
export function digestOfInitrdFile(name: string): string {
  return createHash('sha256').update(fileOfInitrd(name)).digest('hex');
}

export function fileOfInitrd(name: string): Uint8Array {
  return fileOfArchive(image('initrd.cpio').bytes, name);
}

/** The bytes of a file in a cpio archive of the newc format. */
function fileOfArchive(archive: Uint8Array, wanted: string): Uint8Array {
  const text = new TextDecoder('latin1');
  for (let at = 0; ; ) {
    const field = (i: number) =>
      Number.parseInt(text.decode(archive.subarray(at + 6 + i * 8, at + 14 + i * 8)), 16);
    const [size, nameSize] = [field(6), field(11)];
    const name = text.decode(archive.subarray(at + 110, at + 110 + nameSize - 1));
    const data = Math.ceil((at + 110 + nameSize) / 4) * 4;
    if (name === wanted) return archive.subarray(data, data + size);
    if (name === 'TRAILER!!!' || !(size >= 0)) throw new Error(`the archive holds no ${wanted}`);
    at = Math.ceil((data + size) / 4) * 4;
  }
}
