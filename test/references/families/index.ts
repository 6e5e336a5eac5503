import type { Random } from '../../oracle/random.ts';
import { finish } from '../modes.ts';
import type { Scenario } from '../scenario.ts';
import { walks } from './paging.ts';
import type { Family } from './pool.ts';
import { limits, loadSegment, stackEdges, tables, verify } from './segments.ts';
import { alignment, bases, controlRegisters, coprocessor, debugRegisters, flags, inputOutput, msrs, singleStep, strings } from './system.ts'; // biome-ignore format: one line.
import { farReturn, farTransfer, interrupts, systemCalls, tasks } from './transfers.ts';

/** Families by name, and how often each is drawn. */
const FAMILIES: readonly (readonly [name: string, weight: number, make: Family])[] = [
  ['segment loads', 10, loadSegment],
  ['descriptor look-ups', 8, verify],
  ['segment limits', 8, limits],
  ['stack edges', 6, stackEdges],
  ['descriptor tables', 6, tables],
  ['far transfers', 12, farTransfer],
  ['far returns', 12, farReturn],
  ['interrupts', 12, interrupts],
  ['task switches', 8, tasks],
  ['system calls', 8, systemCalls],
  ['control registers', 8, controlRegisters],
  ['debug registers', 3, debugRegisters],
  ['MSRs', 6, msrs],
  ['ports', 5, inputOutput],
  ['flags', 8, flags],
  ['FS and GS bases', 2, bases],
  ['coprocessor', 6, coprocessor],
  ['alignment', 5, alignment],
  ['strings', 6, strings],
  ['single steps', 5, singleStep],
  ['page walks', 20, walks],
];

export const FAMILY_NAMES = FAMILIES.map(([name]) => name);

/** `count` scenarios in the proportions of the table, only of families whose name matches. */
export function draw(random: Random, count: number, only: RegExp | undefined): Scenario[] {
  const deck = FAMILIES.filter(([name]) => only?.test(name) ?? true).flatMap(([name, weight, make]) =>
    new Array<readonly [string, Family]>(weight).fill([name, make]),
  );
  if (deck.length === 0) throw new Error(`no family is called ${only}; there are ${FAMILY_NAMES.join(', ')}`);
  return Array.from({ length: count }, () => {
    const [name, make] = random.pick(deck);
    const s = make(random);
    s.family = name;
    return finish(s);
  });
}
