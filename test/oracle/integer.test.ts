import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as add from '../../src/cpu/execute/add.ts';
import * as bcd from '../../src/cpu/execute/bcd.ts';
import * as bitScan from '../../src/cpu/execute/bit-scan.ts';
import * as bitTest from '../../src/cpu/execute/bit-test.ts';
import * as compare from '../../src/cpu/execute/compare.ts';
import * as conditionalMove from '../../src/cpu/execute/conditional-move.ts';
import * as convert from '../../src/cpu/execute/convert.ts';
import * as doubleShift from '../../src/cpu/execute/double-shift.ts';
import * as exchange from '../../src/cpu/execute/exchange.ts';
import * as flag from '../../src/cpu/execute/flag.ts';
import * as logic from '../../src/cpu/execute/logic.ts';
import * as move from '../../src/cpu/execute/move.ts';
import * as multiply from '../../src/cpu/execute/multiply.ts';
import * as rotate from '../../src/cpu/execute/rotate.ts';
import * as set from '../../src/cpu/execute/set.ts';
import * as shift from '../../src/cpu/execute/shift.ts';
import * as subtract from '../../src/cpu/execute/subtract.ts';
import { CODE, CoreHarness, type HarnessMode, statusText } from '../support/core-harness.ts';

/**
 * The same instructions on a real processor: test/oracle/integer.c and bcd.c ran them on an AMD EPYC 7003 (Zen 3) and wrote
 * down registers and all status flags, the undefined ones too, which are this project's choice as well.
 */
interface Row {
  readonly text: string;
  readonly bytes: number[];
  readonly cases: [before: bigint[], after: bigint[] | 'DE'][];
}

function readVectors(file: string): Row[] {
  const rows: Row[] = [];
  const numbers = (group: string) => group.split(' ').map((digits) => BigInt(`0x${digits}`));
  for (const line of readFileSync(join(import.meta.dirname, '../vectors', file), 'utf8')
    .trimEnd()
    .split('\n')) {
    const [left = '', right = ''] = line.split(' | ');
    if (left.includes(' ')) {
      rows.at(-1)!.cases.push([numbers(left), right === 'DE' ? right : numbers(right)]);
    } else {
      const bytes = left.match(/../g)!.map((digits) => Number.parseInt(digits, 16));
      rows.push({ text: right, bytes, cases: [] });
    }
  }
  return rows;
}

const GROUPS = [
  add, bcd, bitScan, bitTest, compare, conditionalMove, convert, doubleShift, exchange, flag, logic, move, multiply,
  rotate, set, shift, subtract,
]; // biome-ignore format: a list of nouns.
const REGISTERS = ['rax', 'rdx', 'rcx', 'rbx'] as const;

/** Outcome as text, so that a difference is readable. */
function describeState([flags, ...registers]: readonly bigint[]): string {
  return `${registers.map((value, i) => `${REGISTERS[i]} ${value.toString(16)}`).join(' ')} [${statusText(Number(flags))}]`;
}

function check(harness: CoreHarness, row: Row): void {
  for (const [before, after] of row.cases) {
    const registers = REGISTERS.slice(0, before.length - 1);
    harness.status = Number(before[0]);
    registers.forEach((name, i) => {
      harness.set(name, before[i + 1]!);
    });
    harness.set('rip', CODE);
    const fault = harness.run(...row.bytes);
    const outcome =
      fault ?? describeState([BigInt(harness.status), ...registers.map((name) => harness.get(name))]);
    expect(outcome, `${row.text} after ${describeState(before)}`).toBe(
      after === 'DE' ? '#DE' : describeState(after),
    );
    if (after === 'DE') expect(registers.map((name) => harness.get(name))).toEqual(before.slice(1));
  }
}

describe.each<[string, HarnessMode]>([
  ['integer.txt', '64-bit'],
  ['bcd.txt', 'protected32'],
])('an AMD EPYC 7003 agrees: %s in %s mode', (file, mode) => {
  const rows = readVectors(file);
  const harness = new CoreHarness(mode, ...GROUPS);

  test('there are vectors', () => {
    expect(rows.length).toBeGreaterThan(5);
  });

  test.each(rows)('$text', (row) => {
    check(harness, row);
  });
});
