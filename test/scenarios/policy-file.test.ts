import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shippedWeights, storedWeights } from '../../placement/learned-list/shipped.ts';
import { readPolicy } from '../../scenarios/policy-file.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepcast-policy-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const weights = storedWeights(shippedWeights());

function read(text: string): ReturnType<typeof readPolicy> {
  const path = join(folder, 'policy.json');
  writeFileSync(path, text);
  return readPolicy(path);
}

describe('a policy in a file', () => {
  it('is read as it was written', () => {
    expect(read(JSON.stringify({ weights }))).toEqual(shippedWeights());
  });

  it.each<[string, string, string]>([
    ['garbage', 'garbage\nof lines', 'not a policy'],
    ['nothing', '', 'not a policy'],
    ['no weights', '{}', 'it lacks weights'],
    ['weights of another network', JSON.stringify({ weights: { ...weights, b1: [0] } }), 'and 16 numbers'],
    [
      'weights for other features',
      JSON.stringify({ provenance: { features: ['height'] }, weights }),
      'other features than this version',
    ],
    ['text', JSON.stringify({ weights: { ...weights, w2: weights.w2.map(String) } }), 'they are no numbers'],
    [
      'no numbers',
      JSON.stringify({ weights: { ...weights, w2: weights.w2.map(() => Number.NaN) } }),
      'no numbers',
    ],
    ['infinity', JSON.stringify({ weights }).replace(/"b1":\[[^,]+/, '"b1":[1e999'), 'they are no numbers'],
    [
      'what no 32-bit number is',
      JSON.stringify({ weights: { ...weights, w2: weights.w2.map(() => 1e39) } }),
      'beyond 32-bit numbers',
    ],
  ])('%s is refused in one line', (_, text, message) => {
    let said = '';
    try {
      read(text);
    } catch (error) {
      said = (error as Error).message;
    }
    expect(said).toContain(message);
    expect(said).toContain('policy.json: not a policy that `stepcast pretrain` wrote');
    expect(said).not.toContain('\n');
  });
});
