import { freshSeed } from '../support/fresh-seed.ts';
import { excludedForms, foreignComponents, hostVendor, lackingForms, usableForms } from './forms.ts';
import { Host } from './host.ts';
import { type Options, Session } from './session.ts';

/**
 * The host processor as oracle: see README.md.
 *
 *     node test/oracle/run.mjs [--cases N] [--seed S] [--only REGEXP] [--all-flags] [--show N] [--list-excluded]
 */
const [program = '', vectors = '', ...words] = process.argv.slice(2);
const options: { -readonly [K in keyof Options]: Options[K] } & { only?: RegExp; list: boolean } = {
  cases: 1_000_000,
  seed: freshSeed(),
  allFlags: false,
  show: 40,
  vendor: hostVendor(),
  foreign: foreignComponents(),
  vectors,
  list: false,
};

function usage(what: string): never {
  console.error(`oracle: ${what}`);
  process.exit(2);
}

for (let n = 0; n < words.length; n++) {
  const word = words[n]!;
  const value = () => words[++n] ?? usage(`${word} needs a value`);
  const count = () => {
    const text = value();
    return /^\d+$/.test(text) ? Number(text) : usage(`${word} needs a number, not ${text}`);
  };
  if (word === '--cases') options.cases = count();
  else if (word === '--seed') options.seed = count();
  else if (word === '--show') options.show = count();
  else if (word === '--only') options.only = new RegExp(value());
  else if (word === '--all-flags') options.allFlags = true;
  else if (word === '--no-vectors') options.vectors = '';
  else if (word === '--list-excluded') options.list = true;
  else usage(`what is ${word}?`);
}

if (options.list) {
  for (const { reason, names } of excludedForms()) console.log(`${reason}:\n    ${names.join(' ')}`);
} else {
  const forms = usableForms(options.only);
  if (forms.length === 0) usage('no form is called that');
  const lacking = lackingForms();
  console.log(
    `oracle: seed ${options.seed}, ${options.cases} cases, ${forms.length} forms of ${new Set(forms.map((f) => f.name)).size} ops, ${options.vendor} processor`,
  );
  for (const [feature, names] of lacking)
    console.log(`oracle: this processor lacks ${feature}: ${names.length} ops (${names.join(' ')})`);
  const mismatches = await new Session(options, forms, new Host(program)).run();
  process.exitCode = mismatches === 0 ? 0 : 1;
}
