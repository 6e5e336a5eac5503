import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

/**
 * The house rules as tests: who may import whom, no cycles, no long files, every test mirrors a source file. The table
 * is the one of docs/ARCHITECTURE.md; a room may always import itself and `bits`. `import type` counts.
 */
const ROOMS: Readonly<Record<string, readonly string[] | 'anything'>> = {
  bits: [],
  isa: [],
  bus: [],
  float: [],
  'jit/wasm': [],
  devices: ['bus'],
  state: ['isa'],
  'cpu/decode': ['isa'],
  mmu: ['isa', 'state', 'bus'],
  lab: ['isa', 'mmu'],
  'cpu/execute': ['isa', 'state', 'bus', 'mmu', 'float'],
  cpu: ['isa', 'state', 'bus', 'mmu', 'cpu/decode', 'cpu/execute'],
  jit: ['isa', 'state', 'bus', 'mmu', 'cpu/decode', 'cpu/execute', 'cpu', 'jit/wasm'],
  machine: ['isa', 'state', 'bus', 'mmu', 'cpu/decode', 'cpu/execute', 'cpu', 'jit', 'devices', 'lab'],
  boot: ['isa', 'state', 'bus', 'machine'],
  debug: ['isa', 'state', 'bus', 'mmu', 'cpu/decode', 'cpu/execute', 'cpu', 'machine'],
  cli: 'anything',
  web: 'anything',
  testing: 'anything',
  index: 'anything',
};
/** Rooms that nobody below may import, and that do not import each other. */
const TOP = ['cli', 'web', 'testing'];
/** The only rooms that may import from Node. */
const NODE_ROOMS = ['cli', 'testing'];

const MAX_LINES = 600;
const ROOT = resolve(import.meta.dirname, '..');

function sources(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  return [...text.matchAll(/^\s*(?:import|export)\b[^'";]*?(?:from\s*)?'([^']+)'/gm)].map((m) => m[1]!);
}

/** The room of a file below src/: the longest one whose folder holds it. */
function roomOf(file: string): string {
  const path = relative(join(ROOT, 'src'), file);
  if (!path.includes('/')) return 'index';
  const names = Object.keys(ROOMS).filter((room) => path.startsWith(`${room}/`));
  return names.sort((a, b) => b.length - a.length)[0] ?? `(none: ${path})`;
}

const SRC = sources(join(ROOT, 'src'));
const local = (file: string) =>
  importsOf(file)
    .filter((name) => name.startsWith('.'))
    .map((name) => resolve(dirname(file), name));

describe('the import map', () => {
  test('src holds files at all', () => {
    expect(SRC.length).toBeGreaterThan(50);
  });

  test('every file imports only from rooms its own may see', () => {
    const wrong: string[] = [];
    for (const file of SRC) {
      const room = roomOf(file);
      const allowed = ROOMS[room];
      if (!allowed) wrong.push(`${relative(ROOT, file)}: lies in no room of the table`);
      for (const target of local(file)) {
        const other = roomOf(target);
        if (other === room || other === 'bits') continue;
        const permitted =
          allowed === 'anything' ? room === 'index' || !TOP.includes(other) : allowed?.includes(other);
        if (!permitted)
          wrong.push(
            `${relative(ROOT, file)} imports ${relative(ROOT, target)}: ${room} may not see ${other}`,
          );
      }
    }
    expect(wrong).toEqual([]);
  });

  test('only cli and testing import from Node', () => {
    const wrong = SRC.filter((file) => !NODE_ROOMS.includes(roomOf(file))).flatMap((file) =>
      importsOf(file)
        .filter((name) => name.startsWith('node:'))
        .map((name) => `${relative(ROOT, file)} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  test('there are no import cycles', () => {
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[] = [];
    const visit = (file: string, path: string[]) => {
      if (state.get(file) === 'done') return;
      if (state.get(file) === 'open') {
        cycles.push([...path.slice(path.indexOf(file)), file].map((f) => relative(ROOT, f)).join(' -> '));
        return;
      }
      state.set(file, 'open');
      for (const next of local(file)) if (next.endsWith('.ts')) visit(next, [...path, file]);
      state.set(file, 'done');
    };
    for (const file of SRC) visit(file, []);
    expect(cycles).toEqual([]);
  });
});

describe('the shape of files', () => {
  const all = [...SRC, ...sources(join(ROOT, 'test')), ...sources(join(ROOT, 'bench'))];

  test(`no file is longer than ${MAX_LINES} lines, typeset opcode maps excepted`, () => {
    const long = all
      .filter((file) => !/\/cpu\/decode\/map-[\w-]+\.ts$/.test(file))
      .map((file) => [relative(ROOT, file), readFileSync(file, 'utf8').split('\n').length - 1] as const)
      .filter(([, lines]) => lines > MAX_LINES);
    expect(long).toEqual([]);
  });

  test('every test mirrors a source file or a folder of src, or one of bench', () => {
    const orphans = sources(join(ROOT, 'test'))
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => relative(join(ROOT, 'test'), file))
      .filter((path) => !/^(architecture|guests\/|oracle\/|references\/|images\/|fuzz\/)/.test(path))
      .filter((path) => {
        const stem = path.replace(/\.test\.ts$/, '');
        const parent = stem.replace(/\.[\w-]+$/, '');
        const base = path.startsWith('bench/') ? ROOT : join(ROOT, 'src');
        return ![stem, parent].some((s) => existsSync(join(base, `${s}.ts`)) || existsSync(join(base, s)));
      });
    expect(orphans).toEqual([]);
  });

  test('no BigInt in the rooms that must be fast', () => {
    const wrong = SRC.filter((file) =>
      /^(cpu|mmu|state|jit)\//.test(relative(join(ROOT, 'src'), file)),
    ).filter((file) =>
      /\bBigInt\b|\bBigU?int64Array\b|\b\d+n\b|BigInt64Array|BigUint64Array/.test(
        readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, ''),
      ),
    );
    expect(wrong.map((file) => relative(ROOT, file))).toEqual([]);
  });
});
