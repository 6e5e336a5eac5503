/**
 * docs/instructions.md: what is implemented, a row for each mnemonic, from the opcode maps, the table of handlers, the
 * emitters of the compiled tier, and the tests' own lists. Nothing in it is typed by hand.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode, NEED_MORE } from '../../src/cpu/decode/decode.ts';
import { OP_INDEX, OPS } from '../../src/cpu/decode/tables.ts';
import { missingHandlers } from '../../src/cpu/handlers.ts';
import { CPUID_FEATURES } from '../../src/isa/cpuid.ts';
import { emitterFor } from '../../src/jit/emit/index.ts';
import { endingOfOp } from '../../src/jit/region.ts';
import { hasRoutine } from '../../src/jit/routines.ts';
import { allForms, type Form, isExcluded } from '../oracle/forms.ts';

/** npm and vitest both start in the folder of package.json; the bundle lies elsewhere. */
const ROOT = process.cwd();
const TEST = join(ROOT, 'test');

/** Features that `--cpu` knows. What needs another is decoded, and #UD on every model. */
const KNOWN_FEATURES = new Set<string>(CPUID_FEATURES.map((feature) => feature.name));
/** It decodes every opcode byte of every map. */
const DECODER_TEST = 'cpu/decode/decode.iced.test.ts';

export interface InstructionRow {
  readonly mnemonic: string;
  readonly forms: readonly string[];
  readonly features: readonly string[];
  readonly tier: string;
  readonly tests: readonly string[];
  /** Ops without a handler. */
  readonly missing: readonly string[];
}

/** `VEX.0F38 F7 Gy,Ey,By`: the map, the opcode and the manual's operand codes. */
function formText({ map, row }: Form): string {
  const opcode = row.opcode.toString(16).toUpperCase().padStart(2, '0');
  const prefix = map === 'one-byte' || map === 'x87' ? '' : `${map} `;
  return `${prefix}${opcode}${row.operands.length > 0 ? ` ${row.operands.join(',')}` : ''}`;
}

/** Forms that differ in the register of the opcode or in the operand size are told once: `50+ Zv`. */
function formsText(forms: readonly Form[]): string[] {
  const sized = new Map<string, Set<string>>();
  for (const form of forms) {
    const key = formText(form).replace(/\b([A-Z])[wdq]\b/g, '$1v');
    sized.set(key, (sized.get(key) ?? new Set()).add(formText(form)));
  }
  const texts = [...sized].map(([key, ways]) => (ways.size === 1 ? [...ways][0]! : key));
  const out: string[] = [];
  for (const text of texts) {
    const last = out.at(-1);
    const match = /^(.*?)([0-9A-F]{2})(?:\+\d)?( .*|)$/.exec(text);
    const known = last ? /^(.*?)([0-9A-F]{2})(?:-([0-9A-F]{2}))?( .*|)$/.exec(last) : null;
    const follows =
      match &&
      known &&
      match[1] === known[1] &&
      match[3] === known[4] &&
      Number.parseInt(match[2]!, 16) === Number.parseInt(known[3] ?? known[2]!, 16) + 1;
    if (follows) out[out.length - 1] = `${known[1]}${known[2]}-${match[2]}${match[3]}`;
    else out.push(text);
  }
  return out;
}

function isCompiled(op: number): boolean {
  return emitterFor(op) !== undefined || endingOfOp(op) !== undefined || hasRoutine(op);
}

function tierText(names: readonly string[]): string {
  const compiled = names.filter((name) => isCompiled(OP_INDEX.get(name)!)).length;
  if (compiled === 0) return 'interpreter';
  return compiled === names.length ? 'compiled' : `compiled: ${compiled} of ${names.length} ops`;
}

/** Mnemonics of the committed vectors of real processors, by file. */
function vectorFiles(): [file: string, mnemonics: ReadonlySet<string>][] {
  const lines = (file: string) => readFileSync(join(TEST, 'vectors', file), 'utf8').split('\n');
  const decoded = (file: string, codeSize: 32 | 64) => {
    const mnemonics = new Set<string>();
    for (const line of lines(file)) {
      const bytes = /^([0-9a-f]+) \| /.exec(line)?.[1];
      if (!bytes) continue;
      const insn = decode(Uint8Array.from(Buffer.from(bytes.padEnd(32, '0'), 'hex')), 0, 15, codeSize);
      if (insn !== NEED_MORE) mnemonics.add(OPS[insn.op]!.mnemonic);
    }
    return mnemonics;
  };
  const named = (file: string) =>
    new Set(lines(file).map((line) => line.slice(0, line.indexOf(' ')).toUpperCase()));
  return [
    ['vectors/integer.txt', decoded('integer.txt', 64)],
    ['vectors/bcd.txt', decoded('bcd.txt', 32)],
    ['vectors/float/x87.txt', named('float/x87.txt')],
    ['vectors/float/sse.txt', named('float/sse.txt')],
    ['vectors/float/transcendental.txt', named('float/transcendental.txt')],
  ];
}

/** Test files below test/cpu and test/references, with the words that they mention. */
function unitTests(): [file: string, words: ReadonlySet<string>][] {
  const files = readdirSync(TEST, { recursive: true, encoding: 'utf8' })
    .filter((file) => /^(?:cpu|jit)\/.*\.test\.ts$|^references\/.*\.ts$/.test(file))
    .sort();
  return files.map((file) => {
    const text = readFileSync(join(TEST, file), 'utf8');
    return [file, new Set(text.toUpperCase().match(/\b[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)*\b/g) ?? [])];
  });
}

export function instructionRows(): InstructionRow[] {
  const missing = new Set(missingHandlers());
  const vectors = vectorFiles();
  const units = unitTests();
  const byMnemonic = new Map<string, Form[]>();
  for (const form of allForms()) {
    const { mnemonic } = form.row;
    byMnemonic.set(mnemonic, [...(byMnemonic.get(mnemonic) ?? []), form]);
  }
  return [...byMnemonic]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([mnemonic, forms]) => {
      const names = [...new Set(forms.map((form) => form.name))];
      const isPossible = (one: Form) => one.row.feature === undefined || KNOWN_FEATURES.has(one.row.feature);
      const possible = new Set(forms.filter(isPossible).map((form) => form.name));
      const features = new Set(forms.flatMap(({ row }) => [row.feature ?? '', row.feature256 ?? '']));
      const tried = forms.filter((form) => form.row.in64 && isPossible(form) && !isExcluded(form));
      const tests: string[] = [];
      if (tried.length > 0) tests.push('oracle');
      for (const [file, mnemonics] of vectors) if (mnemonics.has(mnemonic)) tests.push(file);
      if (possible.size === 0) tests.push(DECODER_TEST);
      if (tests.length === 0) {
        const words = [mnemonic, ...names].map((word) => word.toUpperCase());
        const file = units.find(([, known]) => words.some((word) => known.has(word)));
        if (file) tests.push(file[0]);
      }
      return {
        mnemonic,
        forms: formsText(forms),
        features: [...features].filter((feature) => feature !== '').sort(),
        tier: possible.size === 0 ? '#UD' : tierText([...possible]),
        tests,
        missing: [...possible].filter((name) => missing.has(name)),
      };
    });
}

export const INSTRUCTIONS_FILE = join(ROOT, 'docs/instructions.md');

export function instructionsText(rows: readonly InstructionRow[]): string {
  const lines = rows.map(
    ({ mnemonic, forms, features, tier, tests }) =>
      `| ${mnemonic} | ${forms.join('; ')} | ${features.join(' ')} | ${tier} | ${tests.join(' ')} |`,
  );
  return `# Instructions

What is implemented: made by \`npm run docs:instructions\` from the opcode maps, and checked by \`test/cpu/handlers.test.ts\`. Forms
are map, opcode and the manual's operand codes (SDM Vol. 2D, "Key to Abbreviations"; \`v\` stands for the operand sizes that
exist). Feature: what the processor model must have (\`--cpu\`). Tier: \`compiled\` means that the compiled tier has code of its
own for every op of the mnemonic, \`interpreter\` that compiled code calls the interpreter's handler, \`#UD\` that no model
has the feature. Test: \`oracle\` is
\`npm run test:oracle\`, the host processor; everything else is a file below \`test/\`.

| mnemonic | forms | feature | tier | test |
| --- | --- | --- | --- | --- |
${lines.join('\n')}
`;
}
