import { describe, expect, it } from 'vitest';
import { UserError } from '../../base/errors.ts';
import { checkpointPolicy, disturbanceSettings, isRandom } from '../../scenarios/disturbances.ts';
import { parseScenario } from '../../scenarios/load.ts';
import type { Results } from '../../scenarios/results.ts';
import { parseResults } from '../../scenarios/results-schema.ts';
import { runScenario } from '../../scenarios/run.ts';

/** Two synchronous workers on a slow network; `more`: further keys of the scenario. */
const scenario = (more = '', set: string[] = []) =>
  parseScenario(
    `
title: disturbed
cluster:
  workers: { cpu: xeon-e5-2699v3 }
  parameter_servers: { count: 1, cpu: xeon-e5-2699v3 }
  network: { bandwidth: "1 Gb/s", latency: "0 s" }
${more}
experiments:
  - kind: training
    name: t
    model: { name: mnist-mlp, batch: 8 }
    workers: [2]
    steps: 40
    strategies: [{ kind: sync }]
`,
    'a.yaml',
    { set },
  );

const ask = (more = '', set: string[] = []): Promise<Results> =>
  runScenario(scenario(more, set), { seed: 1 });

/** The messages about a scenario, without their places. */
function problems(more: string): string[] {
  try {
    scenario(more);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message.split('\n').map((line) => line.replace(/^a\.yaml:\d+:\d+: /, ''));
  }
  return [];
}

describe('what a scenario says', () => {
  it('becomes settings in SI units', () => {
    const resolved = scenario(`
noise:
  compute: { sigma: 0.1, op_sigma: 0.2, empirical: bytedance-se }
  device_spread: 0.03
  transients: { every: "10 min", last: "5 s", slowdown: 3 }
  links:
    - { kind: slow, link: "worker/0 -> switch", speed: 0.5 }
    - { kind: flapping, link: "ps/0 <-> switch", up: "1 h", down: "200 ms" }
failures:
  mtbf: { host: "30 d", repair: "10 min" }
  script: [{ at: "2 min", host: worker/1 }]
  detect: "1 s"
  restart: "30 s"
  checkpoint: { every: "15 min", write: "2 s", restore: "4 s" }
`);
    expect(disturbanceSettings(resolved)).toMatchObject({
      steps: { sigma: 0.1, stragglerProbability: 0, stragglerSlowdown: 1 },
      empirical: { id: 'bytedance-se' },
      opSigma: 0.2,
      deviceSigma: 0.03,
      transients: { everySeconds: 600, lastSeconds: 5, slowdown: 3, hosts: 'worker/*' },
      slowLinks: [{ link: 'worker/0 -> switch', factor: 0.5 }],
      flappingLinks: [{ link: 'ps/0 <-> switch', upSeconds: 3600, downSeconds: 0.2, factor: 0 }],
      randomFailures: {
        hostSeconds: 30 * 86_400,
        deviceSeconds: Number.POSITIVE_INFINITY,
        repairSeconds: 600,
        hosts: '*',
      },
      scriptedFailures: [{ seconds: 120, host: 'worker/1', repairSeconds: Number.POSITIVE_INFINITY }],
    });
    expect(checkpointPolicy(resolved)).toEqual({
      everyUpdates: Number.POSITIVE_INFINITY,
      everySeconds: 900,
      writeSeconds: 2,
      detectSeconds: 1,
      restartSeconds: 30,
      restoreSeconds: 4,
    });
  });

  it('is luck or not', () => {
    const random = (more: string) => isRandom(disturbanceSettings(scenario(more)));
    expect(random('')).toBe(false);
    expect(random('noise: { stragglers: { probability: 0.1 } }')).toBe(false);
    expect(random('noise: { links: [{ kind: slow, link: "* -> switch", speed: 0.5 }] }')).toBe(false);
    expect(random('failures: { script: [{ at: "1 s", host: ps/0 }] }')).toBe(false);
    expect(random('noise: { compute: { sigma: 0.01 } }')).toBe(true);
    expect(random('noise: { stragglers: { probability: 0.1, slowdown: 2 } }')).toBe(true);
    expect(random('failures: { mtbf: { device: "1 d" } }')).toBe(true);
  });

  it.each([
    [
      'noise: { compute: { empirical: bytedance } }',
      'noise.compute.empirical: unknown table of durations "bytedance"; did you mean "bytedance-ar"?',
    ],
    [
      'noise: { transients: { every: "1 s", last: "1 s", slowdown: 2, hosts: "workr/*" } }',
      'noise.transients.hosts: unknown host "workr/*"; did you mean "worker/0"?',
    ],
    [
      'noise: { links: [{ kind: slow, link: "worker/0", speed: 0.5 }] }',
      'noise.links.0.link: expected a link such as "worker/0 -> switch" (one direction) or "worker/* <-> switch" (both), got "worker/0"',
    ],
    [
      'noise: { links: [{ kind: slow, link: "worker/7 -> switch", speed: 0.5 }] }',
      'noise.links.0.link: unknown link "worker/7 → switch"; did you mean "worker/0 → switch"?',
    ],
    [
      'noise: { links: [{ kind: slw, link: "worker/0 -> switch", speed: 0.5 }] }',
      'noise.links.0.kind: unknown kind of disturbed link "slw"; did you mean "slow"?',
    ],
    [
      'noise: { links: [{ kind: slow, link: "worker/7 <-> switch", speed: 0.5 }] }',
      'noise.links.0.link: unknown link "worker/7 → switch"; did you mean "worker/0 → switch"?',
    ],
    [
      'noise: { links: [{ kind: slow, link: "worker/0 <-> switch", speed: 0 }] }',
      'noise.links.0.speed: expected more than 0, got 0',
    ],
    ['failures: { mtbf: { repair: "1 s" } }', 'failures.mtbf: of what? set host or device, such as "30 d"'],
    ['failures: { script: [{ at: "1 s" }] }', 'failures.script.0.host: missing; give a host or a device'],
    [
      'failures: { script: [{ at: "1 s", host: worker/2 }] }',
      'failures.script.0.host: unknown host "worker/2"; did you mean "worker/0"?',
    ],
    [
      'failures: { script: [{ at: "1 s", host: worker/1, device: "*" }] }',
      'failures.script.0.host: give either a host or a device, not both',
    ],
    [
      'failures: { script: [{ at: 5, host: worker/1 }] }',
      'failures.script.0.at: expected a time such as "20 us", got 5; the unit is missing',
    ],
    [
      'failures: { checkpoint: { every: often, write: "1 s", restore: "1 s" } }',
      'failures.checkpoint.every: expected a time such as "20 us", got "often"',
    ],
    ['failures: { checkpoint: { every: 100, write: "1 s" } }', 'failures.checkpoint.restore: missing'],
    [
      'runtime: { network: store-and-forward }\nnoise: { links: [{ kind: slow, link: "* -> *", speed: 0.5 }] }',
      'noise.links: links keep their speed in this network model; set runtime.network to fluid',
    ],
    [
      'trials: many',
      'trials: expected a number of trials such as 10, or a map such as {relative_error: 0.02}, got "many"',
    ],
    ['trials: { relative_eror: 0.02 }', 'trials: relative_eror: unknown key; did you mean "relative_error"?'],
  ])('%s is told', (more, message) => {
    expect(problems(more)).toContain(message);
  });

  it('numbers are not computed where machines fail', () => {
    const failing = 'failures: { script: [{ at: "1 s", host: worker/1 }] }';
    expect(() => scenario(failing, ['experiments.t.numbers={dataset: mnist}'])).toThrow(
      'numbers cannot be computed where machines fail; leave out numbers or failures',
    );
  });
});

describe('what it does', () => {
  const run = async (more = '', set: string[] = []) => (await ask(more, set)).training[0]!.runs[0]!;

  it('all links at half speed are a network of half the bandwidth', async () => {
    const halved = await run('', ['cluster.network.bandwidth=500 Mb/s']);
    const slow = await run('noise: { links: [{ kind: slow, link: "* <-> *", speed: 0.5 }] }');
    expect(slow.simulatedSeconds / halved.simulatedSeconds).toBeCloseTo(1, 9);
    expect(slow.simulatedSeconds).toBeGreaterThan(1.5 * (await run()).simulatedSeconds);
  });

  it('a worker that fails costs its repair, noticing, starting and the step that it was in', async () => {
    const calm = await run();
    const step = calm.stepSeconds.p50;
    const at = 10.5 * step;
    const failed = await run(
      `failures: { script: [{ at: "${at} s", host: worker/1, repair: "3 s" }], detect: "2 s", restart: "1 s" }`,
    );
    expect(failed.losses).toEqual({ failures: 1, restarts: 0, updatesLost: 0 });
    const cost = failed.simulatedSeconds - calm.simulatedSeconds;
    expect(cost).toBeGreaterThan(6);
    expect(cost).toBeLessThan(6 + step);
    expect(failed.stopped).toBeNull();
  });

  it('a parameter server that fails costs all updates since the last checkpoint', async () => {
    const calm = await run();
    const step = calm.stepSeconds.p50;
    const text = (checkpoint: string) =>
      `failures: { script: [{ at: "${25.5 * step} s", host: ps/0, repair: "3 s" }]${checkpoint} }`;
    const from10 = await run(text(', checkpoint: { every: 10, write: "0 s", restore: "1 s" }'));
    const from0 = await run(text(''));
    expect(from10.losses).toMatchObject({ failures: 1, restarts: 1 });
    // Made: 24 to 26, as the first step may take longer; kept: 20.
    expect(from10.losses.updatesLost).toBeGreaterThanOrEqual(4);
    expect(from10.losses.updatesLost).toBeLessThanOrEqual(6);
    expect(from0.losses.updatesLost - from10.losses.updatesLost).toBe(20);
    // One more second to read the checkpoint, 20 steps fewer to make again.
    expect(from0.simulatedSeconds - from10.simulatedSeconds).toBeCloseTo(20 * step - 1, 6);
    // By time: the checkpoint that begins at the first update after 10 steps of time, and so on.
    const byTime = await run(
      text(`, checkpoint: { every: "${9.5 * step} s", write: "0 s", restore: "1 s" }`),
    );
    expect(byTime.losses.updatesLost).toBe(from10.losses.updatesLost);
  });

  it('who is never repaired ends synchronous training with a reason, and the results can be read back', async () => {
    const results = await ask('failures: { script: [{ at: "1 ms", host: worker/1 }] }');
    const [only] = results.training[0]!.runs;
    expect(only!.stopped).toContain('worker/1');
    expect(only!.samplesPerSecond).toBeGreaterThanOrEqual(0);
    expect(results.answers[0]).toContain('no run reaches its end');
    expect(results.training[0]!.timeline).toBeNull();
    expect(parseResults(JSON.parse(JSON.stringify(results)), 'results.json')).toEqual(results);
    expect(results.assumptions.some(({ what }) => what === 'failure of worker/1')).toBe(true);
  });

  it('a job that fails faster than it can move is given up', async () => {
    const hopeless = await run('failures: { mtbf: { host: "1 ms", hosts: "ps/*", repair: "1 ms" } }');
    expect(hopeless.stopped).toMatch(/^given up at .*, after 10001 failures/);
  });
});
