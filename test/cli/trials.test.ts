import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Results } from '../../scenarios/results.ts';
import { stepcast } from './program.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepcast-trials-'));
  writeFileSync(
    join(folder, 'small.yaml'),
    `title: small
cluster:
  workers: { cpu: xeon-e5-2699v3 }
  parameter_servers: { count: 1, cpu: xeon-e5-2699v3 }
  network: { link: eth-10g }
noise: { compute: { sigma: 0.02 } }
experiments:
  - kind: training
    name: t
    model: { name: mnist-softmax, batch: 8 }
    workers: [2]
    steps: 20
    strategies: [{ kind: sync }]
`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(...args: string[]) {
  const out = join(folder, 'out');
  const outcome = stepcast(['run', join(folder, 'small.yaml'), '-o', out, ...args]);
  const read = () => JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')) as Results;
  return { ...outcome, read };
}

describe('stepcast run --trials', () => {
  it('repeats training so many times, and says so', () => {
    const { code, stdout, read } = run('--trials', '3');
    expect(code).toBe(0);
    expect(stdout).toMatch(/samples\/s \(± [\d.]+ % at 95 % confidence, from 3 trials\)/);
    expect(read().training[0]!.trials).toBe(3);
    expect(read().scenario).toMatchObject({ trials: 3 });
  });

  it('or until the error is small enough', () => {
    const { code, read } = run('--trials', '2%');
    expect(code).toBe(0);
    const { mean, meanInterval } = read().training[0]!.runs[0]!.stepSeconds;
    expect(meanInterval!.halfWidth / mean).toBeLessThanOrEqual(0.02);
    expect(read().scenario).toMatchObject({
      trials: { relative_error: 0.02, confidence: 0.95, at_most: 50 },
    });
  });

  it.each([
    ['some', "option '--trials <number>' argument 'some' is invalid"],
    ['0', 'trials: expected at least 1, got 0'],
    ['80%', 'expected at most 0.5, got 0.8'],
  ])('refuses %s', (trials, message) => {
    const { code, stderr } = run('--trials', trials);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
