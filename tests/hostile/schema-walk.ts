// Reads an OpenAPI document's schemas: what a body needs at least, and every field that one may have.

export type Schema = {
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  prefixItems?: Schema[];
  minItems?: number;
  minLength?: number;
  minimum?: number;
  exclusiveMinimum?: number;
  pattern?: string;
  format?: string;
};

export type Path = (string | number)[];

/** Texts for patterns; the first that fits is taken. */
const FITTING = ['a', '1', 'python', 'INC-1', 'R-1', 'CWE-89', '1.0.0', 'pypi', 'a'.repeat(64), 'eu-west'];

const branchesOf = ({ anyOf, oneOf }: Schema) => anyOf ?? oneOf ?? [];

/** A value that the schema takes, no larger than it must be; `seeds` by the name of the field come first. */
export function sampleOf(schema: Schema, seeds: Record<string, unknown>, name = '', pick = 0): unknown {
  if (name in seeds) return seeds[name];
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[pick % schema.enum.length];
  const branches = branchesOf(schema);
  if (branches.length > 0) return sampleOf(branches[pick % branches.length] ?? {}, seeds, '', pick);
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((each) => sampleOf(each, seeds, '', pick)));
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (type) {
    case 'object': {
      const needed = Object.entries(schema.properties ?? {}).filter(([key]) =>
        schema.required?.includes(key),
      );
      return Object.fromEntries(needed.map(([key, each]) => [key, sampleOf(each, seeds, key, pick)]));
    }
    case 'array': {
      if (schema.prefixItems) return schema.prefixItems.map((each) => sampleOf(each, seeds, '', pick));
      return Array.from({ length: schema.minItems ?? 0 }, () =>
        sampleOf(schema.items ?? {}, seeds, '', pick),
      );
    }
    case 'integer':
    case 'number':
      return Math.max(schema.minimum ?? 1, (schema.exclusiveMinimum ?? 0) + 1);
    case 'boolean':
      return true;
    case 'string': {
      if (schema.format === 'uuid') return '01a00000-0000-7000-8000-000000000001';
      if (schema.format === 'date-time') return new Date(Date.now() + 3_600_000).toISOString();
      const fits = FITTING.find((text) => new RegExp(schema.pattern ?? '').test(text)) ?? 'a';
      return fits.padEnd(schema.minLength ?? 0, 'a');
    }
    default:
      return null;
  }
}

/** Every field of the schema with one body that has it: by branch of each choice, the field's own schema last. */
export function* fieldsOf(
  schema: Schema,
  seeds: Record<string, unknown>,
  base: unknown = sampleOf(schema, seeds),
  at: Path = [],
): Generator<{ path: Path; base: unknown; schema: Schema }> {
  if (at.length > 8) return;
  yield { path: at, base, schema };
  const branches = branchesOf(schema);
  for (const branch of branches) {
    const isShape = branch.type === 'object' || branch.type === 'array' || branchesOf(branch).length > 0;
    if (!isShape) continue;
    const inner = replaced(base, at, sampleOf(branch, seeds));
    for (const field of fieldsOf(branch, seeds, inner, at)) if (field.path.length > at.length) yield field;
  }
  for (const [key, each] of Object.entries(schema.properties ?? {})) {
    const path = [...at, key];
    const inner = has(base, path) ? base : replaced(base, path, sampleOf(each, seeds, key));
    yield* fieldsOf(each, seeds, inner, path);
  }
  if (schema.items) {
    const path = [...at, 0];
    const inner = has(base, path) ? base : replaced(base, path, sampleOf(schema.items, seeds));
    yield* fieldsOf(schema.items, seeds, inner, path);
  }
  if (
    typeof schema.additionalProperties === 'object' &&
    Object.keys(schema.additionalProperties).length > 0
  ) {
    const path = [...at, 'key'];
    yield* fieldsOf(schema.additionalProperties, seeds, replaced(base, path, 'a'), path);
  }
}

function has(value: unknown, [key, ...rest]: Path): boolean {
  if (key === undefined) return true;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return false;
  return has((value as Record<string, unknown>)[key], rest);
}

/** A copy of the value with something else at the path; what lies on the way is made. */
export function replaced(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by;
  if (typeof key === 'number') {
    const list = Array.isArray(value) ? [...value] : [];
    list[key] = replaced(list[key], rest, by);
    return list;
  }
  const known = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  return { ...known, [key]: replaced((known as Record<string, unknown>)[key], rest, by) };
}

/** What a field may be in JSON, of all its choices; empty where anything may stand. */
export function kindsOf(schema: Schema): Set<string> {
  const own = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  const values = [...(schema.enum ?? []), ...(schema.const === undefined ? [] : [schema.const])];
  return new Set([
    ...own.map((kind) => (kind === 'integer' ? 'number' : kind)),
    ...values.map((value) => typeof value),
    ...branchesOf(schema).flatMap((branch) => [...kindsOf(branch)]),
  ]);
}
