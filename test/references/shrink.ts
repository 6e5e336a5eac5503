import { copyScenario, emptyScenario, type Scenario } from './scenario.ts';

const ROUNDS = 4;

/** What can be taken away, one thing a candidate. */
function candidates(s: Scenario): Scenario[] {
  const list: Scenario[] = [];
  const attempt = (change: (c: Scenario) => void) => {
    const c = copyScenario(s);
    change(c);
    list.push(c);
  };
  for (const [n, patch] of s.patches.entries())
    if (patch.what !== 'launch' && !patch.what.startsWith('code ')) attempt((c) => c.patches.splice(n, 1));
  for (const [n, value] of s.gpr.entries())
    if (value !== 0n)
      attempt((c) => {
        c.gpr[n] = 0n;
      });
  const plain = emptyScenario(s.world);
  for (const name of ['xcr0', 'pkru', 'gdtLimit', 'idtLimit', 'tr', 'cr8'] as const)
    if (s[name] !== plain[name])
      attempt((c) => {
        c[name] = plain[name];
      });
  if (s.msrs.length > 0)
    attempt((c) => {
      c.msrs = [];
    });
  for (const bit of [0, 2, 3, 4, 7, 8, 9, 11, 16, 17, 20, 21, 22])
    if (s.cr4 & (1 << bit) & ~plain.cr4)
      attempt((c) => {
        c.cr4 &= ~(1 << bit);
      });
  return list;
}

/** A simpler scenario that still shows the difference. All candidates of a round share one image. */
export async function shrink(
  s: Scenario,
  stays: (list: readonly Scenario[]) => Promise<boolean[]>,
): Promise<Scenario> {
  let best = s;
  for (let round = 0; round < ROUNDS; round++) {
    const list = candidates(best);
    if (list.length === 0) break;
    const answers = await stays(list);
    const good = list.filter((_, n) => answers[n]);
    if (good.length === 0) break;
    // All at once, if that works; else the first of them.
    const merged = copyScenario(best);
    merged.patches = best.patches.filter((p) => good.every((g) => g.patches.includes(p)));
    merged.gpr = best.gpr.map((value, n) => (good.some((g) => g.gpr[n] !== value) ? 0n : value));
    const [together] = await stays([merged]);
    const simpler =
      together &&
      merged.patches.length + merged.gpr.filter((v) => v !== 0n).length <
        best.patches.length + best.gpr.filter((v) => v !== 0n).length;
    best = simpler ? merged : good[0]!;
  }
  return best;
}
