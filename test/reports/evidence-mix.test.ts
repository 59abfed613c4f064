import { describe, expect, it } from 'vitest';
import { evidenceMix, evidenceMixHtml } from '../../reports/sections/evidence-mix.ts';
import { assumptionsOf } from '../../scenarios/assumptions.ts';
import { parseScenario } from '../../scenarios/load.ts';
import type { Assumption } from '../../scenarios/results.ts';

const fact = (
  what: string,
  evidence: Assumption['evidence'],
  decides?: 'memory' | 'nothing',
): Assumption => ({ what, value: '1 s', evidence, source: 'x', ...(decides && { decides }) });

const scenario = (precision: string): string => `
title: mix
cluster:
  workers: {node: dgx-a100, count: 2}
experiments:
  - kind: placement
    name: place
    model: {name: mnist-cnn, batch: 16, precision: ${precision}}
    placers: [{kind: greedy}]
`;

describe('what times rest on', () => {
  it('counts how numbers are known, and lists the assumed ones', () => {
    const assumptions = [
      fact('a', 'assumed'),
      fact('b', 'measured'),
      fact('c', 'datasheet'),
      fact('d', 'assumed'),
      fact('d', 'assumed'),
      fact('memory', 'assumed', 'memory'),
      fact('power', 'datasheet', 'nothing'),
      fact('<e>', 'scenario'),
    ];
    expect(evidenceMix({ assumptions })).toEqual({
      counts: [
        { evidence: 'measured', count: 1 },
        { evidence: 'datasheet', count: 1 },
        { evidence: 'assumed', count: 3 },
        { evidence: 'scenario', count: 1 },
      ],
      assumed: ['a 1 s', 'd 1 s'],
    });
    const html = evidenceMixHtml({ assumptions });
    expect(html).toContain('Times rest on 6 numbers: measured 1 · datasheet 1 · assumed 3 · scenario 1.');
    // The bar's parts are in proportion, side by side: 1000/6 each.
    expect(html).toContain('<rect class="assumed" x="333.3" y="0" width="500.0" height="10"/>');
    expect(html).toContain('<rect class="scenario" x="833.3" y="0" width="166.7" height="10"/>');
    expect(evidenceMixHtml({ assumptions: [] })).toBe('');
  });

  it('names the numbers of the arithmetic that is used, and the node’s', () => {
    const whats = (precision: string): string[] =>
      assumptionsOf(parseScenario(scenario(precision), 'a.yaml')).map(({ what }) => what);
    const [half, single] = [whats('float16'), whats('float32')];
    expect(half).toContain('a100: peak float16');
    expect(half).not.toContain('a100: peak int8');
    expect(half).not.toContain('a100: peak bfloat16');
    // Products of float32 are computed in TF32.
    expect(single).toContain('a100: peak tf32');
    expect(single).not.toContain('a100: peak float16');
    // Kernels of tensor cores only.
    expect(half).toContain('a100: in float16, share of the peak of large matrix products');
    expect(half).not.toContain('a100: share of the peak of large matrix products');
    expect(half).toContain('dgx-a100: network');
    expect(half).toContain('dgx-a100: power');
  });

  it('leaves out what a host could compute that only feeds accelerators', () => {
    const training = scenario('float16').replace(
      / {2}- kind: placement[\s\S]*/,
      '  - {kind: training, name: t, model: {name: mnist-cnn, batch: 16}, workers: [4], steps: 2, strategies: [{kind: all-reduce}]}\n',
    );
    const timed = assumptionsOf(parseScenario(training, 'a.yaml')).filter(
      ({ what, decides }) => what.startsWith('epyc-7742') && decides === undefined,
    );
    expect(timed.map(({ what }) => what)).toEqual(['epyc-7742: dispatch of one op to an accelerator']);
  });
});
