import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BOCHS_RULES } from './rules-bochs.ts';
import { QEMU_RULES } from './rules-qemu.ts';

const ERRATA = readFileSync(join(import.meta.dirname, '../../docs/manual-errata.md'), 'utf8');

test('every rule has a paragraph of its name in the errata, and every paragraph a rule', () => {
  const section = ERRATA.slice(
    ERRATA.indexOf('## System behaviour'),
    ERRATA.indexOf('## User-mode instructions'),
  );
  const headings = new Set([...section.matchAll(/^### (.*)$/gm)].map(([, name]) => name!));
  const names = new Set([...QEMU_RULES, ...BOCHS_RULES].map(({ name }) => name));
  expect([...names].filter((name) => !headings.has(name))).toEqual([]);
  expect([...headings].filter((name) => !names.has(name))).toEqual([]);
});

test('a rule says when it holds', () => {
  for (const { name, part, whole } of [...QEMU_RULES, ...BOCHS_RULES])
    expect(part ?? whole, name).toBeTypeOf('function');
});
