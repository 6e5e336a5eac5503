import { describe, expect, test } from 'vitest';
import { createMachine, createReport, type GuestCase, guestCases, guestOptions } from '../support/dist.ts';

const LIMIT = 20_000_000;

function run(guest: GuestCase, jit: boolean) {
  const machine = createMachine({ ...guestOptions(guest), jit });
  const result = machine.run({ maxInstructions: LIMIT });
  return { report: createReport(machine, result), serial: machine.serial.text };
}

describe.each(guestCases())('guest $name', (guest) => {
  test('ends the same with and without compiled code, after the same number of instructions', () => {
    expect(run(guest, true)).toEqual(run(guest, false));
  });
});
