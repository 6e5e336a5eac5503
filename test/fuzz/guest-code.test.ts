import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createMachine, guestFile } from '../support/dist.ts';

/**
 * Random bytes as guest code, in every mode: whatever a guest executes, nothing of ours is thrown and nothing hangs.
 * Seconds for each mode: FUZZ_SECONDS, 20 when not given. The seed of a failure is in its message.
 */
const SECONDS = Number(process.env.FUZZ_SECONDS ?? 20);
const STEPS = 4000;
const CODE_BYTES = 4096;

/** Where the modes guest says that it is in a mode; RIP is then somewhere in that mode's code. */
const MODES = ['real', 'protected16', 'protected32', 'virtual-8086', 'compatibility32', '64-bit'] as const;

function* garbage(seed: number): Generator<number, never> {
  let x = seed | 1;
  for (;;) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    yield x >>> 0;
  }
}

function inMode(mode: (typeof MODES)[number]) {
  const kernel = { name: 'modes.elf', bytes: guestFile(join('bin', 'modes', 'modes.elf')) };
  const machine = createMachine({ kernel, memory: 2 * 1024 * 1024 });
  machine.runUntil({ mode }, { maxInstructions: 1_000_000 });
  expect(machine.mode).toBe(mode);
  return machine;
}

describe.each(MODES)('random code in %s mode', (mode) => {
  test.each([
    ['a fixed seed', 0x5eed],
    ['a fresh seed', Date.now() | 0],
  ])('never gets out: %s', (_, firstSeed) => {
    const end = performance.now() + (SECONDS / 2) * 1000;
    let runs = 0;
    for (let seed = firstSeed; performance.now() < end; seed++) {
      const machine = inMode(mode);
      const random = garbage(Math.imul(seed, 0x9e3779b1));
      const registers = machine.registers();
      const base = Number(BigInt(registers.segments['cs']!.base));
      const linear = (base + Number(BigInt(registers.rip))) >>> 0;
      const physical = machine.translate(linear).physical;
      expect(physical, `seed ${seed}`).toBeDefined();
      const bytes = Uint8Array.from({ length: CODE_BYTES }, () => random.next().value);
      machine.space.load(Math.min(physical!, machine.memory - CODE_BYTES), bytes);
      for (let i = 0; i < 16; i++) if (i !== 4) machine.state.gpr32[i * 2] = random.next().value & 0x1fffff;
      const result = machine.run({ maxInstructions: STEPS, wallTimeout: 20 });
      expect(['internal-error'], `seed ${seed}: ${result.detail}`).not.toContain(result.reason);
      expect(result.detail, `seed ${seed}`).not.toContain('host time');
      runs++;
    }
    expect(runs).toBeGreaterThan(10);
  });
});
