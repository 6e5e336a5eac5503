import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createMachine } from '../support/dist.ts';

const XEN = join(import.meta.dirname, '../../.cache/images/xen');
const COMMAND_LINE = 'com1=115200,8n1 console=com1 loglvl=all noreboot';

/** Rung 2: the hypervisor of Debian's package, unmodified and without a dom0. */
describe.each(['multiboot1', 'multiboot2'] as const)('Xen by %s', (protocol) => {
  const boot = (more: { hostile?: number } = {}) => {
    const machine = createMachine({
      kernel: { name: 'xen', bytes: new Uint8Array(readFileSync(XEN)) },
      commandLine: COMMAND_LINE,
      protocol,
      ...more,
    });
    return { machine, result: machine.run({ maxInstructions: 20_000_000 }) };
  };

  test('prints its boot log up to the missing dom0', () => {
    const { machine, result } = boot();
    const { serial } = machine;
    serial.expect(/\(XEN\) Xen version 4\.17/);
    serial.expect(`(XEN) Command line: ${COMMAND_LINE}`);
    serial.expect('(XEN) Panic on CPU 0:');
    serial.expect('dom0 kernel not specified');
    expect(result.reason).toBe('halted');
    expect(result.status).toBe(0);
  });

  test('and does so with everything undefined filled with garbage', () => {
    boot({ hostile: 42 }).machine.serial.expect('dom0 kernel not specified');
  });

  test('twice the same, instruction for instruction', () => {
    const [a, b] = [boot(), boot()];
    expect(a.machine.instructions).toBe(b.machine.instructions);
    expect(a.machine.registers()).toEqual(b.machine.registers());
    expect(a.machine.timeline).toEqual(b.machine.timeline);
  });
});
