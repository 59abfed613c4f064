import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { claimsJsonSchema } from '../../../scenarios/claims/json-schema.ts';
import { CLAIM_KINDS } from '../../../scenarios/claims/kinds/index.ts';

it('the committed schema of claims is that of the program (stepcast schema --claims)', () => {
  expect(JSON.parse(readFileSync('schema/claims.schema.json', 'utf8'))).toEqual(
    JSON.parse(JSON.stringify(claimsJsonSchema())),
  );
});

it('editors know the fields of every kind', () => {
  const { definitions } = claimsJsonSchema() as { definitions: Record<string, { properties: object }> };
  for (const kind of Object.keys(CLAIM_KINDS))
    expect(Object.keys(definitions[kind]!.properties).length).toBeGreaterThan(3);
  expect(definitions.gpt!.properties).toHaveProperty('tensor');
  expect(definitions.cluster!.properties).toHaveProperty('workers');
});
