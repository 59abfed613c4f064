import { describe, expect, it } from 'vitest';
import { UserError } from '../../../base/errors.ts';
import { parseSweep } from '../../../scenarios/sweep/load-sweep.ts';
import { SMALL } from '../small.ts';

const plan = (sweep: string, options = {}) => parseSweep(`${SMALL}sweep: ${sweep}\n`, 'a.yaml', options);
const points = (sweep: string, options = {}) => {
  const made = plan(sweep, options);
  return Array.from({ length: made.count }, (_, i) => made.values(i));
};

describe('the points of a sweep', () => {
  it('of a grid: the last path varies fastest, then what --vary adds, then seeds', () => {
    const sweep =
      '{kind: grid, parameters: {trials: [1, 2], cluster.network.link: [eth-1g, eth-10g]}, seeds: 2}';
    const made = plan(sweep, { vary: ['experiments.cnn.steps=[3, 5]'] });
    expect(made.parameters).toEqual(['trials', 'cluster.network.link', 'experiments.cnn.steps']);
    expect(made.count).toBe(16);
    expect([0, 1, 2, 4, 8].map((i) => made.values(i))).toEqual([
      [1, 'eth-1g', 3],
      [1, 'eth-1g', 3],
      [1, 'eth-1g', 5],
      [1, 'eth-10g', 3],
      [2, 'eth-1g', 3],
    ]);
    expect([0, 1, 2, 3].map((i) => made.point(i).scenario.seed)).toEqual([1, 2, 1, 2]);
    expect(made.point(4).scenario).toMatchObject({ trials: 1, cluster: { network: { link: 'eth-10g' } } });
  });

  it('of a grid may be spaced: quantities keep their unit, equal whole numbers are one', () => {
    expect(
      points('{kind: grid, parameters: {x: {from: 1 Gb/s, to: 100 Gb/s, scale: log, points: 3}}}'),
    ).toEqual([['1 Gb/s'], ['10 Gb/s'], ['100 Gb/s']]);
    expect(points('{kind: grid, parameters: {x: {from: 500 Mb/s, to: 1.5 Gb/s, points: 3}}}').flat()).toEqual(
      ['500 Mb/s', '1000 Mb/s', '1500 Mb/s'],
    );
    expect(
      points('{kind: grid, parameters: {x: {from: 1, to: 3, points: 9, integer: true}}}').flat(),
    ).toEqual([1, 2, 3]);
  });

  it('of a list are those that are listed, under the listed seeds', () => {
    const made = plan('{kind: list, points: [{trials: 2}, {trials: 3}], seeds: [9, 4]}');
    expect(Array.from({ length: 4 }, (_, i) => [made.values(i)[0], made.point(i).scenario.seed])).toEqual([
      [2, 9],
      [2, 4],
      [3, 9],
      [3, 4],
    ]);
    expect(() => plan('{kind: list, points: [{trials: 2}], seeds: [9]}', { seed: 3 })).toThrow(
      /sweep\.seeds/,
    );
  });

  it('of a Latin hypercube lie one in each stratum of each parameter', () => {
    const n = 64;
    const drawn = points(
      `{kind: latin-hypercube, samples: ${n}, parameters: {a: {from: 0, to: 1}, b: {from: 1 ms, to: 1 s, scale: log}, c: [x, y], d: {from: 1, to: ${n}, integer: true}}}`,
    );
    const strata = (p: number, share: (value: unknown) => number): number[] =>
      drawn.map((values) => Math.floor(share(values[p]) * n)).sort((a, b) => a - b);
    const each = Array.from({ length: n }, (_, i) => i);
    expect(strata(0, Number)).toEqual(each);
    expect(strata(1, (text) => Math.log10(Number(String(text).replace(' ms', ''))) / 3)).toEqual(each);
    expect(drawn.filter((values) => values[2] === 'x')).toHaveLength(n / 2);
    expect(drawn.map((values) => values[3]).sort((a, b) => Number(a) - Number(b))).toEqual(
      each.map((i) => i + 1),
    );
  });

  it('that are drawn depend on the seed and their own path only', () => {
    for (const kind of ['random', 'latin-hypercube']) {
      const of = (parameters: string, seed = 1) =>
        points(`{kind: ${kind}, samples: 9, seed: ${seed}, parameters: {${parameters}}}`).map(
          ([first]) => first,
        );
      const alone = of('a: {from: 0, to: 1}');
      expect(of('a: {from: 0, to: 1}, b: [1, 2]')).toEqual(alone);
      expect(of('a: {from: 0, to: 1}', 2)).not.toEqual(alone);
      expect(new Set(alone).size).toBe(9);
    }
  });

  it('that make no scenario are named with the line of the value', () => {
    const made = plan('{kind: grid, parameters: {cluster.network.link: [eth-1g, eth-11g]}}');
    expect(() => made.point(0)).not.toThrow();
    expect(() => made.point(1)).toThrow(UserError);
    expect(() => made.point(1)).toThrow(
      /^a\.yaml:23:65: cluster\.network\.link: unknown link "eth-11g".*\na\.yaml:23:1: sweep: this is run 1 of 2, with cluster\.network\.link = "eth-11g"$/,
    );
  });

  it('may leave a key out, whether it is there or not', () => {
    const made = plan(
      '{kind: grid, parameters: {noise: [null, {stragglers: {probability: 0.5, slowdown: 2}}], failures: [null]}}',
    );
    expect(made.point(0).scenario.noise.stragglers.probability).toBe(0);
    expect(made.point(1).scenario.noise.stragglers.probability).toBe(0.5);
  });

  it('are refused where there are too many', () => {
    const list = `[${Array.from({ length: 1001 }, (_, i) => i).join(',')}]`;
    expect(() => plan(`{kind: grid, parameters: {seed: ${list}, trials: ${list}}}`)).toThrow(
      /a\.yaml:23:1: sweep: 1002001 runs are more than 1000000/,
    );
  });

  it('have one fingerprint where they are the same', () => {
    const one = '{kind: grid, parameters: {trials: [1, 2]}}';
    expect(plan(one).fingerprint).toBe(plan(one).fingerprint);
    expect(plan(one).fingerprint).not.toBe(plan(one.replace('2', '3')).fingerprint);
    expect(plan(one).fingerprint).not.toBe(plan(one, { seed: 2 }).fingerprint);
  });
});
