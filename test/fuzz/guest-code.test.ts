import { describe, expect, test } from 'vitest';
import { freshSeed } from '../support/fresh-seed.ts';
import { FUZZ_MODES, FuzzMachine, planOf } from '../support/fuzz-machine.ts';

/**
 * Random code in every mode, at both privileges, on both tiers and boards: whatever a guest executes, nothing of ours is
 * thrown and nothing hangs. FUZZ_SECONDS of processor time for each mode, 20 when not given; FUZZ_SEED for one seed.
 * `FUZZ_SECONDS=600 npm run test:fuzz -- -t 'random code'` takes ten minutes of processor time for every mode.
 */
const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 20);
const STEPS = 30_000;
/** Host seconds for a second of processor time, on a machine that is busy with other things. */
const SLOWDOWN = 20;
/** Rounds of fresh code on one machine. */
const ROUNDS = 12;
/** Guest seconds after which a processor that has halted, with timers that do not wake it, has been idle for long enough. */
const IDLE = 2;
/** Host seconds in which so few steps are surely done. */
const PATIENCE = 120;

interface Tally {
  runs: number;
  steps: number;
  readonly ways: Map<string, number>;
  readonly ends: Map<string, number>;
  regions: number;
}

const count = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1);
const told = (map: Map<string, number>) => [...map].map(([key, n]) => `${key} ${n}`).join(', ');

function runSeed(seed: number, mode: (typeof FUZZ_MODES)[number], tally: Tally): void {
  const plan = planOf(seed, mode);
  const fuzz = new FuzzMachine(plan);
  const { machine } = fuzz;
  const text = JSON.stringify(plan);
  count(tally.ways, `cpl ${plan.cpl}`);
  count(tally.ways, plan.jit ? 'both tiers' : 'interpreter');
  count(tally.ways, plan.board);
  for (let round = 0; round < ROUNDS; round++) {
    if (round > 0) fuzz.refresh();
    const before = machine.instructions;
    const result = machine.run({ maxInstructions: STEPS, timeout: IDLE, wallTimeout: PATIENCE });
    tally.runs++;
    tally.steps += machine.instructions - before;
    count(tally.ends, result.reason);
    expect(['internal-error', 'unimplemented'], `${text}, round ${round}: ${result.detail}`).not.toContain(
      result.reason,
    );
    expect(result.detail, `${text}, round ${round}`).not.toContain('host time');
    if (result.reason !== 'limit') break;
  }
  const tier = machine.processor.blocks.listener as unknown as { cache?: { compiled: number } } | undefined;
  tally.regions += tier?.cache?.compiled ?? 0;
}

describe.each(FUZZ_MODES)('random code in %s mode', (mode) => {
  test.each([
    ['a fixed seed', 0x5eed],
    ['a fresh seed', Number(process.env['FUZZ_SEED'] ?? freshSeed())],
  ])('never gets out: %s', { timeout: (60 + SECONDS * SLOWDOWN) * 1000 }, (_, firstSeed) => {
    const started = process.cpuUsage();
    const used = () => {
      const { user, system } = process.cpuUsage(started);
      return (user + system) / 1e6;
    };
    const tally: Tally = { runs: 0, steps: 0, ways: new Map(), ends: new Map(), regions: 0 };
    let seed = firstSeed;
    while (used() < SECONDS / 2) runSeed(seed++, mode, tally);
    console.log(
      `${mode}: seeds ${firstSeed} to ${seed - 1}, ${tally.runs} programs, ${tally.steps} instructions, ` +
        `${tally.regions} regions compiled, ${used().toFixed(1)} s of processor time; ${told(tally.ways)}; ${told(tally.ends)}`,
    );
    expect(tally.runs).toBeGreaterThan(5);
  });
});
