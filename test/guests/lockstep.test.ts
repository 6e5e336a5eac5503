import { expect, test } from 'vitest';
import { createMachine, guestCases, guestOptions, runInLockstep } from '../support/dist.ts';

const LIMIT = 20_000_000;
const CHUNK = 4999;

test.each(guestCases())('guest $name: both tiers are alike at every comparison', (guest) => {
  const [first, second] = [true, false].map((jit) => createMachine({ ...guestOptions(guest), jit }));
  const options = { maxInstructions: LIMIT, chunk: CHUNK, memoryEvery: 1000 };
  expect(runInLockstep(first!, second!, options)).toBeUndefined();
});
