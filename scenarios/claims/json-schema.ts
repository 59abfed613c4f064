import * as z from 'zod';
import { clusterSchema } from '../cluster-schema.ts';
import { claimFileSchema, METRICS } from './claim.ts';
import { CLAIM_KINDS } from './kinds/index.ts';
import { UNITS } from './units.ts';

type JsonSchema = Record<string, unknown>;

function jsonSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // Bounds of safe integers say nothing to a reader.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return rest;
}

/** Keys of a point beside its kind's fields. */
const OF_POINTS = ['value', 'hardware', 'relative_to', 'note'];

/** What a claim of one kind may have in its workload, its strategy and its points. */
function ofKind(name: string, properties: JsonSchema): JsonSchema {
  const keys = Object.keys(properties);
  const fields = { $ref: `#/definitions/${name}` };
  const only = (more: readonly string[]): JsonSchema => ({ propertyNames: { enum: [...keys, ...more] } });
  const settings = { allOf: [fields, only([])] };
  return {
    if: { properties: { kind: { const: name } } },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: {
      properties: {
        workload: settings,
        strategy: settings,
        points: { items: { allOf: [fields, only(OF_POINTS)], properties: { relative_to: settings } } },
      },
    },
  };
}

/** Each metric goes with its units. */
const ofMetrics = (): JsonSchema[] =>
  Object.keys(METRICS).map((metric) => ({
    if: { properties: { metric: { const: metric } } },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { properties: { unit: { enum: Object.keys(UNITS[metric as keyof typeof UNITS]) } } },
  }));

/** The JSON Schema of files of claims, for editors. */
export function claimsJsonSchema(): object {
  const file = jsonSchema(claimFileSchema) as { properties: Record<string, JsonSchema> };
  const kinds = Object.entries(CLAIM_KINDS).map(([name, { fields, what }]) => {
    const { properties } = jsonSchema(fields) as { properties: JsonSchema };
    return { name, what, properties };
  });
  const claims = file.properties.claims as { items: JsonSchema & { properties: Record<string, JsonSchema> } };
  claims.items.properties.kind = {
    description: kinds.map(({ name, what }) => `${name}: ${what}.`).join(' '),
    enum: kinds.map(({ name }) => name),
  };
  claims.items.allOf = [...kinds.map(({ name, properties }) => ofKind(name, properties)), ...ofMetrics()];
  file.properties.hardware = {
    ...file.properties.hardware,
    additionalProperties: { $ref: '#/definitions/cluster' },
  };
  return {
    title: 'stepcast claims',
    $schema: 'http://json-schema.org/draft-07/schema#',
    ...file,
    definitions: {
      cluster: jsonSchema(clusterSchema),
      ...Object.fromEntries(kinds.map(({ name, properties }) => [name, { properties }])),
    },
  };
}
