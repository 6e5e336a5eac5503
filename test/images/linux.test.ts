import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createMachine } from '../support/dist.ts';
import { GuestShell } from '../support/guest-shell.ts';

const IMAGES = join(import.meta.dirname, '../../.cache/images');
const file = (name: string) => ({ name, bytes: new Uint8Array(readFileSync(join(IMAGES, name))) });
/** What keeps the run short: no self-tests, no hardware this board lacks. KASLR stays on. */
const COMMAND_LINE = [
  'console=ttyS0 panic=-1 acpi=off pci=off noapic nolapic mitigations=off tsc=unstable reboot=k',
  'cryptomgr.notests lpj=4000000',
  'initcall_blacklist=load_system_certificate_list,dev_map_init,cubictcp_register,init_kprobe_trace,trace_eval_init,bpf_rstat_kfunc_init',
].join(' ');

const SHORT_COMMAND_LINE = [
  'console=ttyS0 panic=-1 cryptomgr.notests',
  'initcall_blacklist=load_system_certificate_list,dev_map_init,cubictcp_register,init_kprobe_trace,trace_eval_init,bpf_rstat_kfunc_init',
].join(' ');

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

/** Rungs 6 and 7: Debian's cloud kernel, as vmlinux and as packed, to a shell on the serial console. */
describe.each([
  ['vmlinux', 'pvh', undefined],
  ['bzImage', 'linux32', undefined],
  ['bzImage', 'linux64', 42],
] as const)('Linux 6.1 %s by %s', (kernel, protocol, hostile) => {
  test('boots to a shell that takes commands, and ends in poweroff', () => {
    const initrd = file('initrd.cpio');
    const machine = createMachine({
      kernel: file(kernel),
      initrd,
      board: 'isa',
      protocol,
      commandLine: COMMAND_LINE,
      ...(hostile === undefined ? {} : { hostile }),
    });
    const shell = new GuestShell(machine);
    shell.waitFor(/Linux version 6\.1\.\d+-\d+-cloud-amd64/);
    shell.waitFor('Command line: console=ttyS0');
    shell.waitFor('Run /init as init process');
    shell.waitFor('longmode-initrd: userspace is up');
    shell.waitFor('/ # ');

    expect(shell.command('cat /proc/cpuinfo')).toMatch(/^processor\t: 0$/m);
    const busybox = createHash('sha256').update(fileOfArchive(initrd.bytes, 'bin/busybox')).digest('hex');
    expect(shell.command('sha256sum /bin/busybox')).toMatch(new RegExp(`^${busybox} `, 'm'));
    expect(shell.command('dmesg | grep -c "Linux version"')).toMatch(/^1$/m);

    shell.type('poweroff -f');
    expect(shell.end()).toMatchObject({ status: 0 });
    shell.waitFor('reboot: System halted');
  });
});

/** Rung 8: the same kernel with everything it finds on the full PC. The command line is the one it cannot do without. */
describe('Linux 6.1 bzImage on the full PC', () => {
  test('finds nothing to complain about, and switches the power off by ACPI', () => {
    const machine = createMachine({
      kernel: file('bzImage'),
      initrd: file('initrd.cpio'),
      board: 'pc',
      commandLine: 'console=ttyS0',
    });
    const shell = new GuestShell(machine);
    shell.waitFor('longmode-initrd: userspace is up');
    shell.waitFor('/ # ');

    // Errors and warnings. One is about the model's vulnerabilities; the other every i440FX gets.
    const warnings = shell.command('dmesg -r | grep "^<[0-4]>"').split('\n');
    expect(warnings.filter((line) => !/RETBleed|fail to add MMCONFIG/.test(line))).toEqual([]);
    expect(machine.serial.text).not.toMatch(/MP-BIOS bug|calibration failed|Firmware Bug|unchecked MSR/);
    // By leaf 15h of CPUID, so exactly, and with no calibration.
    expect(machine.serial.text).toContain('tsc: Detected 1000.000 MHz processor');

    expect(shell.command('cat /proc/interrupts')).toMatch(/^ +0: +\d+ +IO-APIC +2-edge +timer$/m);
    expect(shell.command('grep -A1 "^ERR" /proc/interrupts')).toMatch(/^ERR: +0\s+MIS: +0$/);
    expect(shell.command('cat /proc/mtrr')).toMatch(/^reg00: base=0x0e0000000 .* size= +512MB.*uncachable$/);
    const source = '/sys/devices/system/clocksource/clocksource0';
    expect(shell.command(`cat ${source}/current_clocksource`)).toBe('tsc');
    expect(shell.command(`cat ${source}/available_clocksource`)).toMatch(/^tsc hpet acpi_pm\s*$/);

    shell.type('poweroff -f');
    expect(shell.end()).toMatchObject({ reason: 'power-off', status: 0 });
    shell.waitFor('ACPI: PM: Preparing to enter system sleep state S5');
  });
});

/** Rung 9. The command line leaves out what takes long and has nothing to do with processors. */
test('Linux 6.1 with two processors brings both up, and both work', () => {
  const machine = createMachine({
    kernel: file('vmlinux'),
    initrd: file('initrd.cpio'),
    processors: 2,
    commandLine: SHORT_COMMAND_LINE,
  });
  const shell = new GuestShell(machine);
  shell.waitFor('smp: Brought up 1 node, 2 CPUs');
  shell.waitFor('longmode-initrd: userspace is up');
  shell.waitFor('/ # ');
  expect(shell.command('nproc')).toMatch(/^2$/m);
  expect(shell.command('cat /proc/cpuinfo')).toMatch(/^processor\t: 0$[\s\S]*^processor\t: 1$/m);
  // A checksum on each, bound to it, both at once.
  const twice = shell.command('for i in 0 1; do taskset -c $i sha256sum /bin/busybox & done; wait');
  const sums = [...twice.matchAll(/^([0-9a-f]{64}) {2}\/bin\/busybox$/gm)].map((match) => match[1]);
  expect(sums).toHaveLength(2);
  expect(sums[0]).toBe(sums[1]);
  expect(shell.command('cat /proc/interrupts')).toMatch(/^ *RES: +\d+ +\d+ +Rescheduling interrupts/m);
  shell.type('poweroff -f');
  expect(shell.end()).toMatchObject({ reason: 'power-off', status: 0 });
});

test('the same boot twice is the same, instruction for instruction', () => {
  const boot = () => {
    const machine = createMachine({
      kernel: file('vmlinux'),
      initrd: file('initrd.cpio'),
      board: 'isa',
      commandLine: COMMAND_LINE,
    });
    new GuestShell(machine).waitFor('ftrace: allocating');
    return machine;
  };
  const [a, b] = [boot(), boot()];
  expect(a.instructions).toBe(b.instructions);
  expect(a.registers()).toEqual(b.registers());
  expect(a.timeline).toEqual(b.timeline);
  expect(a.serial.text).toBe(b.serial.text);
});

describe('bad input is told in one line', () => {
  const boot = (change: Parameters<typeof createMachine>[0]) => () => createMachine(change);

  test('a truncated bzImage', () => {
    const { name, bytes } = file('bzImage');
    expect(boot({ kernel: { name, bytes: bytes.subarray(0, 0x100000) } })).toThrow(
      /^bzImage: file size is 0x100000, expected setup 0x\w+ and kernel 0x\w+ bytes \(the file is cut short\)$/,
    );
  });

  test('an initrd larger than memory', () => {
    const initrd = { name: 'huge', bytes: new Uint8Array(192 << 20) };
    expect(boot({ kernel: file('bzImage'), initrd })).toThrow(
      /^huge: initrd size is 0xc000000, expected at most 0x\w+, the largest free range/,
    );
  });

  test('too little memory', () => {
    expect(boot({ kernel: file('bzImage'), memory: 32 << 20 })).toThrow(
      /^bzImage: init_size is 0x\w+, expected at most the 0x\w+ bytes free above 1 MiB/,
    );
  });
});
