import { isMap } from './overlay.ts';

/*
 * The JSON Schema of scenario files as editors need it, which see a file before it is resolved: `${name}` may stand where a
 * number does, a path where a cluster does, and a file that extends another leaves out what the other has.
 */

type Json = { [key: string]: unknown };

const TEXTS: Json = {
  variable: { type: 'string', pattern: '\\$\\{', description: 'Text with variables.' },
  file: { type: 'string', pattern: '\\.ya?ml$', description: 'A YAML file that holds it.' },
};

/** Subschemas that are as long as this, and are there several times, are written once. */
const LONG = 1000;

/** @param resolved The JSON Schema of a scenario that stands in one file, without variables. */
export function editorSchema(resolved: object): Json {
  const definitions: Json = {};
  const whole = mapped(resolved as Json, withTexts);
  const part = mapped(resolved as Json, (schema, path) => withTexts(partial(schema, path), path));
  const shared = share({ whole, part }, definitions) as { whole: Json; part: Json };
  return {
    definitions: { ...TEXTS, ...definitions },
    if: { required: ['extends'] },
    // biome-ignore lint/suspicious/noThenProperty: JSON Schema calls it so.
    then: shared.part,
    else: shared.whole,
  };
}

/** A copy in which `change` was made to each subschema, the innermost first; paths are the keys of the scenario. */
function mapped(
  schema: Json,
  change: (schema: Json, path: readonly string[]) => Json,
  path: readonly string[] = [],
): Json {
  const made: Json = { ...schema };
  const each = (part: unknown, at: readonly string[]): unknown =>
    isMap(part) ? mapped(part, change, at) : part;
  // What is said before anything is resolved is there as it is.
  const raw = path.length === 1 && ['extends', 'variables', 'sweep'].includes(path[0]!);
  if (raw) return schema;
  if (isMap(schema.properties)) {
    const entries = Object.entries(schema.properties);
    made.properties = Object.fromEntries(entries.map(([key, part]) => [key, each(part, [...path, key])]));
  }
  for (const key of ['items', 'additionalProperties'])
    if (isMap(schema[key])) made[key] = each(schema[key], [...path, '*']);
  // Which of several it is, says the whole: `[]` marks that its place is the same.
  for (const key of ['anyOf', 'oneOf', 'allOf'])
    if (Array.isArray(schema[key]))
      made[key] = schema[key].map((part) => mapped(part as Json, change, [...path, '[]']));
  return change(made, path);
}

/** With text that becomes something else, and paths where files may be named. */
function withTexts(schema: Json, path: readonly string[]): Json {
  const key = path.at(-1);
  if (key === undefined || key === '[]' || 'const' in schema || isText(schema)) return schema;
  const names = ['cluster', 'model'].includes(key) ? ['file', 'variable'] : ['variable'];
  return orAlso(
    schema,
    names.map((name) => ({ $ref: `#/definitions/${name}` })),
  );
}

/** Nothing is required of what is laid on another file; null removes a key, and a map changes a list. */
function partial(schema: Json, path: readonly string[]): Json {
  const { required: _, oneOf, ...rest } = schema;
  const loose: Json = oneOf === undefined ? rest : { ...rest, anyOf: oneOf };
  const key = path.at(-1);
  if (key === undefined || key === '[]' || 'const' in schema) return loose;
  return orAlso(loose, [{ type: 'null' }, ...(schema.type === 'array' ? [{ type: 'object' }] : [])]);
}

/** Whether any text is right already. */
function isText({ type, enum: choices, pattern }: Json): boolean {
  return type === 'string' && choices === undefined && pattern === undefined;
}

function orAlso(schema: Json, others: readonly Json[]): Json {
  const { description, default: preset, anyOf, ...rest } = schema;
  const said = {
    ...(description !== undefined && { description }),
    ...(preset !== undefined && { default: preset }),
  };
  const choices =
    Array.isArray(anyOf) && Object.keys(rest).length === 0
      ? anyOf
      : [anyOf === undefined ? rest : { ...rest, anyOf }];
  return { ...said, anyOf: [...choices, ...others] };
}

/** A copy in which equal long subschemas are references to one definition, named after where it was met first. */
function share(schemas: Json, definitions: Json): Json {
  const seen = new Map<string, number>();
  const count = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if (isSchema(value)) {
      const text = JSON.stringify(value);
      if (text.length >= LONG) {
        seen.set(text, (seen.get(text) ?? 0) + 1);
        // What is in it is there as often as it is.
        if (seen.get(text)! > 1) return;
      }
    }
    for (const part of Object.values(value)) count(part);
  };
  count(schemas);
  const names = new Map<string, string>();
  const copy = (value: unknown, key: string): unknown => {
    if (Array.isArray(value)) return value.map((part) => copy(part, key));
    if (!isMap(value)) return value;
    const inner = (): Json =>
      Object.fromEntries(Object.entries(value).map(([name, part]) => [name, copy(part, nameOf(name, key))]));
    const text = isSchema(value) ? JSON.stringify(value) : '';
    if ((seen.get(text) ?? 0) < 2) return inner();
    let name = names.get(text);
    if (name === undefined) {
      name = key;
      for (let i = 2; Object.hasOwn(definitions, name) || Object.hasOwn(TEXTS, name); i++)
        name = `${key}${i}`;
      names.set(text, name);
      definitions[name] = {};
      definitions[name] = inner();
    }
    return { $ref: `#/definitions/${name}` };
  };
  return copy(schemas, 'scenario') as Json;
}

const KEYWORDS = ['properties', 'items', 'additionalProperties', 'anyOf', 'oneOf', 'allOf'];
const nameOf = (name: string, above: string): string => (KEYWORDS.includes(name) ? above : name);

/** Whether it is a schema, rather than a map of schemas by the keys of the scenario. */
function isSchema(value: object): boolean {
  return ['type', 'anyOf', 'oneOf'].some(
    (key) => typeof (value as Json)[key] === 'string' || Array.isArray((value as Json)[key]),
  );
}
