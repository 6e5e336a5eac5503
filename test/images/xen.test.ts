import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createMachine, createReport, runInLockstep } from '../support/dist.ts';

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

  test('does the same on both tiers, comparison by comparison', () => {
    const [first, second] = [true, false].map((jit) =>
      createMachine({
        kernel: { name: 'xen', bytes: new Uint8Array(readFileSync(XEN)) },
        commandLine: COMMAND_LINE,
        protocol,
        jit,
      }),
    );
    const options = { maxInstructions: 20_000_000, chunk: 4999, memoryEvery: 400 };
    expect(runInLockstep(first!, second!, options)).toBeUndefined();
  });

  test('twice the same, to the byte of the report', () => {
    const [a, b] = [boot(), boot()].map(({ machine, result }) =>
      JSON.stringify(createReport(machine, result)),
    );
    expect(a).toBe(b);
  });
});

/** Rung 4: the board with ACPI, APICs and HPET, and a module that is no kernel. */
test('Xen with zeros for a dom0 brings its processor up and refuses them, the same on both tiers and in every run', () => {
  const boot = (jit: boolean) => {
    const machine = createMachine({
      board: 'pc',
      kernel: { name: 'xen', bytes: new Uint8Array(readFileSync(XEN)) },
      modules: [{ name: 'zeros', bytes: new Uint8Array(65536) }],
      commandLine: COMMAND_LINE,
      jit,
    });
    const result = machine.run({ maxInstructions: 200_000_000 });
    for (const milestone of [
      /Platform timer is [\d.]+MHz HPET/,
      'ENABLING IO-APIC IRQs',
      'Brought up 1 CPUs',
      '*** Building a PV Dom0 ***',
      'Could not construct domain 0',
    ]) {
      machine.serial.expect(milestone);
    }
    expect(result.reason).toBe('halted');
    return JSON.stringify(createReport(machine, result));
  };
  const first = boot(true);
  expect(boot(true)).toBe(first);
  expect(boot(false)).toBe(first);
});
