/** Rung 10: Xen with Linux as its dom0, to a shell on Xen's serial console and to S5 by way of both. */
import { expect, test } from 'vitest';
import { createMachine, createReport } from '../support/dist.ts';
import { GuestShell } from '../support/guest-shell.ts';
import { COMMAND_LINES, digestOfInitrdFile, image } from '../support/linux-boot.ts';

function boot(): { report: string; serial: string } {
  const machine = createMachine({
    kernel: image('xen'),
    commandLine: 'com1=115200,8n1 console=com1 loglvl=all guest_loglvl=all noreboot dom0_mem=768M',
    modules: [
      { ...image('vmlinux-generic'), commandLine: COMMAND_LINES.short.replace('ttyS0', 'hvc0') },
      image('initrd.cpio'),
    ],
    memory: 1 << 30,
    jit: true,
  });
  const shell = new GuestShell(machine);
  shell.waitFor(/\(XEN\) Xen version 4\.17/);
  shell.waitFor('*** Building a PV Dom0 ***');
  shell.waitFor(/Linux version 6\.1\.\d+-\d+-amd64/);
  shell.waitFor('longmode-initrd: userspace is up');
  shell.waitFor('/ # ');
  expect(shell.command('cat /sys/hypervisor/type')).toBe('xen');
  expect(shell.command('sha256sum /bin/busybox')).toContain(digestOfInitrdFile('bin/busybox'));
  expect(machine.serial.text).not.toMatch(/Call Trace|Hardware Dom0 crashed|general protection/);
  shell.type('poweroff -f');
  const result = shell.end();
  shell.waitFor('(XEN) Entering ACPI S5 state.');
  expect(result).toMatchObject({ reason: 'power-off', status: 0 });
  return { report: JSON.stringify(createReport(machine, result)), serial: machine.serial.text };
}

test('Xen starts Linux as dom0, whose shell takes commands and switches the power off, twice to the byte', () => {
  const first = boot();
  const second = boot();
  expect(second.serial).toBe(first.serial);
  expect(second.report).toBe(first.report);
});
