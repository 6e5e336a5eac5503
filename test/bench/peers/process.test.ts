import { describe, expect, test } from 'vitest';
import { busiest, parseResult, runOnce } from '../../../bench/peers/process.ts';

const RESULT = 'bench: crc units 10 operations 65536 result 0xdf6fd768';

describe('what the guest says at the end', () => {
  test('is read with whatever the emulator says around it', () => {
    expect(parseResult(`SeaBIOS\nbench: begin\nbench: end\n${RESULT}\nPASS\n`)).toEqual({
      units: 10,
      operations: 65536,
    });
  });

  test.each([
    ['nothing', ''],
    ['an end too early', 'bench: begin\n'],
    ['a wrong result', `${RESULT}\nbench: 1 units gave something else than 0x1\nFAIL\n`],
    ['a failure', `${RESULT}\nFAIL\n`],
  ])('does not count after %s', (_, output) => {
    expect(parseResult(output)).toBeUndefined();
  });
});

test('the busiest thread is the one that worked most in between, old or new', () => {
  const before = new Map([
    ['1', 900_000],
    ['2', 100],
  ]);
  expect(busiest(before, new Map([...before, ['2', 150]]))).toBe(50);
  expect(busiest(before, new Map([['2', 150]]))).toBeUndefined();
  expect(
    busiest(
      before,
      new Map([
        ['1', 900_010],
        ['3', 70],
      ]),
    ),
  ).toBe(70);
});

describe('a run', () => {
  const script = (lines: string) => ({ program: process.execPath, args: ['-e', lines] });

  test('measures between the two lines', async () => {
    const run = await runOnce(
      script(`
        console.log('bench: begin');
        setTimeout(() => {
          console.log('bench: end');
          setTimeout(() => console.log('${RESULT}\\nPASS'), 50);
        }, 200);`),
      20,
    );
    expect(run).toMatchObject({ units: 10, operations: 65536 });
    expect(run.wall).toBeGreaterThan(0.15);
    expect(run.start).toBeGreaterThan(0);
    expect(run.resident).toBeGreaterThan(2 ** 20);
  });

  test('that ends without a result says how', async () => {
    const failing = script(`console.log('bench: begin\\nFAIL'); process.exitCode = 35;`);
    await expect(runOnce(failing, 20)).rejects.toThrow(/ended with 35: FAIL/);
  });

  test('that takes too long is ended', async () => {
    await expect(runOnce(script('setInterval(() => {}, 1000)'), 0.3)).rejects.toThrow(/a timeout/);
  });
});
