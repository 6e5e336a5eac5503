import { describe, expect, test } from 'vitest';
import { createMachine, type GuestCase, guestCases, guestOptions } from '../support/dist.ts';

const LIMIT = 20_000_000;

function run(guest: GuestCase, jit: boolean) {
  const machine = createMachine({ ...guestOptions(guest), jit });
  const { status, reason } = machine.run({ maxInstructions: LIMIT });
  const faults = machine.faults.map(({ vector, errorCode, rip, instruction }) => [
    vector,
    errorCode,
    rip,
    instruction,
  ]);
  return {
    status,
    reason,
    instructions: machine.instructions,
    guestTime: machine.guestNanoseconds,
    registers: machine.registers(),
    serial: machine.serial.text,
    timeline: machine.timeline,
    faults,
  };
}

describe.each(guestCases())('guest $name', (guest) => {
  test('ends the same with and without compiled code, after the same number of instructions', () => {
    expect(run(guest, true)).toEqual(run(guest, false));
  });
});
