import type { Outcome } from './record.ts';

export interface Difference {
  /** A field of the record, `end`, or `memory` with the address. */
  readonly where: string;
  readonly ours: bigint | string;
  readonly theirs: bigint | string;
}

/** All that two outcomes disagree about; `initial` is what memory held where an outcome does not mention it. */
export function differences(
  ours: Outcome,
  theirs: Outcome,
  initial: (address: number) => number,
): Difference[] {
  if (ours.end !== theirs.end) return [{ where: 'end', ours: endOf(ours), theirs: endOf(theirs) }];
  const found: Difference[] = [];
  for (const [name, value] of ours.fields) {
    const other = theirs.fields.get(name)!;
    if (value !== other) found.push({ where: name, ours: value, theirs: other });
  }
  for (const address of new Set([...ours.memory.keys(), ...theirs.memory.keys()])) {
    const [a, b] = [ours, theirs].map((o) => (o.memory.get(address) ?? initial(address)) >>> 0);
    if (a !== b)
      found.push({ where: `memory 0x${address.toString(16)}`, ours: BigInt(a!), theirs: BigInt(b!) });
  }
  return found;
}

function endOf(o: Outcome): string {
  if (o.end !== 'event') return o.detail && o.end === 'unimplemented' ? `${o.end}: ${o.detail}` : o.end;
  return `event ${o.fields.get('vector')}`;
}

export function describe(list: readonly Difference[]): string {
  const show = (value: bigint | string) => (typeof value === 'string' ? value : `0x${value.toString(16)}`);
  return list.map((d) => `${d.where} ${show(d.ours)}/${show(d.theirs)}`).join(', ');
}
