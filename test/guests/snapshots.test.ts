import { expect, test } from 'vitest';
import { guestCases, resumeMachine } from '../support/dist.ts';
import { freshSeed } from '../support/fresh-seed.ts';
import { finish, guestMachine, hop, randomFrom, throughFile } from '../support/snapshots.ts';

const LIMIT = 20_000_000;
const SEED = Number(process.env['SNAPSHOT_SEED'] ?? freshSeed());
const POINTS = Number(process.env['SNAPSHOT_POINTS'] ?? 4);

/** Every guest, saved at random points on either tier and loaded on either. The seed stands in the names. */
test.each(guestCases())(`seed ${SEED}: $name ends the same from any point`, (guest) => {
  const random = randomFrom(SEED + guest.name.length);
  const isEven = () => random() < 0.5;
  const straight = guestMachine(guest, true);
  const whole = finish(straight, LIMIT);
  const total = straight.processor.steps();

  for (let i = 0; i < POINTS; i++) {
    const at = 1 + Math.floor(random() * (total - 1));
    const machine = guestMachine(guest, isEven());
    machine.run({ maxInstructions: at });
    const snapshot = machine.snapshot();
    const from = isEven() ? throughFile(snapshot) : snapshot;
    expect(finish(resumeMachine(from, { jit: isEven() }), LIMIT), `from step ${at}`).toEqual(whole);
    expect(finish(machine, LIMIT), `saved at step ${at}`).toEqual(whole);
    machine.restore(snapshot);
    expect(finish(machine, LIMIT), `gone back to step ${at}`).toEqual(whole);
  }

  const pieces = Array.from({ length: 2 * POINTS }, () => 1 + Math.floor((random() * total) / POINTS));
  expect(hop(guest, pieces, isEven), 'the step at which a run in pieces is another').toBeUndefined();
});
