import { Random } from '../oracle/random.ts';
import { Bochs } from './bochs.ts';
import type { Case } from './case.ts';
import { type Difference, describe, differences } from './compare.ts';
import { explainParts, explainWhole } from './explained.ts';
import { draw } from './families/index.ts';
import { HANDWRITTEN } from './handwritten.ts';
import { compareHidden } from './hidden.ts';
import { ARENA, baseline, PML4, PML5, readTable, type World } from './layout.ts';
import { Longmode } from './longmode.ts';
import { CR4 } from './modes.ts';
import type { Options } from './options.ts';
import { Qemu } from './qemu.ts';
import type { Outcome } from './record.ts';
import { type Processor, type Programs, runAll } from './reference.ts';
import type { Scenario } from './scenario.ts';
import { shrink } from './shrink.ts';
import { compareUnicorn } from './unicorn.ts';

function withoutLa57(s: Scenario): Scenario {
  if ((s.cr4 & CR4.LA57) === 0) return s;
  return { ...s, cr4: s.cr4 & ~CR4.LA57, cr3: s.cr3 === PML5 ? PML4 : s.cr3 };
}

/** So many scenarios of these families are stepped for their hidden state. */
const HIDDEN = 80;
const UNICORN_CASES = 300;
const HIDDEN_FAMILIES = /segment loads|far|interrupts|task|system calls|tables/;

/** Scenarios per image: a run that loses its way loses no more than these. */
const BATCH = 1000;
/** Bochs can load no more at once. */
const BOCHS_BATCH = 150;

export interface Failure {
  readonly scenario: Scenario;
  readonly kind: 'tiers' | 'QEMU' | 'Bochs';
  readonly rest: readonly Difference[];
  verdict: string;
}

/** One run: all scenarios on all processors, what differs, and what of it the table explains. */
export class Session {
  readonly #options: Options;
  readonly #programs: Programs;
  readonly #ours = new Longmode(false);
  readonly #compiled = new Longmode(true);
  readonly #qemu = new Qemu();
  readonly #bochs = new Bochs();
  readonly #explained = new Map<string, number>();
  readonly #seconds = new Map<string, number>();
  readonly #baselines: Readonly<Record<World, DataView>>;
  /** Where QEMU stands alone against longmode and Bochs, and no rule says why. */
  readonly #decided: Failure[] = [];
  /** What QEMU does as longmode, as far as memory and registers show. */
  readonly #alike: Scenario[] = [];
  #bochsRuns = 0;

  constructor(options: Options, programs: Programs) {
    this.#options = options;
    this.#programs = programs;
    const table = readTable(programs.harness);
    const view = (world: World) => new DataView(baseline(world, table).buffer);
    this.#baselines = { legacy: view('legacy'), long: view('long') };
  }

  /** The number of failures. */
  async run(): Promise<number> {
    const { seed, scenarios, only, show } = this.#options;
    const drawn = draw(new Random(seed), scenarios, only);
    const fixed = HANDWRITTEN.filter((s) => only?.test(s.family) ?? true);
    const all = [...fixed, ...drawn];
    // The baselines take turns less often: a change costs a copy of the arena.
    all.sort((a, b) => (a.world < b.world ? -1 : a.world > b.world ? 1 : 0));
    console.log(
      `references: seed ${seed}, ${drawn.length} drawn scenarios and ${fixed.length} written by hand`,
    );
    const failures: Failure[] = [];
    for (let first = 0; first < all.length; first += BATCH)
      failures.push(...(await this.#batch(all.slice(first, first + BATCH))));
    const stepped = this.#alike.filter((s) => HIDDEN_FAMILIES.test(s.family)).slice(0, HIDDEN);
    const started = Date.now();
    const hidden = await compareHidden(this.#programs, stepped);
    this.#seconds.set('gdb server', (Date.now() - started) / 1000);
    for (const { scenario, text } of hidden)
      console.log(`hidden state [${scenario.family}] ${scenario.text}: longmode/QEMU ${text}`);
    const unicorn = await compareUnicorn(new Random(seed), this.#programs, UNICORN_CASES);
    for (const line of unicorn) console.log(`unicorn: ${line}`);
    for (const [name, count] of [...this.#explained].sort())
      console.log(`references: explained, ${count} times: ${name}`);
    const families = new Map<string, number>();
    for (const { scenario } of failures) {
      const known = families.get(scenario.family) ?? 0;
      families.set(scenario.family, known + 1);
    }
    for (const { scenario, rest } of this.#decided)
      console.log(
        `references: no rule, but Bochs does as longmode: [${scenario.family}] ${scenario.text}: longmode/QEMU ${describe(rest).slice(0, 200)}`,
      );
    for (const [n, failure] of failures.entries()) if (n < show) await this.#report(failure);
    for (const [name, count] of families)
      console.log(`references: ${name}: ${count} unexplained differences`);
    const times = [...this.#seconds].map(([name, value]) => `${name} ${value.toFixed(1)} s`).join(', ');
    console.log(
      `references: ${all.length} scenarios (${this.#bochsRuns} of them on Bochs too), ${this.#decided.length} decided by Bochs alone, ${failures.length} unexplained differences (seed ${seed}); ${times}`,
    );
    console.log(
      `references: ${stepped.length} stepped through QEMU's gdb server, ${hidden.length} differ in hidden state; ${UNICORN_CASES} instructions on unicorn, ${unicorn.length} differ`,
    );
    return failures.length + hidden.length + unicorn.length;
  }

  /** What memory holds where an outcome does not mention it: the harness tells what is not as in the baseline. */
  #initial(s: Scenario): (address: number) => number {
    const view = this.#baselines[s.world];
    return (address) => view.getUint32(address - ARENA, true);
  }

  async #timed(processor: Processor, list: readonly Scenario[]): Promise<Outcome[]> {
    const started = Date.now();
    const outcomes = await runAll(processor, this.#programs, list);
    this.#seconds.set(
      processor.name,
      (this.#seconds.get(processor.name) ?? 0) + (Date.now() - started) / 1000,
    );
    return outcomes;
  }

  #note(names: Iterable<string>): void {
    for (const name of names) this.#explained.set(name, (this.#explained.get(name) ?? 0) + 1);
  }

  async #batch(list: readonly Scenario[]): Promise<Failure[]> {
    const ours = await this.#timed(this.#ours, list);
    const compiled = await this.#timed(this.#compiled, list);
    const qemu = await this.#timed(this.#qemu, list);
    const failures: Failure[] = [];
    /** What QEMU's outcome needs Bochs' word for. */
    const open = new Map<number, Case>();
    for (const [n, s] of list.entries()) {
      const initial = this.#initial(s);
      const tiers = differences(ours[n]!, compiled[n]!, initial);
      if (tiers.length > 0) failures.push({ scenario: s, kind: 'tiers', rest: tiers, verdict: '' });
      if (ours[n]!.end === 'unimplemented') {
        const rest: Difference[] = [{ where: 'end', ours: ours[n]!.detail ?? '', theirs: qemu[n]!.end }];
        failures.push({ scenario: s, kind: 'QEMU', rest, verdict: 'not implemented' });
        continue;
      }
      const all = differences(ours[n]!, qemu[n]!, initial);
      const c: Case = { s, ours: ours[n]!, theirs: qemu[n]!, all };
      const { names, rest } = explainParts('QEMU', c);
      this.#note(names);
      if (rest.length > 0) open.set(n, { ...c, all: rest });
      else if (ours[n]!.end === 'event') this.#alike.push(s);
    }
    const asked = [...list.keys()].filter((n) => this.#options.bochs === 'all' || open.has(n));
    this.#bochsRuns += asked.length;
    // Bochs' model has no five-level paging: there a twin with four levels is asked about.
    const twins = asked.map((n) => withoutLa57(list[n]!));
    const apart = twins.filter((s, k) => s !== list[asked[k]!]);
    const ofTwins = apart.length > 0 ? await this.#timed(this.#ours, apart) : [];
    const answers: Outcome[] = [];
    for (let at = 0; at < twins.length; at += BOCHS_BATCH)
      answers.push(...(await this.#timed(this.#bochs, twins.slice(at, at + BOCHS_BATCH))));
    for (const [k, n] of asked.entries()) {
      const s = twins[k]!;
      const mine = s === list[n] ? ours[n]! : ofTwins[apart.indexOf(s)]!;
      const theirs = answers[k]!;
      const second: Case = { s, ours: mine, theirs, all: differences(mine, theirs, this.#initial(s)) };
      const { names, rest } = explainParts('Bochs', second);
      this.#note(names);
      const whole = rest.length > 0 ? explainWhole('Bochs', { ...second, all: rest }) : undefined;
      if (process.env['DUMP'] && whole)
        console.log(
          `DUMPB ${whole} | [${s.family}] ${s.text} | ${s.patches
            .filter((p) => p.what !== 'launch' && !p.what.startsWith('code '))
            .map((p) => p.what)
            .join(
              '; ',
            )} | ${describe(rest).slice(0, 300)} | v ${mine.fields.get('vector')}/${theirs.fields.get('vector')}`,
        );
      if (whole) this.#note([whole]);
      const agrees = rest.length === 0 || whole !== undefined;
      const first = open.get(n);
      if (!first) {
        if (!agrees) failures.push({ scenario: s, kind: 'Bochs', rest, verdict: 'QEMU does as longmode' });
        continue;
      }
      const rule = explainWhole('QEMU', first);
      if (process.env['DUMP'])
        console.log(
          `DUMP ${rule ?? 'NONE'} | agrees ${agrees} | [${s.family}] ${s.text} | ${s.patches
            .filter((p) => p.what !== 'launch' && !p.what.startsWith('code '))
            .map((p) => p.what)
            .join(
              '; ',
            )} | cr0=${(s.cr0 >>> 0).toString(16)} cr4=${s.cr4.toString(16)} efer=${s.efer.toString(16)} fl=${s.rflags.toString(16)} rsp=${s.rsp.toString(16)} | QEMU ${describe(first.all).slice(0, 500)} | v ${first.ours.fields.get('vector')}/${first.theirs.fields.get('vector')} | Bochs ${describe(rest).slice(0, 300)}`,
        );
      if (agrees && rule) this.#note([rule]);
      else if (rest.length === 0 && !this.#options.strict)
        this.#decided.push({ scenario: list[n]!, kind: 'QEMU', rest: first.all, verdict: '' });
      else
        failures.push({
          scenario: list[n]!,
          kind: 'QEMU',
          rest: first.all,
          verdict: agrees ? 'Bochs does as longmode' : `longmode/Bochs: ${describe(rest)}`,
        });
    }
    return failures;
  }

  async #report(failure: Failure): Promise<void> {
    const { kind } = failure;
    const other = kind === 'tiers' ? this.#compiled : kind === 'QEMU' ? this.#qemu : this.#bochs;
    const stays = async (list: readonly Scenario[]): Promise<boolean[]> => {
      const ours = await runAll(this.#ours, this.#programs, list);
      const theirs = await runAll(other, this.#programs, list);
      return list.map((s, n) => {
        const all = differences(ours[n]!, theirs[n]!, this.#initial(s));
        if (kind === 'tiers') return all.length > 0;
        const { rest } = explainParts(kind, { s, ours: ours[n]!, theirs: theirs[n]!, all });
        return rest.some((d) => failure.rest.some((e) => e.where === d.where));
      });
    };
    const s = this.#options.shrink ? await shrink(failure.scenario, stays) : failure.scenario;
    const patches = s.patches
      .filter((p) => p.what !== 'launch' && !p.what.startsWith('code '))
      .map((p) => p.what);
    const hex = (value: number) => value.toString(16);
    const gpr = s.gpr
      .map((value, n) => (value === 0n ? '' : `r${n}=${value.toString(16)}`))
      .filter((text) => text !== '');
    console.log(`difference [${s.family}] ${s.text}`);
    if (patches.length > 0) console.log(`  with ${patches.join('; ')}`);
    console.log(
      `  cr0=${hex(s.cr0)} cr4=${hex(s.cr4)} efer=${hex(s.efer)} rflags=${hex(s.rflags)} rsp=${s.rsp.toString(16)} ds=${hex(s.ds)} ss=${hex(s.ss)} ${gpr.join(' ')}`,
    );
    console.log(`  longmode/${other.name}: ${describe(failure.rest)}`);
    if (failure.verdict) console.log(`  ${failure.verdict}`);
  }
}
