import { appendFileSync } from 'node:fs';
import { OP_INDEX } from '../../src/cpu/decode/tables.ts';
import { emitterFor } from '../../src/jit/emit/index.ts';
import { Unimplemented } from '../../src/state/faults.ts';
import { acceptApproximations, isApproximate } from './approximate.ts';
import { differences } from './compare.ts';
import type { Form } from './forms.ts';
import { assemble, fill, makePattern, type Snippet } from './generate.ts';
import { Guest } from './guest.ts';
import type { Host } from './host.ts';
import {
  type Case,
  copyCase,
  copyOutcome,
  emptyCase,
  emptyOutcome,
  type Outcome,
  RESULT_BYTES,
  readResult,
} from './protocol.ts';
import { Random } from './random.ts';
import { shrink } from './shrink.ts';
import { caseText, outcomeText } from './text.ts';

const BATCH = 4000;
/** Cases of one snippet: compiling it costs more than running it. */
const REUSE = 16;
const MAX_EXTRA = 4;
/** Snippets of several instructions, for what compiled code carries from one to the next. */
const SEQUENCE = 0.35;

export interface Options {
  readonly cases: number;
  readonly seed: number;
  readonly allFlags: boolean;
  readonly show: number;
  readonly vendor: string;
  /** See `foreignComponents`. */
  readonly foreign: number;
  readonly vectors: string;
}

/** Random cases on the processor of this machine, on the interpreter and on the compiled tier, compared. */
export class Session {
  readonly #options: Options;
  readonly #host: Host;
  readonly #guest: Guest;
  readonly #forms: readonly Form[];
  /** What may stand anywhere in a snippet: an approximation ends it, so that nothing is computed from it. */
  readonly #exact: readonly Form[];
  readonly #emitted: readonly Form[];
  readonly #random: Random;
  readonly #byForm = new Map<string, number>();
  readonly #unimplemented = new Map<string, number>();
  readonly #barren = new Set<string>();
  #next = 0;
  #patternSeed = 0;
  #pattern: Uint8Array = new Uint8Array();
  #mismatches = 0;
  #faults = 0;
  #tainted = 0;
  #sequences = 0;
  /** Cases that compiled code finished by itself, those in which it called handlers, and those it left to the interpreter. */
  readonly #tiers = { native: 0, handlers: 0, interpreter: 0 };

  readonly #host1 = emptyOutcome();
  readonly #interpreted = emptyOutcome();
  readonly #close = emptyOutcome();
  readonly #compiled = emptyOutcome();

  constructor(options: Options, forms: readonly Form[], host: Host) {
    this.#options = options;
    this.#forms = forms;
    this.#exact = forms.filter((form) => !isApproximate(form.name));
    this.#emitted = this.#exact.filter((form) => emitterFor(OP_INDEX.get(form.name)!));
    this.#host = host;
    this.#guest = new Guest(options.vendor, options.foreign);
    this.#random = new Random(options.seed);
  }

  async run(): Promise<number> {
    const { cases, seed } = this.#options;
    const pool = Array.from({ length: BATCH }, emptyCase);
    const started = performance.now();
    for (let done = 0; done < cases; done += BATCH) await this.#batch(pool, Math.min(BATCH, cases - done));
    this.#host.close();
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const { native, handlers, interpreter } = this.#tiers;
    if (this.#barren.size > 0) console.log(`oracle: no bytes found for ${[...this.#barren].join(', ')}`);
    for (const [what, count] of this.#unimplemented)
      console.log(`oracle: not implemented: ${what} (${count} cases)`);
    for (const [name, count] of this.#byForm) console.log(`oracle: ${name}: ${count} mismatches`);
    console.log(
      `oracle: compiled tier: ${native} cases wholly compiled, ${handlers} with calls of handlers, ${interpreter} given back to the interpreter`,
    );
    console.log(
      `oracle: ${this.#sequences} cases of several instructions; ${this.#tainted} that read undefined flags, compared between the tiers only`,
    );
    console.log(
      `oracle: ${cases} cases in ${seconds} s, ${this.#faults} of them faults, ${this.#mismatches} mismatches (seed ${seed})`,
    );
    return this.#mismatches;
  }

  async #batch(pool: Case[], count: number): Promise<void> {
    const random = this.#random;
    this.#patternSeed = random.word();
    this.#pattern = makePattern(new Random(this.#patternSeed));
    this.#guest.setPattern(this.#pattern);
    for (let n = 0; n < count; ) {
      const snippet = this.#snippet();
      for (let times = 0; snippet && times < REUSE && n < count; times++) fill(snippet, random, pool[n++]!);
    }
    const results = await this.#host.run(this.#pattern, pool, count);
    for (let n = 0; n < count; ) {
      let same = n + 1;
      while (same < count && pool[same]!.insns === pool[n]!.insns) same++;
      await this.#compareAll(pool, n, same, results);
      n = same;
    }
  }

  #snippet(): Snippet | undefined {
    const random = this.#random;
    const form = this.#forms[this.#next++ % this.#forms.length]!;
    const forms = [form];
    if (this.#exact.length > 0 && random.chance(SEQUENCE)) {
      for (let extra = random.below(MAX_EXTRA) + 1; extra > 0; extra--) {
        const useEmitted = this.#emitted.length > 0 && random.chance(0.7);
        forms.push(random.pick(useEmitted ? this.#emitted : this.#exact));
      }
      // A branch ends a snippet.
      if (isApproximate(form.name) || random.chance(0.5)) forms.reverse();
    }
    const snippet = assemble(forms, random);
    if (!snippet) this.#barren.add(`${form.name} (${form.map} ${form.row.opcode.toString(16)})`);
    return snippet;
  }

  /** The cases from `from` up to `to`, which have their code in common. */
  async #compareAll(pool: readonly Case[], from: number, to: number, results: Int32Array): Promise<void> {
    const guest = this.#guest;
    const block = guest.blockOf(pool[from]!);
    for (let n = from; n < to; n++) {
      const c = pool[n]!;
      const host = readResult(results, n * RESULT_BYTES, this.#host1);
      if (host.vector !== 0xffffffff) this.#faults++;
      if (c.insns.length > 1) this.#sequences++;
      let wrong: string[];
      try {
        wrong = this.#judge(c, host, block);
      } catch (thrown) {
        if (!(thrown instanceof Unimplemented)) throw thrown;
        this.#unimplemented.set(thrown.what, (this.#unimplemented.get(thrown.what) ?? 0) + 1);
        guest.setPattern(this.#pattern);
        continue;
      }
      if (wrong.length === 0) continue;
      this.#mismatches++;
      const name = c.names.join(' ');
      const known = this.#byForm.get(name) ?? 0;
      this.#byForm.set(name, known + 1);
      if (known < 2 && this.#byForm.size <= this.#options.show) await this.#report(copyCase(c));
    }
    guest.tier.drop(block);
  }

  /** Runs a case on both tiers; what is wrong with them. */
  #judge(c: Case, host: Outcome, block: ReturnType<Guest['blockOf']>): string[] {
    const guest = this.#guest;
    const ours = guest.run(c, this.#interpreted);
    const undefinedFlags = this.#options.allFlags ? 0 : ours.undefined;
    const isTainted = ours.isTainted && !this.#options.allFlags;
    if (isTainted) this.#tainted++;
    const close = copyOutcome(ours, this.#close);
    acceptApproximations(c, host, close);
    const wrong = isTainted ? [] : differences(c, host, close, undefinedFlags);
    const compiled = guest.runCompiled(c, block, this.#compiled);
    this.#tiers[guest.lastTier(c, block)]++;
    for (const what of differences(c, ours, compiled, 0)) wrong.push(`compiled:${what}`);
    return wrong;
  }

  async #check(c: Case): Promise<{ wrong: string[]; host: Outcome }> {
    const results = await this.#host.run(this.#pattern, [c], 1);
    const host = readResult(results, 0, emptyOutcome());
    const block = this.#guest.blockOf(c);
    try {
      return { wrong: this.#judge(c, host, block), host };
    } finally {
      this.#guest.tier.drop(block);
    }
  }

  /** Takes away what the mismatch does not need, prints it on one line and keeps it as a vector. */
  async #report(c: Case): Promise<void> {
    if ((await this.#check(c)).wrong.length === 0) {
      console.log(`mismatch ${c.names.join(' ')}: does not happen again`);
      return;
    }
    const small = await shrink(c, async (one) => (await this.#check(one)).wrong.length > 0);
    const { wrong, host } = await this.#check(small);
    const text = caseText(small, this.#patternSeed, this.#options.vendor);
    console.log(`mismatch ${text} | expected/ours: ${wrong.join(' ')}`);
    if (this.#options.vectors !== '')
      appendFileSync(this.#options.vectors, `${text} | ${outcomeText(small, host)}\n`);
  }
}
