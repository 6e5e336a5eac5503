import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { INLINING_FLAG, needsFlagForHints } from '../../src/cli/engine.ts';

test.each([
  ['11.3.244.8-node.38', true], // Node 20
  ['12.4.254.21-node.57', true], // Node 22
  ['13.6.233.17-node.63', true], // Node 24
  ['13.7.1', false],
  ['14.0.5', false],
])('V8 %s wants a flag for branch hints: %s', (version, wanted) => {
  expect(needsFlagForHints(version)).toBe(wanted);
});

test('V8 knows the flag for inlining: of another one it would complain at every start', () => {
  const known = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  expect(known).toContain(`  ${INLINING_FLAG} (`);
});
