import { freshSeed } from '../support/fresh-seed.ts';

/** What `npm run test:references -- ...` takes. */
export interface Options {
  readonly scenarios: number;
  readonly seed: number;
  readonly only: RegExp | undefined;
  /** How many differences are shown in full. */
  readonly show: number;
  readonly shrink: boolean;
  /** Whether QEMU needs a rule even where Bochs does as longmode. */
  readonly strict: boolean;
  /** Which scenarios Bochs runs: those that QEMU does otherwise than longmode, or all. */
  readonly bochs: 'suspect' | 'all';
}

const DEFAULT_SCENARIOS = 5000;

function count(word: string, text: string | undefined): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`${word} ${text}: expected a number`);
  return value;
}

/** @throws Error with one line for people. */
export function readOptions(words: readonly string[]): Options {
  const options = {
    scenarios: DEFAULT_SCENARIOS,
    seed: freshSeed(),
    only: undefined as RegExp | undefined,
    show: 20,
    shrink: true,
    strict: false,
    bochs: 'suspect' as Options['bochs'],
  };
  for (let n = 0; n < words.length; n++) {
    const word = words[n]!;
    if (word === '--scenarios') options.scenarios = count(word, words[++n]);
    else if (word === '--seed') options.seed = count(word, words[++n]);
    else if (word === '--show') options.show = count(word, words[++n]);
    else if (word === '--only') options.only = new RegExp(words[++n] ?? '');
    else if (word === '--no-shrink') options.shrink = false;
    else if (word === '--strict') options.strict = true;
    else if (word === '--bochs') {
      const which = words[++n];
      if (which !== 'suspect' && which !== 'all')
        throw new Error(`--bochs ${which}: expected suspect or all`);
      options.bochs = which;
    } else
      throw new Error(
        `${word}: expected --scenarios, --seed, --only, --show, --no-shrink, --strict or --bochs`,
      );
  }
  return options;
}
