import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { OP_NAMES, opFeature } from '../../src/cpu/decode/ops.ts';
import * as groups from '../../src/cpu/execute/index.ts';
import { missingHandlers } from '../../src/cpu/handlers.ts';
import { INSTRUCTIONS_FILE, instructionRows, instructionsText } from '../support/instruction-table.ts';

/** Features whose arithmetic is not there yet; their ops end a run with exit status 6 and their name. */
const LATER =
  /^(fpu|mmx|sse|ssse|avx|fma|f16c|aes|vaes|pclmul|vpclmul|sha|gfni|bmi|adx|xsave|rdrand|rdseed|cet|3dnow|clwb|clzero|mcommit|monitorx|wbnoinvd|waitpkg|movdir|enqcmd|ptwrite|cldemote|hreset|serialize|tsx|rtm|hle|vmx|svm|smx|sgx|mpx|key|kl|uintr|invlpgb|rdpru|pconfig|fxsr|cmov|xgetbv|fcmov|fisttp)/;

test('every op of the integer and system maps has a handler', () => {
  const base = missingHandlers().filter((name) => {
    const feature = opFeature(OP_NAMES.indexOf(name));
    return feature === undefined || !LATER.test(feature);
  });
  expect(base).toEqual([]);
});

test('every exported handler is the handler of an op', () => {
  const ops = new Set(OP_NAMES);
  const unused = Object.keys(groups).filter(
    (name) => /^[A-Z][A-Z0-9]+(_[A-Za-z0-9]+)*$/.test(name) && name.toUpperCase() !== name && !ops.has(name),
  );
  expect(unused).toEqual([]);
});

describe('docs/instructions.md', () => {
  const rows = instructionRows();

  test('is what the maps say; if not: npm run docs:instructions', () => {
    expect(instructionsText(rows)).toBe(readFileSync(INSTRUCTIONS_FILE, 'utf8'));
  });

  test('has a handler for every row', () => {
    expect(rows.flatMap((row) => row.missing)).toEqual([]);
  });

  test('has a test for every row', () => {
    expect(rows.filter((row) => row.tests.length === 0).map((row) => row.mnemonic)).toEqual([]);
  });
});
