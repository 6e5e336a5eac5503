import { decode, NEED_MORE } from '../../src/cpu/decode/decode.ts';
import { Instruction } from '../../src/isa/instruction.ts';
import { Unimplemented } from '../../src/state/faults.ts';
import { describeInputs, differences } from './compare.ts';
import { type Form, usableForms } from './forms.ts';
import { generate, makePattern } from './generate.ts';
import { Guest } from './guest.ts';
import { Host } from './host.ts';
import { type Case, copyCase, emptyCase, emptyOutcome } from './protocol.ts';
import { Random } from './random.ts';

/**
 * The host processor as oracle: random cases of every op form that user mode can execute, run there and on the interpreter.
 *
 *     node test/oracle/run.mjs [--cases N] [--seed S] [--only REGEXP] [--all-flags] [--show N]
 *
 * `--all-flags` compares the flags that the manual leaves undefined too, which is what an AMD Zen 3 should survive.
 */
const BATCH = 5000;

interface Options {
  cases: number;
  seed: number;
  only: RegExp | undefined;
  allFlags: boolean;
  show: number;
}

function readOptions(words: readonly string[]): Options {
  const options: Options = {
    cases: 1_000_000,
    seed: Date.now() & 0x7fffffff,
    only: undefined,
    allFlags: false,
    show: 40,
  };
  for (let n = 0; n < words.length; n++) {
    const word = words[n]!;
    if (word === '--cases') options.cases = Number(words[++n]);
    else if (word === '--seed') options.seed = Number(words[++n]);
    else if (word === '--show') options.show = Number(words[++n]);
    else if (word === '--only') options.only = new RegExp(words[++n] ?? '');
    else if (word === '--all-flags') options.allFlags = true;
    else throw new Error(`what is ${word}?`);
  }
  return options;
}

function decoded(c: Case): Instruction {
  const insn = decode(c.bytes, 0, 15, 64, new Instruction());
  if (insn === NEED_MORE) throw new Error('the case has no end');
  return insn;
}

class Session {
  readonly #options: Options;
  readonly #host: Host;
  readonly #guest = new Guest();
  #mismatches = 0;
  readonly #byForm = new Map<string, number>();
  readonly #unimplemented = new Map<string, number>();

  constructor(options: Options, program: string) {
    this.#options = options;
    this.#host = new Host(program);
  }

  async run(): Promise<number> {
    const { cases, seed, only, show } = this.#options;
    const forms = usableForms(only);
    const random = new Random(seed);
    console.log(
      `oracle: seed ${seed}, ${cases} cases, ${forms.length} forms of ${new Set(forms.map((f) => f.name)).size} ops`,
    );
    const started = Date.now();
    const pool = Array.from({ length: BATCH }, emptyCase);
    const insns: Instruction[] = [];
    const barren = new Set<string>();
    let done = 0;
    let next = 0;
    let faults = 0;
    while (done < cases) {
      const pattern = makePattern(random);
      this.#guest.setPattern(pattern);
      const count = Math.min(BATCH, cases - done);
      for (let n = 0; n < count; ) {
        const form: Form = forms[next++ % forms.length]!;
        const insn = generate(form, random, pool[n]!);
        if (insn) insns[n++] = insn;
        else barren.add(`${form.name} (${form.map} ${form.row.opcode.toString(16)})`);
      }
      const results = await this.#host.run(pattern, pool, count);
      const ours = emptyOutcome();
      for (let n = 0; n < count; n++) {
        const c = pool[n]!;
        const host = results[n]!;
        if (host.vector !== 0xffffffff) faults++;
        try {
          this.#guest.run(c, insns[n]!, ours);
        } catch (thrown) {
          if (!(thrown instanceof Unimplemented)) throw thrown;
          this.#unimplemented.set(thrown.what, (this.#unimplemented.get(thrown.what) ?? 0) + 1);
          this.#guest.setPattern(pattern);
          continue;
        }
        if (differences(c, insns[n]!, host, ours, this.#options.allFlags).length === 0) continue;
        this.#mismatches++;
        const known = this.#byForm.get(c.name) ?? 0;
        this.#byForm.set(c.name, known + 1);
        if (known < 2 && this.#byForm.size <= show) await this.#report(copyCase(c), pattern);
      }
      done += count;
    }
    this.#host.close();
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    if (barren.size > 0) console.log(`oracle: no bytes found for ${[...barren].join(', ')}`);
    for (const [what, count] of this.#unimplemented)
      console.log(`oracle: not implemented: ${what} (${count} cases)`);
    for (const [name, count] of this.#byForm) console.log(`oracle: ${name}: ${count} mismatches`);
    console.log(
      `oracle: ${done} cases in ${seconds} s, ${faults} of them faults, ${this.#mismatches} mismatches (seed ${seed})`,
    );
    return this.#mismatches;
  }

  async #check(c: Case, pattern: Uint8Array): Promise<string[]> {
    const [host] = await this.#host.run(pattern, [c], 1);
    const insn = decoded(c);
    const ours = this.#guest.run(c, insn, emptyOutcome());
    return differences(c, insn, host!, ours, this.#options.allFlags);
  }

  /** Takes away what the mismatch does not need, then prints it on one line. */
  async #report(c: Case, pattern: Uint8Array): Promise<void> {
    if ((await this.#check(c, pattern)).length === 0) {
      console.log(`mismatch ${c.name}: does not happen again`);
      return;
    }
    const attempt = async (change: (c: Case) => void) => {
      const simpler = copyCase(c);
      change(simpler);
      if ((await this.#check(simpler, pattern)).length > 0) {
        c.gpr.set(simpler.gpr);
        c.vectors.set(simpler.vectors);
        c.st.set(simpler.st);
        Object.assign(c, {
          rflags: simpler.rflags,
          fcw: simpler.fcw,
          fsw: simpler.fsw,
          ftw: simpler.ftw,
          mxcsr: simpler.mxcsr,
        });
      }
    };
    for (let n = 0; n < 16; n++) await attempt((s) => s.gpr.fill(0, n * 2, n * 2 + 2));
    for (let n = 0; n < 32; n++) await attempt((s) => s.vectors.fill(0, n * 4, n * 4 + 4));
    for (let n = 0; n < 8; n++) await attempt((s) => s.st.fill(0, n * 4, n * 4 + 4));
    for (const bit of [1, 4, 16, 64, 128, 0x400, 0x800, 0x40000])
      await attempt((s) => {
        s.rflags &= ~bit;
      });
    await attempt((s) => {
      s.fcw = 0x37f;
    });
    await attempt((s) => {
      s.fsw = 0;
    });
    await attempt((s) => {
      s.ftw = 0;
    });
    await attempt((s) => {
      s.mxcsr = 0x1f80;
    });
    const bytes = Buffer.from(c.bytes.subarray(0, c.length)).toString('hex');
    const what = await this.#check(c, pattern);
    console.log(`mismatch ${bytes} ${c.name} | ${describeInputs(c)} | host/ours: ${what.join(' ')}`);
  }
}

const [program = '', ...words] = process.argv.slice(2);
const mismatches = await new Session(readOptions(words), program).run();
process.exitCode = mismatches === 0 ? 0 : 1;
