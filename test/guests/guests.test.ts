import { describe, expect, test } from 'vitest';
import { createMachine, type GuestCase, guestCases, guestOptions } from '../support/dist.ts';

/** Far beyond what any guest needs; only the one that spins for ever reaches it. */
const LIMIT = 60_000_000;

function run(guest: GuestCase) {
  const machine = createMachine(guestOptions(guest));
  const result = machine.run({ maxInstructions: LIMIT });
  return { machine, result, serial: machine.serial.text.replaceAll('\r', '') };
}

describe.each(guestCases())('guest $name', (guest) => {
  test(`${guest.proves}`, () => {
    const { result, serial } = run(guest);
    for (const text of guest.expect.serialContains) expect(serial).toContain(text);
    const lines = serial.trimEnd().split('\n');
    if (guest.expect.lastLines.length > 0) {
      expect(lines.slice(-guest.expect.lastLines.length)).toEqual(guest.expect.lastLines);
    }
    expect(serial).not.toContain('tolerated');
    expect([result.status, result.detail]).toEqual([guest.expect.status, result.detail]);
  });
});
