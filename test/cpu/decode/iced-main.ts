/**
 * The decoder against iced-x86 at length: every opcode byte of every map with every ModRM byte, and random strings.
 *
 *     npm run test:decoder -- [--strings N] [--seed S] [--random-only] [--list]
 *
 * The strings are decoded as 16-, 32- and 64-bit code in turns. `--list` tells the differences that are meant, and how often they came up.
 */
import { freshSeed } from '../../support/fresh-seed.ts';
import {
  DENSE_MODRM,
  legacy,
  MODRM,
  PREFIXES,
  RandomStrings,
  REX_PREFIXES,
  vex,
  withdrawn,
} from './iced-corpus.ts';
import { Comparison, pack, SLOT } from './iced-differences.ts';

const CODE_SIZES = [16, 32, 64] as const;
const BATCH = 20_000;
const ALL_MODRM = Array.from({ length: 256 }, (_, n) => n);

let strings = 10_000_000;
let seed = freshSeed();
let list = false;
let isRandomOnly = false;

function usage(what: string): never {
  console.error(`decoder: ${what}`);
  process.exit(2);
}

const words = process.argv.slice(2);
for (let n = 0; n < words.length; n++) {
  const word = words[n]!;
  if (word === '--list') list = true;
  else if (word === '--random-only') isRandomOnly = true;
  else if (word === '--strings' || word === '--seed') {
    const value = words[++n] ?? '';
    if (!/^\d+$/.test(value)) usage(`${word} needs a number, not "${value}"`);
    if (word === '--seed') seed = Number(value);
    else strings = Number(value);
  } else usage(`what is ${word}?`);
}

const started = performance.now();
const comparison = new Comparison();
let systematic = 0;

function everywhere(cases: readonly number[][], sizes: readonly (16 | 32 | 64)[] = CODE_SIZES): void {
  const bytes = pack(cases);
  for (const size of sizes) comparison.compare(bytes, cases.length, size);
  systematic += cases.length * sizes.length;
}

console.log(`decoder: seed ${seed}, ${strings} random strings`);
if (!isRandomOnly) {
  // Every ModRM byte with every mandatory prefix and REX.W, a selection with the rest.
  for (const prefix of PREFIXES.slice(0, 4)) everywhere(legacy(ALL_MODRM, [prefix]));
  everywhere(legacy(MODRM, PREFIXES.slice(4)));
  everywhere(legacy(ALL_MODRM, REX_PREFIXES.slice(0, 1)), [64]);
  everywhere(legacy(DENSE_MODRM, REX_PREFIXES.slice(1)), [64]);
  everywhere(vex());
  everywhere(withdrawn());
}

const random = new RandomStrings(seed);
const bytes = new Uint8Array(BATCH * SLOT);
for (let done = 0; done < strings; done += BATCH) {
  random.fill(bytes);
  comparison.compare(bytes, Math.min(BATCH, strings - done), CODE_SIZES[(done / BATCH) % CODE_SIZES.length]!);
}

const { found, explained, decoded, invalid } = comparison;
if (list)
  for (const [reason, times] of [...explained].sort()) console.log(`decoder: ${times} times ${reason}`);
for (const [what, example] of found) console.log(`decoder: ${what}: ${example}`);
const meant = [...explained.values()].reduce((sum, times) => sum + times, 0);
console.log(
  `decoder: ${systematic} systematic and ${strings} random strings, ${invalid} of ${decoded} invalid for both, ` +
    `${meant} differences that are meant, ${found.size} that are not, ${((performance.now() - started) / 1000).toFixed(1)} s (seed ${seed})`,
);
process.exitCode = found.size === 0 ? 0 : 1;
