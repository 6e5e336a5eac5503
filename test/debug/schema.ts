/** As much of JSON Schema 2020-12 as docs/report.schema.json uses. An unknown keyword is an error, never a pass. */
type Schema = Readonly<Record<string, unknown>>;
const IGNORED = new Set(['$schema', '$id', '$defs', 'title', 'description']);

/** Answers what is wrong, as `path: why`; empty when `value` is valid. */
export function violations(root: Schema, value: unknown): string[] {
  return check(root, root, value, '$');
}

function check(root: Schema, schema: Schema, value: unknown, path: string): string[] {
  return Object.entries(schema).flatMap(([keyword, rule]) => {
    if (IGNORED.has(keyword)) return [];
    const test = KEYWORDS[keyword];
    if (!test) throw new Error(`${path}: the validator does not know ${keyword}`);
    return test(root, rule, value, path, schema);
  });
}

type Keyword = (root: Schema, rule: unknown, value: unknown, path: string, schema: Schema) => string[];

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

const fail = (ok: boolean, path: string, why: string): string[] => (ok ? [] : [`${path}: ${why}`]);

const KEYWORDS: Readonly<Record<string, Keyword>> = {
  $ref: (root, rule, value, path) => {
    const name = String(rule).replace('#/$defs/', '');
    return check(root, (root['$defs'] as Record<string, Schema>)[name]!, value, path);
  },
  anyOf: (root, rule, value, path) => {
    const tried = (rule as Schema[]).map((schema) => check(root, schema, value, path));
    return tried.some((errors) => errors.length === 0) ? [] : tried.flat();
  },
  type: (_root, rule, value, path) => {
    const types = [rule].flat() as string[];
    const ok = types.includes(typeOf(value)) || (types.includes('integer') && Number.isInteger(value));
    return fail(ok, path, `${typeOf(value)} is not ${types.join(' or ')}`);
  },
  const: (_root, rule, value, path) => fail(value === rule, path, `is not ${String(rule)}`),
  enum: (_root, rule, value, path) =>
    fail((rule as unknown[]).includes(value), path, `${String(value)} is not allowed`),
  pattern: (_root, rule, value, path) =>
    fail(
      typeof value !== 'string' || new RegExp(String(rule)).test(value),
      path,
      `${String(value)} does not match ${String(rule)}`,
    ),
  minimum: (_root, rule, value, path) =>
    fail(typeof value !== 'number' || value >= Number(rule), path, 'too small'),
  maximum: (_root, rule, value, path) =>
    fail(typeof value !== 'number' || value <= Number(rule), path, 'too large'),
  required: (_root, rule, value, path) =>
    isObject(value)
      ? (rule as string[]).filter((name) => !(name in value)).map((name) => `${path}: lacks ${name}`)
      : [],
  items: (root, rule, value, path) =>
    Array.isArray(value)
      ? value.flatMap((item, i) => check(root, rule as Schema, item, `${path}[${i}]`))
      : [],
  properties: (root, rule, value, path) =>
    isObject(value)
      ? Object.entries(rule as Record<string, Schema>).flatMap(([name, schema]) =>
          name in value ? check(root, schema, value[name], `${path}.${name}`) : [],
        )
      : [],
  additionalProperties: (root, rule, value, path, schema) => {
    if (!isObject(value)) return [];
    const known = Object.keys((schema['properties'] ?? {}) as object);
    const others = Object.keys(value).filter((name) => !known.includes(name));
    if (rule === false) return others.map((name) => `${path}: ${name} is not allowed`);
    return others.flatMap((name) => check(root, rule as Schema, value[name], `${path}.${name}`));
  },
};
