import { describe, expect, test } from 'vitest';
import type { BootedMachine, MachineOptions } from '../../src/index.ts';
import { createMachine } from '../support/dist.ts';
import type { GuestShell } from '../support/guest-shell.ts';
import { COMMAND_LINES, digestOfInitrdFile, image, session } from '../support/linux-boot.ts';

type Boot = Omit<MachineOptions, 'kernel'> & { readonly kernel: string };

/** What somebody would type at every prompt. */
function commands(shell: GuestShell): void {
  expect(shell.command('cat /proc/cpuinfo')).toMatch(/^processor\t: 0$/m);
  expect(shell.command('sha256sum /bin/busybox')).toMatch(
    new RegExp(`^${digestOfInitrdFile('bin/busybox')} `, 'm'),
  );
  expect(shell.command('dmesg | grep -c "Linux version"')).toMatch(/^1$/m);
}

function commandsOfTheFullPc(shell: GuestShell, { serial }: BootedMachine): void {
  commands(shell);
  // Errors and warnings. One is about the model's vulnerabilities; the other every i440FX gets.
  const warnings = shell.command('dmesg -r | grep "^<[0-4]>"').split('\n');
  expect(warnings.filter((line) => !/RETBleed|fail to add MMCONFIG/.test(line))).toEqual([]);
  expect(serial.text).not.toMatch(/MP-BIOS bug|calibration failed|Firmware Bug|unchecked MSR/);
  // By leaf 15h of CPUID, so exactly, and with no calibration.
  expect(serial.text).toContain('tsc: Detected 1000.000 MHz processor');
  expect(serial.text).toContain('DMI: longmode PC (i440FX + PIIX), BIOS 1 01/01/2026');
  expect(serial.text).toContain('VGA device added: decodes=io+mem,owns=io+mem,');

  expect(shell.command('cat /proc/interrupts')).toMatch(/^ +0: +\d+ +IO-APIC +2-edge +timer$/m);
  expect(shell.command('grep -A1 "^ERR" /proc/interrupts')).toMatch(/^ERR: +0\s+MIS: +0$/);
  expect(shell.command('cat /proc/mtrr')).toMatch(/^reg00: base=0x0e0000000 .* size= +512MB.*uncachable$/);
  const source = '/sys/devices/system/clocksource/clocksource0';
  expect(shell.command(`cat ${source}/current_clocksource`)).toBe('tsc');
  expect(shell.command(`cat ${source}/available_clocksource`)).toMatch(/^tsc hpet acpi_pm\s*$/);
}

function commandsOfTwoProcessors(shell: GuestShell, { serial }: BootedMachine): void {
  expect(serial.text).toContain('smp: Brought up 1 node, 2 CPUs');
  expect(shell.command('nproc')).toMatch(/^2$/m);
  expect(shell.command('cat /proc/cpuinfo')).toMatch(/^processor\t: 0$[\s\S]*^processor\t: 1$/m);
  // A checksum on each, bound to it, both at once.
  const twice = shell.command('for i in 0 1; do taskset -c $i sha256sum /bin/busybox & done; wait');
  const sums = [...twice.matchAll(/^([0-9a-f]{64}) {2}\/bin\/busybox$/gm)].map((match) => match[1]);
  expect(sums).toEqual(new Array(2).fill(digestOfInitrdFile('bin/busybox')));
  expect(shell.command('cat /proc/interrupts')).toMatch(/^ *RES: +\d+ +\d+ +Rescheduling interrupts/m);
}

/** How each board ends `poweroff -f`. */
const HALTED = 'reboot: System halted';
const POWERED_OFF = 'ACPI: PM: Preparing to enter system sleep state S5';

// biome-ignore format: a table.
const BOOTS: readonly (readonly [
  name: string, options: Boot, use: (shell: GuestShell, machine: BootedMachine) => void, last: string,
])[] = [
  ['vmlinux by PVH on isa', { kernel: 'vmlinux', board: 'isa', protocol: 'pvh', commandLine: COMMAND_LINES.isa },
   commands, HALTED],
  ['bzImage by linux32 on isa', { kernel: 'bzImage', board: 'isa', protocol: 'linux32', commandLine: COMMAND_LINES.isa },
   commands, HALTED],
  ['bzImage by linux64 on isa, hostile',
   { kernel: 'bzImage', board: 'isa', protocol: 'linux64', hostile: 42, commandLine: COMMAND_LINES.isa },
   commands, HALTED],
  ['vmlinux by PVH on pc', { kernel: 'vmlinux', protocol: 'pvh', commandLine: COMMAND_LINES.short },
   commands, POWERED_OFF],
  ['bzImage on pc, with the command line it cannot do without', { kernel: 'bzImage', commandLine: COMMAND_LINES.full },
   commandsOfTheFullPc, POWERED_OFF],
  ['vmlinux with two processors', { kernel: 'vmlinux', processors: 2, commandLine: COMMAND_LINES.short },
   commandsOfTwoProcessors, POWERED_OFF],
];

/** Rungs 6 to 9: Debian's cloud kernel to a shell on the serial console and to its end, on the compiled tier. */
describe.each(BOOTS)('Linux 6.1 %s', (_name, options, use, last) => {
  test('boots to a shell that takes commands, ends in poweroff, and does so twice to the byte', () => {
    const first = session(options, use);
    expect(first.serial).toContain(last);
    const second = session(options, use);
    expect(second.serial).toBe(first.serial);
    expect(second.report).toBe(first.report);
  });
});

describe('on the interpreter', () => {
  test('Linux comes to the same end as on the compiled tier, to the byte of the report', () => {
    const options = BOOTS[0]![1];
    const [interpreted, compiled] = [false, true].map((jit) => session({ ...options, jit }, commands));
    expect(interpreted!.serial).toBe(compiled!.serial);
    expect(interpreted!.report).toBe(compiled!.report);
  });
});

describe('bad input is told in one line', () => {
  const boot = (change: MachineOptions) => () => createMachine(change);

  test('a truncated bzImage', () => {
    const { name, bytes } = image('bzImage');
    expect(boot({ kernel: { name, bytes: bytes.subarray(0, 0x100000) } })).toThrow(
      /^bzImage: file size is 0x100000, expected setup 0x\w+ and kernel 0x\w+ bytes \(the file is cut short\)$/,
    );
  });

  test('an initrd larger than memory', () => {
    const initrd = { name: 'huge', bytes: new Uint8Array(192 << 20) };
    expect(boot({ kernel: image('bzImage'), initrd })).toThrow(
      /^huge: initrd size is 0xc000000, expected at most 0x\w+, the largest free range/,
    );
  });

  test('too little memory', () => {
    expect(boot({ kernel: image('bzImage'), memory: 32 << 20 })).toThrow(
      /^bzImage: init_size is 0x\w+, expected at most the 0x\w+ bytes free above 1 MiB/,
    );
  });
});
