import { describe, expect, test } from 'vitest';
import { DetachableLine } from '../../src/machine/detachable-line.ts';

describe('a line that can be taken off', () => {
  const rig = () => {
    const seen: string[] = [];
    const line = new DetachableLine({ raise: () => seen.push('high'), lower: () => seen.push('low') });
    return { seen, line };
  };

  test('passes its level on while it is attached', () => {
    const { seen, line } = rig();
    line.raise();
    line.lower();
    expect(seen).toEqual(['high', 'low']);
  });

  test('lets go of what it drove, and keeps quiet until it is back', () => {
    const { seen, line } = rig();
    line.raise();
    line.isAttached = false;
    expect(seen).toEqual(['high', 'low']);
    line.lower();
    line.raise();
    expect(seen).toEqual(['high', 'low']);
    line.isAttached = true;
    expect(seen).toEqual(['high', 'low', 'high']);
  });

  test('says nothing when it comes back low', () => {
    const { seen, line } = rig();
    line.isAttached = false;
    line.isAttached = false;
    line.isAttached = true;
    expect(seen).toEqual([]);
  });
});
