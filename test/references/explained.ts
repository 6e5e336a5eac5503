import type { Case, Rule } from './case.ts';
import type { Difference } from './compare.ts';
import { BOCHS_RULES } from './rules-bochs.ts';
import { QEMU_RULES } from './rules-qemu.ts';

export type Reference = 'QEMU' | 'Bochs';

/** Where each reference is known to be wrong, or the manual silent. */
const RULES: Readonly<Record<Reference, readonly Rule[]>> = { QEMU: QEMU_RULES, Bochs: BOCHS_RULES };

/** The names of the rules that explain the differences, and what none of them explains. */
export function explainParts(reference: Reference, c: Case): { names: Set<string>; rest: Difference[] } {
  const names = new Set<string>();
  const rest = c.all.filter((d) => {
    const rule = RULES[reference].find((r) => r.part?.(d, c));
    if (rule) names.add(rule.name);
    return !rule;
  });
  return { names, rest };
}

/** The rule for an outcome that differs as a whole. */
export const explainWhole = (reference: Reference, c: Case): string | undefined =>
  RULES[reference].find((r) => r.whole?.(c))?.name;
