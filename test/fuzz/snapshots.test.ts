import { describe, expect, test } from 'vitest';
import { differences } from '../support/differences.ts';
import { Snapshot } from '../support/dist.ts';
import { freshSeed } from '../support/fresh-seed.ts';
import { FUZZ_MODES, FuzzMachine, planOf } from '../support/fuzz-machine.ts';
import { isSame, randomFrom } from '../support/snapshots.ts';

/**
 * Random code in every mode that changes machines every few thousand steps: a snapshot of one is restored in another, which
 * has run something else before and has the other tier. At each change everything must be as in the machine that runs the
 * same code alone. FUZZ_SECONDS of processor time for each mode, 10 when not given; FUZZ_SEED for one seed.
 */
const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 10);
const CHANGES = 6;
const STEPS = 6000;

function runSeed(seed: number, mode: (typeof FUZZ_MODES)[number]): number {
  const plan = planOf(seed, mode);
  const random = randomFrom(seed);
  const alone = new FuzzMachine(plan).machine;
  let hopping = new FuzzMachine(plan).machine;
  let other = new FuzzMachine({ ...plan, jit: !plan.jit }).machine;
  other.run({ maxInstructions: 3000 });
  for (let i = 0; i < CHANGES && !alone.exit; i++) {
    const maxInstructions = 1 + Math.floor(random() * STEPS);
    const results = [alone.run({ maxInstructions }), hopping.run({ maxInstructions })];
    const where = `${JSON.stringify(plan)}, step ${alone.processor.steps()}`;
    expect(results[1], where).toEqual(results[0]);
    const [expected, bytes] = [alone.snapshot().toBytes(), hopping.snapshot().toBytes()];
    if (!isSame(bytes, expected)) {
      const [is, was] = [bytes, expected].map((b) => Snapshot.fromBytes(b).contents);
      expect(differences(is, was), where).toEqual([]);
    }
    other.restore(Snapshot.fromBytes(bytes));
    [hopping, other] = [other, hopping];
  }
  return alone.processor.steps();
}

describe.each(FUZZ_MODES)('random code in %s mode', (mode) => {
  test.each([
    ['a fixed seed', 0x5eed],
    ['a fresh seed', Number(process.env['FUZZ_SEED'] ?? freshSeed())],
  ])('goes on alike in another machine: %s', (_, firstSeed) => {
    const started = process.cpuUsage();
    const used = () => {
      const { user, system } = process.cpuUsage(started);
      return (user + system) / 1e6;
    };
    let seed = firstSeed;
    let steps = 0;
    while (used() < SECONDS / 2) steps += runSeed(seed++, mode);
    console.log(`${mode}: seeds ${firstSeed} to ${seed - 1}, ${steps} steps, ${used().toFixed(0)} s`);
    expect(steps).toBeGreaterThan(0);
  });
});
