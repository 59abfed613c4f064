import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../scenarios/load.ts';
import { runScenario } from '../../scenarios/run.ts';
import type { TrainingScenario } from '../../scenarios/schema.ts';

const source = (strategies: string, above = ''): string => `
title: which?
${above}
cluster:
  workers: { cpu: xeon-e5-2699v3, accelerator: k40 }
  parameter_servers: { count: 1, cpu: xeon-e5-2699v3 }
  network: { link: eth-10g }
noise:
  compute: { sigma: 0.2 }
experiments:
  - { kind: training, name: a, model: { name: mnist-softmax, batch: 4 }, workers: [2], steps: 20${strategies} }
  - { kind: training, name: b, model: { name: mnist-mlp, batch: 4 }, workers: [2], steps: 20, strategies: [async] }
`;

const kinds = (text: string, ...set: string[]): string[][] =>
  parseScenario(text, 'a.yaml', { set }).experiments.map((experiment) =>
    (experiment as TrainingScenario).strategies.map(({ kind }) => kind),
  );

describe('the strategies of a scenario', () => {
  it('are those of each experiment, by name or with options', () => {
    expect(kinds(source(', strategies: [sync, { kind: backup, backups: 1 }]'))).toEqual([
      ['sync', 'backup'],
      ['async'],
    ]);
  });

  it('are compared in all experiments, where the scenario says so', () => {
    expect(kinds(source('', 'compare: [sync, all-reduce]'))).toEqual([
      ['sync', 'all-reduce'],
      ['sync', 'all-reduce'],
    ]);
    expect(kinds(source(', strategies: [sync]'), 'compare=[async, all-reduce]')).toEqual([
      ['async', 'all-reduce'],
      ['async', 'all-reduce'],
    ]);
  });

  it('are one that is set', () => {
    expect(kinds(source('', 'compare: [sync, async]'), 'strategy=all-reduce')).toEqual([
      ['all-reduce'],
      ['all-reduce'],
    ]);
    expect(kinds(source(''), 'strategy={kind: hybrid, groups: 2}')).toEqual([['hybrid'], ['hybrid']]);
  });

  it('have to be somewhere', () => {
    expect(() => kinds(source(''))).toThrow(
      'a.yaml:11:5: experiments.0.strategies: missing; list the strategies here, or for all experiments in `compare`',
    );
    expect(() => kinds(source(''), 'strategy=asink')).toThrow('did you mean "async"?');
    expect(() => kinds(source(''), 'strategy=[sync, async]')).toThrow(
      'strategy: expected one strategy, got a list; `compare` takes several',
    );
    expect(() => kinds(source(''), 'strategy={kind: backup, backups: 1, bakcups: 2}')).toThrow(
      'unknown key; did you mean "backups"?',
    );
  });

  it('are complained about where they are written, once for all experiments', () => {
    const told = (...set: string[]) => {
      try {
        kinds(source('', 'compare: [sync, { kind: backup, backups: 2 }]'), ...set);
      } catch (error) {
        return (error as Error).message;
      }
      return 'nothing';
    };
    const none = '2 of 2 workers as backups leaves none to wait for';
    expect(told()).toBe(`a.yaml:3:17: compare.1: ${none}`);
    const set = 'strategy={kind: backup, backups: 2}';
    expect(told(set)).toBe(`--set ${set}: strategy: ${none}`);
  });

  it('are named where only the graph tells that they cannot be made', async () => {
    const set = ['strategy={kind: pipeline, stages: 2, micro_batches: 2, schedule: interleaved, chunks: 99}'];
    const scenario = parseScenario(source(''), 'a.yaml', { set });
    await expect(runScenario(scenario, { seed: 3 })).rejects.toThrow(
      /^experiment a: pipeline of 2, interleaved.*, 2 workers: mnist-softmax can be cut into at most \d+ stages, not 198; use fewer stages or chunks$/,
    );
  });

  it('share their luck: a strategy has the same figures whatever it is compared with', async () => {
    const runs = async (compare: string) => {
      const scenario = parseScenario(source(''), 'a.yaml', { set: [`compare=${compare}`] });
      const { training } = await runScenario(scenario, { seed: 3 });
      return training[0]!.runs;
    };
    const [alone] = await runs('[async]');
    const both = await runs('[sync, async]');
    expect(both[1]!.stepSeconds).toEqual(alone!.stepSeconds);
    // An update of both workers waits for the slower; asynchronous ones come twice per step.
    expect(both[0]!.stepSeconds.mean).toBeGreaterThan(2 * both[1]!.stepSeconds.mean);
  });
});
