/**
 * What is computed when the package is bundled and not whenever it starts: the tables of the decoder, the handler of
 * each op, which a name space would have to be asked for by name 2,500 times, and the interpreter of records. Each module is replaced by one that exports
 * what it would have computed; run from the sources, as tests do, everything computes itself.
 */
import { rolldown } from 'rolldown';

const GROW = 'src/cpu/decode/grow.ts';
const NAMED_HANDLERS = 'src/cpu/named-handlers.ts';
const RECORDS = 'src/jit/records/made.ts';

/** Bundles a module and its imports alone, and loads it. */
async function load(input) {
  const bundle = await rolldown({ input, platform: 'node', logLevel: 'silent' });
  const { output } = await bundle.generate({ format: 'esm' });
  await bundle.close();
  return import(`data:text/javascript;base64,${Buffer.from(output[0].code).toString('base64')}`);
}

/** A quoted string is read much faster than the same as an expression of the language. */
function quoted(value) {
  return `JSON.parse(${JSON.stringify(JSON.stringify(value))})`;
}

async function grownTables() {
  return constantsOf(await load(GROW));
}

async function recordTables() {
  return constantsOf(await load(RECORDS));
}

/** A module of tables and of what JSON can tell. */
function constantsOf(exports) {
  const lines = Object.entries(exports).map(([name, value]) => {
    const text = ArrayBuffer.isView(value)
      ? `${value.constructor.name}.from(${quoted([...value])})`
      : quoted(value);
    return `export const ${name} = ${text};`;
  });
  return lines.join('\n');
}

async function namedHandlers() {
  const { NAMED_HANDLERS: handlers, OP_NAMES: names } = await load(NAMED_HANDLERS);
  const list = names.map((name, op) => (handlers[op] ? `groups.${name}` : 'undefined'));
  return `import * as groups from './execute/index.ts';\nexport { OP_NAMES } from './decode/ops.ts';\nexport const NAMED_HANDLERS = [${list.join(',')}];`;
}

/** The plugin of rolldown. */
export function precompute() {
  const modules = [
    [GROW, grownTables],
    [NAMED_HANDLERS, namedHandlers],
    [RECORDS, recordTables],
  ];
  return {
    name: 'precompute',
    load(id) {
      return modules.find(([file]) => id.endsWith(`/${file}`))?.[1]();
    },
  };
}
