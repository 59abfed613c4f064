import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../base/errors.ts';
import { byteCount } from '../../graph/tensor-spec.ts';
import { DATASETS, MODELS, PLACERS, STRATEGIES } from '../../scenarios/catalog.ts';
import { type LoadOptions, loadScenario, parseScenario } from '../../scenarios/load.ts';
import { trainingGraph } from '../../scenarios/model-summary.ts';
import { PLACER_KINDS } from '../../scenarios/placer-schema.ts';
import { type PlacementScenario, scenarioJsonSchema, type TrainingScenario } from '../../scenarios/schema.ts';
import { SMALL } from './small.ts';

/** The messages about a scenario, a line each; fails where there are none. */
function problems(source: string, options?: LoadOptions): string[] {
  try {
    parseScenario(source, 'a.yaml', options);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message.split('\n');
  }
  throw new Error('the scenario was accepted');
}

/** The messages after one change of the small scenario. */
function changed(from: string | RegExp, to: string): string[] {
  const source = SMALL.replace(from, to);
  expect(source).not.toBe(SMALL);
  return problems(source);
}

/** What this process has worked, whatever else the machine does. */
function cpuMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

describe('a good scenario', () => {
  it('is resolved: defaults filled in', () => {
    const scenario = parseScenario(SMALL, 'a.yaml');
    const cpu = 'xeon-e5-2699v3';
    expect(scenario.seed).toBe(1);
    expect(scenario.description).toBe('');
    expect(scenario.cluster).toEqual({
      workers: { count: 1, cpu, accelerator: 'k40', accelerators: 1, bus: 'pcie3-x16' },
      parameter_servers: { count: 2, cpu },
      network: { link: 'eth-10g' },
    });
    expect(scenario.noise).toEqual({ compute: { sigma: 0 }, stragglers: { probability: 0.05, slowdown: 4 } });
    const [training, placement] = scenario.experiments as [TrainingScenario, PlacementScenario];
    expect(training.model).toEqual({ name: 'mnist-cnn', batch: 16, precision: 'float32' });
    expect(training.learning_rate).toBe(0.1);
    expect(training.numbers).toEqual({ dataset: 'mnist', held_out: 1000, evaluations: 12 });
    expect(placement.placers).toEqual([{ kind: 'greedy' }, { kind: 'reinforce' }]);
    expect(placement).toMatchObject({ objective: 'step-time', seeds: 1, soft_placement: false });
  });

  it('has no noise where it says nothing of it, and CPU workers where it names no accelerator', () => {
    const source = SMALL.replace(/noise:\n.*\n/, '').replace(', accelerator: k40', '');
    const { cluster, noise } = parseScenario(source, 'a.yaml');
    expect(noise).toEqual({ compute: { sigma: 0 }, stragglers: { probability: 0, slowdown: 1 } });
    expect(cluster.workers.accelerators).toBe(0);
  });

  it('may have line breaks in its description', () => {
    expect(parseScenario(`description: |\n  one\n  two\n${SMALL}`, 'a.yaml').description).toBe('one\ntwo\n');
  });

  it('may describe its network in place', () => {
    const source = SMALL.replace('link: eth-10g', 'bandwidth: "10 Gb/s"\n    latency: 0 us');
    expect(parseScenario(source, 'a.yaml').cluster.network).toEqual({
      bandwidth: '10 Gb/s',
      latency: '0 us',
    });
  });

  it('needs no parameter servers for placement alone', () => {
    const source = SMALL.replace(/ {2}parameter_servers.*\n/, '').replace(
      / {2}- kind: training[\s\S]*mnist}\n/,
      '',
    );
    expect(parseScenario(source, 'a.yaml').experiments).toHaveLength(1);
  });

  it.each([
    '/device:GPU:0',
    '/device:GPU:*',
    '/gpu:1',
    '/job:worker/task:2',
    '/job:worker/task:2/device:CPU:0',
  ])('may name devices: %s', (device) => {
    const set = [
      'cluster.workers.count=3',
      'cluster.workers.accelerators=2',
      `experiments.where.placers=[{kind: single-device, device: "${device}"}]`,
    ];
    const [, placement] = parseScenario(SMALL, 'a.yaml', { set }).experiments as [unknown, PlacementScenario];
    expect(placement.placers).toEqual([{ kind: 'single-device', device }]);
  });

  it.each(Object.keys(MODELS))('is read in little time, whatever it asks of %s', (model) => {
    const start = cpuMilliseconds();
    const set = [
      `experiments.0.model={name: ${model}, batch: 1000000}`,
      'experiments.0.numbers=',
      'experiments.0.workers=[1000]',
      'cluster.workers.count=100',
    ];
    try {
      parseScenario(SMALL, 'a.yaml', { set });
    } catch (error) {
      // A thousand replicas of the largest graphs are refused, and that quickly too.
      expect((error as Error).message).toMatch(/would take about [\d.]+ GB of memory/);
    }
    expect(cpuMilliseconds() - start).toBeLessThan(2000);
  });

  it.each([
    ['{name: gpt, batch: 1, layers: 2, width: 64, heads: 4}', undefined],
    ['{name: gpt, batch: 1, layerz: 2}', /model\.layerz: unknown key; did you mean "layers"\?/],
    [
      '{name: gpt, batch: 1, sampled: 2}',
      /model\.sampled: unknown setting of gpt "sampled"; choose one of: layers, /,
    ],
    ['{name: mnist-cnn, batch: 1, layers: 2}', /model\.layers: mnist-cnn has no settings/],
    ['{name: rnnlm, batch: 1, layers: 200}', /model\.layers: expected a whole number from 1 to 16, got 200/],
    ['{name: gpt, batch: 1, layers: 0}', /model\.layers: expected at least 1, got 0/],
    ['{name: gpt, batch: 1, heads: 5}', /model\.heads: 5 heads do not divide a width of 768/],
  ])('takes the settings of a model: %s', (model, problem) => {
    const set = [`experiments.0.model=${model}`, 'experiments.0.numbers='];
    const parse = () => parseScenario(SMALL, 'a.yaml', { set });
    if (problem === undefined)
      expect(parse().experiments[0]!.model).toMatchObject({ name: 'gpt', layers: 2 });
    else expect(parse).toThrow(problem);
  });

  it('refuses placements on more devices than there is memory for what is between any two', () => {
    const parse = (hosts: number) => () =>
      parseScenario(SMALL, 'a.yaml', {
        set: [
          `cluster.workers.count=${hosts}`,
          'experiments=[{kind: placement, name: a, model: {name: mnist-mlp, batch: 2}, placers: [heft]}]',
        ],
      });
    expect(parse(500)).not.toThrow();
    expect(parse(2000)).toThrow(
      /placing mnist-mlp on 4000 devices would take about 1\d(\.\d+)? GB of memory/,
    );
  });

  it('takes placers on devices that an experiment uses only', () => {
    const experiment = (accelerators: number): string =>
      `experiments=[{kind: placement, name: a, model: {name: mnist-mlp, batch: 2}, accelerators: ${accelerators}, placers: [{kind: single-device, device: "/device:GPU:2"}]}]`;
    const parse = (accelerators: number) => () =>
      parseScenario(SMALL, 'a.yaml', {
        set: ['cluster.workers.accelerators=4', experiment(accelerators)],
      });
    expect(parse(3)).not.toThrow();
    expect(parse(2)).toThrow(/no device of the workers is "\/device:GPU:2"; there are .*device:GPU:0…1$/);
  });

  it('takes networks that only infer where a step is placed, on a device for inference', () => {
    const set = [
      'cluster.workers.accelerator=tpu-v1',
      'experiments=[{kind: placement, name: a, model: {name: mlp0, batch: 200}, placers: [{kind: greedy}]}]',
    ];
    expect(parseScenario(SMALL, 'a.yaml', { set }).experiments[0]!.model).toMatchObject({ name: 'mlp0' });
    const on = (device: string) => () =>
      parseScenario(SMALL, 'a.yaml', { set: [...set, `cluster.workers.accelerator=${device}`] });
    expect(on('k40')).toThrow(/model\.name: mlp0 computes in int8, which k40 has no arithmetic for/);
    const precise = [...set, 'experiments.a.model.precision=float16'];
    expect(() => parseScenario(SMALL, 'a.yaml', { set: precise })).toThrow(
      /model\.precision: mlp0 computes in int8; leave this out/,
    );
    const trained = ['experiments.0.model={name: mlp0, batch: 1}', 'experiments.0.numbers='];
    expect(() => parseScenario(SMALL, 'a.yaml', { set: trained })).toThrow(/unknown model "mlp0"/);
  });

  it('takes the seed of the caller first', () => {
    expect(parseScenario(SMALL, 'a.yaml', { seed: 7 }).seed).toBe(7);
  });

  it.each(['quickstart', 'placement'])('is scenarios/%s.yaml', (name) => {
    expect(loadScenario(`scenarios/${name}.yaml`).experiments.length).toBeGreaterThan(0);
  });
});

describe('one clear line, with its place and what to write instead', () => {
  it.each<[what: string, from: string | RegExp, to: string, message: unknown]>([
    [
      'a misspelt key',
      'link: eth-10g',
      'bandwith: 10 Gb/s\n    latency: 20 us',
      'a.yaml:6:5: cluster.network.bandwith: unknown key; did you mean "bandwidth"?',
    ],
    [
      'a misspelt key that had to be there',
      'network:',
      'netwrok:',
      'a.yaml:5:3: cluster.netwrok: unknown key; did you mean "network"?',
    ],
    [
      'a key that is like no other',
      'steps: 10',
      'steps: 10\n    colour: red',
      'a.yaml:15:5: experiments.0.colour: unknown key; choose one of: kind, name, title, model, workers, steps, learning_rate, learning_rate_scaling, parameter_servers, strategies, numbers',
    ],
    [
      'a missing key',
      /\n {2}network:\n.*/,
      '',
      'a.yaml:2:1: cluster.network: missing; expected a map of keys',
    ],
    [
      'a negative bandwidth',
      'link: eth-10g',
      'bandwidth: -10 Gb/s\n    latency: 20 us',
      'a.yaml:6:16: cluster.network.bandwidth: expected a data rate such as "10 Gb/s", got "-10 Gb/s"; it must not be negative',
    ],
    [
      'a bandwidth of nothing',
      'link: eth-10g',
      'bandwidth: 0 Gb/s\n    latency: 20 us',
      'a.yaml:6:16: cluster.network.bandwidth: expected at least 1 kb/s, got "0 Gb/s"',
    ],
    [
      'a quantity without a unit',
      'link: eth-10g',
      'bandwidth: 10\n    latency: 20 us',
      'a.yaml:6:16: cluster.network.bandwidth: expected a data rate such as "10 Gb/s", got 10; the unit is missing',
    ],
    [
      'half a network',
      'link: eth-10g',
      'bandwidth: 10 Gb/s',
      'a.yaml:5:3: cluster.network.latency: missing; a network without a link needs one, such as "20 us"',
    ],
    [
      'two networks',
      'link: eth-10g',
      'link: eth-10g\n    latency: 20 us',
      'a.yaml:6:11: cluster.network.link: give either a link of the catalog or a bandwidth and a latency, not both',
    ],
    [
      'an unknown device',
      'accelerator: k40',
      'accelerator: k41',
      'a.yaml:3:57: cluster.workers.accelerator: unknown accelerator "k41"; did you mean "k40"?',
    ],
    [
      'an unknown link',
      'eth-10g',
      'eth-10gb',
      'a.yaml:6:11: cluster.network.link: unknown link "eth-10gb"; did you mean "eth-10g"?',
    ],
    [
      'an unknown model',
      'mnist-cnn',
      'mnist-cn',
      'a.yaml:12:19: experiments.0.model.name: unknown model "mnist-cn"; did you mean "mnist-cnn"?',
    ],
    [
      'an unknown placer',
      'kind: greedy',
      'kind: gredy',
      'a.yaml:22:22: experiments.1.placers.0.kind: unknown kind of placer "gredy"; did you mean "greedy"?',
    ],
    [
      'an unknown strategy',
      'kind: sync',
      'kind: synch',
      'a.yaml:16:15: experiments.0.strategies.0.kind: unknown kind of strategy "synch"; did you mean "sync"?',
    ],
    [
      'an unknown kind of experiment',
      'kind: placement',
      'kind: placing',
      'a.yaml:19:11: experiments.1.kind: unknown kind of experiment "placing"; choose one of: training, placement, inference',
    ],
    [
      'an unknown data set',
      'dataset: mnist',
      'dataset: mnst',
      'a.yaml:18:24: experiments.0.numbers.dataset: unknown dataset "mnst"; did you mean "mnist"?',
    ],
    [
      'zero workers',
      'workers: [1, 2]',
      'workers: [0, 2]',
      'a.yaml:13:15: experiments.0.workers.0: expected at least 1, got 0',
    ],
    [
      'zero worker hosts',
      'workers: {count: 1',
      'workers: {count: 0',
      'a.yaml:3:20: cluster.workers.count: expected at least 1, got 0',
    ],
    [
      'half a worker',
      'workers: [1, 2]',
      'workers: [1.5]',
      'a.yaml:13:15: experiments.0.workers.0: expected a whole number, got 1.5',
    ],
    [
      'no workers at all',
      'workers: [1, 2]',
      'workers: []',
      'a.yaml:13:14: experiments.0.workers: expected at least 1 entry, got none',
    ],
    [
      'the same number of workers twice',
      'workers: [1, 2]',
      'workers: [1, 2, 1]',
      'a.yaml:13:21: experiments.0.workers.2: 1 is in the list twice',
    ],
    [
      'zero parameter servers',
      'count: 2',
      'count: 0',
      'a.yaml:4:30: cluster.parameter_servers.count: training by parameter servers needs at least 1; set cluster.parameter_servers.count',
    ],
    [
      'parameter servers forgotten',
      / {2}parameter_servers.*\n/,
      '',
      'a.yaml:2:1: cluster.parameter_servers: training by parameter servers needs at least 1; set cluster.parameter_servers.count',
    ],
    [
      'parameter servers misspelt',
      'parameter_servers',
      'parameter_server',
      'a.yaml:4:3: cluster.parameter_server: unknown key; did you mean "parameter_servers"?',
    ],
    [
      'more backups than workers',
      'backups: 1',
      'backups: 2',
      'a.yaml:17:9: experiments.0.strategies.1: 2 of 2 workers as backups leaves none to wait for; with other numbers of workers of this experiment neither',
    ],
    [
      'numbers of a model that the data set does not fit',
      'mnist-cnn',
      'inception-v3',
      'a.yaml:18:24: experiments.0.numbers.dataset: inception-v3 cannot be trained on mnist; leave out numbers, or choose one of: mnist-softmax, mnist-mlp, mnist-cnn, lenet-5',
    ],
    [
      'more samples held out than there are',
      'dataset: mnist',
      'dataset: mnist, held_out: 10000',
      'a.yaml:18:41: experiments.0.numbers.held_out: mnist has 10000 samples; holding out 10000 leaves less than a batch of 16',
    ],
    [
      'more steps computed than simulated',
      'dataset: mnist',
      'dataset: mnist, steps: 11',
      'a.yaml:18:38: experiments.0.numbers.steps: 11 steps cannot be computed of 10 that are simulated; raise steps or lower this',
    ],
    [
      'two experiments of one name',
      'name: where',
      'name: cnn',
      'a.yaml:20:11: experiments.1.name: "cnn" is the name of experiments.0 already; names must differ',
    ],
    [
      'a name that cannot name a file',
      'name: where',
      'name: ../where',
      'a.yaml:20:11: experiments.1.name: expected at most 40 of a–z, 0–9, "-", "_" and ".", got "../where"',
    ],
    [
      'a probability above 1',
      'probability: 0.05',
      'probability: 5',
      'a.yaml:8:29: noise.stragglers.probability: expected at most 1, got 5',
    ],
    [
      'a straggler that runs ahead',
      'slowdown: 4',
      'slowdown: 0.5',
      'a.yaml:8:45: noise.stragglers.slowdown: expected at least 1, got 0.5',
    ],
    [
      'a precision that the device does not have',
      'batch: 32',
      'batch: 32, precision: bfloat16',
      'a.yaml:21:55: experiments.1.model.precision: k40 has no bfloat16 arithmetic; it has float32',
    ],
    [
      'a device for inference only',
      'accelerator: k40',
      'accelerator: tpu-v1',
      expect.stringMatching(
        /^a\.yaml:3:57: cluster\.workers\.accelerator: tpu-v1 is for inference only: it has int8 arithmetic; choose one that trains: k20, k20x, k40, /,
      ),
    ],
    [
      'a device that the cluster does not have',
      '{kind: greedy}',
      '{kind: single-device, device: "/device:GPU:1"}',
      'a.yaml:22:45: experiments.1.placers.0.device: no device of the workers is "/device:GPU:1"; there are /job:worker/task:0/device:CPU:0 and /job:worker/task:0/device:GPU:0',
    ],
    [
      'a device that no cluster has',
      '{kind: greedy}',
      '{kind: single-device, device: "/device:GPPU:1"}',
      'a.yaml:22:45: experiments.1.placers.0.device: device specification "/device:GPPU:1": unknown kind of device "GPPU"; did you mean "GPU"?',
    ],
    [
      'more workers than fit in memory',
      /mnist-cnn, batch: 16}\n.*\n([\s\S]*)\n {4}numbers.*/,
      'inception-v3, batch: 16}\n    workers: [10000]\n$1',
      expect.stringMatching(
        /^a\.yaml:13:14: experiments\.0\.workers: 10000 workers would take about \d+(\.\d+)? GB of memory; at most 4 GB: lower workers$/,
      ),
    ],
    [
      'more updates than fit in memory',
      /workers: \[1, 2\]\n.*\n/,
      'workers: [1, 2000]\n    steps: 1000000\n',
      expect.stringMatching(
        /^a\.yaml:14:12: experiments\.0\.steps: 1000000 steps would take about \d+(\.\d+)? GB of memory; at most 4 GB: lower steps$/,
      ),
    ],
    [
      'more numbers than fit in memory',
      /batch: 16}\n.*\n/,
      'batch: 8000}\n    workers: [100]\n',
      expect.stringMatching(
        /^a\.yaml:12:37: experiments\.0\.model\.batch: the numbers of 100 workers with a batch of 8000 would take about \d+(\.\d+)? GB of memory; at most 4 GB: lower batch or workers$/,
      ),
    ],
    [
      'more devices than fit in memory',
      'workers: {count: 1',
      'workers: {accelerators: 64, count: 1000',
      expect.stringMatching(
        /^a\.yaml:3:38: cluster\.workers\.count: placing inception-v3 on 65000 devices would take about \d+(\.\d+)? TB of memory; at most 4 GB: lower cluster\.workers\.count or accelerators$/,
      ),
    ],
    [
      'accelerators of no model',
      'accelerator: k40',
      'accelerators: 2',
      'a.yaml:3:58: cluster.workers.accelerators: of which model? set cluster.workers.accelerator too, e.g. k40',
    ],
    [
      'nothing after a key',
      'steps: 10',
      'steps:',
      'a.yaml:14:5: experiments.0.steps: expected a whole number, got nothing',
    ],
    [
      'text for a map',
      /network:\n.*/,
      'network: fast',
      'a.yaml:5:12: cluster.network: expected a map of keys, got "fast"',
    ],
    ['no title', 'A small one', '""', 'a.yaml:1:8: title: expected some text, got none'],
    [
      'a syntax error',
      'workers: [1, 2]',
      'workers: [1, 2',
      'a.yaml:14:5: not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['a tab', '    link', '\tlink', 'a.yaml:6:1: not valid YAML: Tabs are not allowed as indentation'],
    [
      'a duplicate key',
      'steps: 10',
      'steps: 10\n    steps: 20',
      'a.yaml:15:5: duplicate key "steps"; it is in this map already',
    ],
    [
      'a tag',
      'steps: 10',
      'steps: !!js/function 10',
      'a.yaml:14:12: not valid YAML: Unresolved tag: tag:yaml.org,2002:js/function',
    ],
    [
      'an alias of nothing',
      'steps: 10',
      'steps: *ten',
      'a.yaml:14:12: unknown alias "*ten"; no anchor of this name comes before it',
    ],
    [
      'a second document',
      /$/,
      '---\ntitle: another\n',
      'a.yaml:23:1: a second document begins here; a scenario is one document',
    ],
    [
      'a bandwidth beyond reason',
      'link: eth-10g',
      'bandwidth: 1e-300 b/s\n    latency: 20 us',
      'a.yaml:6:16: cluster.network.bandwidth: expected at least 1 kb/s, got "1e-300 b/s"',
    ],
    [
      'a latency beyond reason',
      'link: eth-10g',
      'bandwidth: 10 Gb/s\n    latency: 1e300 s',
      'a.yaml:7:14: cluster.network.latency: expected at most 1 h, got "1e300 s"',
    ],
    [
      'noise beyond reason',
      'stragglers:',
      'compute: {sigma: 1.5}\n  stragglers:',
      'a.yaml:8:20: noise.compute.sigma: expected at most 1, got 1.5',
    ],
    [
      'a straggler that never arrives',
      'slowdown: 4',
      'slowdown: 1001',
      'a.yaml:8:45: noise.stragglers.slowdown: expected at most 1000, got 1001',
    ],
    [
      'a number that no computer counts to',
      'steps: 10',
      'steps: 9007199254740993',
      'a.yaml:14:12: experiments.0.steps: expected at most 1000000, got 9007199254740992',
    ],
    [
      'a map for a kind',
      'kind: greedy',
      'kind: {a: 1}',
      `a.yaml:22:22: experiments.1.placers.0.kind: expected one of ${PLACER_KINDS.join(', ')}, got a map of keys`,
    ],
    [
      'the same placer twice',
      '{kind: greedy}',
      '{kind: greedy}, {kind: greedy}',
      'a.yaml:22:31: experiments.1.placers.1: is in the list twice',
    ],
    [
      'control characters in a title',
      'A small one',
      '"red \\e[31m"',
      'a.yaml:1:8: title: control characters are not allowed in it, got "red \\u001b[31m"',
    ],
    [
      'characters that turn the direction of writing',
      'name: cnn',
      'name: cnn\n    title: "a\u202eb"',
      'a.yaml:12:12: experiments.0.title: control characters are not allowed in it, got "a\\u202eb"',
    ],
    [
      'control characters in a key',
      'steps: 10',
      'steps: 10\n    "\\e[2J\\nerror: none": 1',
      expect.stringMatching(
        /^a\.yaml:15:5: experiments\.0\.\\u001b\[2J\\u000aerror: none: unknown key; choose/,
      ),
    ],
    [
      'a long name',
      'mnist-cnn',
      'm'.repeat(1000),
      expect.stringMatching(/^a\.yaml:12:19: experiments\.0\.model\.name: unknown model "m{59}…"; choose/),
    ],
    [
      'a long device',
      '{kind: greedy}',
      `{kind: single-device, device: ${'d'.repeat(1000)}}`,
      expect.stringMatching(/: expected a device such as "\/device:GPU:0", got "d{59}…"$/),
    ],
  ])('%s', (_, from, to, message) => {
    expect(changed(from, to)).toEqual([message]);
  });

  it.each([
    ['', 'a.yaml:1:1: the file is empty; scenarios/quickstart.yaml shows what belongs here'],
    ['# nothing yet\n', 'a.yaml:1:1: the file is empty; scenarios/quickstart.yaml shows what belongs here'],
    ['- a list\n', 'a.yaml:1:1: expected a map of keys, got a list'],
    ['just text\n', 'a.yaml:1:1: expected a map of keys, got "just text"'],
    ['['.repeat(100_000), expect.stringMatching(/^a\.yaml:1:\d+: nested too deeply$/)],
  ])('a file that is no map: %.12j', (source, message) => {
    expect(problems(source)).toEqual([message]);
  });

  it('a tower of aliases', () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) => `x${i}: &x${i} [${`*x${i - 1}, `.repeat(i === 0 ? 0 : 9)}1]`,
    );
    expect(problems(levels.join('\n'))).toEqual([
      'a.yaml:12:60: not valid YAML: Excessive alias count indicates a resource exhaustion attack',
    ]);
  });
});

describe('several problems', () => {
  it('are told in the order of the file, a line each', () => {
    const source = SMALL.replace('accelerator: k40', 'accelerator: k41')
      .replace('steps: 10', 'stesp: 10')
      .replace('[1, 2]', '[0]');
    expect(problems(source).map((line) => line.replace(/: .*/, ''))).toEqual([
      'a.yaml:3:57',
      'a.yaml:13:15',
      'a.yaml:14:5',
    ]);
  });

  it('are cut after ten', () => {
    const lines = problems(SMALL + Array.from({ length: 14 }, (_, i) => `wrong_${i}: 1\n`).join(''));
    expect(lines).toHaveLength(11);
    expect(lines[10]).toBe('a.yaml: and 4 more problems');
  });

  it('are found in little time, however many there are', () => {
    const start = cpuMilliseconds();
    const lines = problems(SMALL + Array.from({ length: 50_000 }, (_, i) => `wrong_${i}: 1\n`).join(''));
    expect(lines[9]).toMatch(/^a\.yaml:32:1: wrong_9: unknown key; /);
    expect(lines[10]).toBe('a.yaml: and 49990 more problems');
    const numbers = `[${Array.from({ length: 50_000 }, () => '0').join(',')}]`;
    expect(problems(SMALL.replace('[1, 2]', numbers))).toHaveLength(1);
    expect(cpuMilliseconds() - start).toBeLessThan(5000);
  });

  it('include every contradiction', () => {
    const source = SMALL.replace('count: 2', 'count: 0').replace('backups: 1', 'backups: 5');
    expect(problems(source)).toHaveLength(2);
  });
});

describe('--set', () => {
  const set = (...changes: string[]) => parseScenario(SMALL, 'a.yaml', { set: changes });
  const wrong = (...changes: string[]) => problems(SMALL, { set: changes });

  it('changes, adds and reaches into lists by number, name or kind', () => {
    const scenario = set(
      'cluster.network.link=eth-25g',
      'noise.compute.sigma=0.1',
      'experiments.0.workers=[4, 8]',
      'experiments.cnn.steps = 3',
      'experiments.cnn.strategies.backup.backups=2',
      'title="a: b"',
    );
    const training = scenario.experiments[0] as TrainingScenario;
    expect(scenario.cluster.network).toEqual({ link: 'eth-25g' });
    expect(scenario.noise.compute.sigma).toBe(0.1);
    expect(training).toMatchObject({ workers: [4, 8], steps: 3 });
    expect(training.strategies[1]).toMatchObject({ kind: 'backup', backups: 2 });
    expect(scenario.title).toBe('a: b');
  });

  it('removes a key that is given no value', () => {
    const scenario = set('noise=', 'experiments.0.numbers = null', 'cluster.workers.accelerator=');
    expect(scenario.noise).toEqual({ compute: { sigma: 0 }, stragglers: { probability: 0, slowdown: 1 } });
    expect(scenario.experiments[0]).not.toHaveProperty('numbers');
    expect(scenario.cluster.workers.accelerators).toBe(0);
  });

  it('is applied before anything is checked', () => {
    const source = SMALL.replace('eth-10g', 'eth-11g');
    const { cluster } = parseScenario(source, 'a.yaml', { set: ['cluster.network.link=eth-40g'] });
    expect(cluster.network).toEqual({ link: 'eth-40g' });
  });

  it.each([
    ['cluster.network.bandwith=3', 'cluster.network.bandwith: unknown key; did you mean "bandwidth"?'],
    ['clutser.network.link=eth-1g', 'clutser: unknown key; did you mean "cluster"?'],
    [
      'cluster.workers.accelerator=k41',
      'cluster.workers.accelerator: unknown accelerator "k41"; did you mean "k40"?',
    ],
    ['cluster.parameter_servers.count=0', /training by parameter servers needs at least 1/],
    [
      'cluster.network={}',
      'cluster.network.link: missing; give a link of the catalog, or a bandwidth and a latency',
    ],
    ['title=', 'title: missing; expected text'],
    ['noise.sigma=', 'noise has no "sigma" to remove'],
    ['experiments.cnn.numbers.dataset=null', /^experiments\.0\.numbers\.dataset: missing; expected text$/],
    ['experiments.rnn.steps=1', 'experiments has no entry "rnn"; it has cnn, where'],
    ['experiments.2.steps=1', 'experiments has no entry "2"; it has cnn, where'],
    ['title.size=1', 'title has no keys; its value is "A small one"'],
    ['seed=-1', 'seed: expected at least 0, got -1'],
    ['seed=[', 'not a YAML value: Flow sequence must end with a ]'],
    ['seed', 'expected path=value, e.g. --set cluster.workers.accelerator=k40'],
    ['=1', 'expected path=value, e.g. --set cluster.workers.accelerator=k40'],
    ['a..b=1', 'the path has an empty part; write it as a.b.c'],
    ['__proto__.polluted=1', /^__proto__: unknown key/],
    ['cluster.__proto__={"polluted": 1}', /^cluster\.__proto__: unknown key/],
  ])('%s is refused by its own name', (change, message) => {
    const [line, ...more] = wrong(change);
    expect(more).toEqual([]);
    const start = `--set ${change}: `;
    expect(line!.slice(0, start.length)).toBe(start);
    expect(line!.slice(start.length)).toEqual(
      typeof message === 'string' ? message : expect.stringMatching(message),
    );
    expect({}).not.toHaveProperty('polluted');
  });

  it('does not take the blame for what the file says', () => {
    const lines = problems(SMALL.replace('eth-10g', 'eth-11g'), { set: ['cluster.workers.count=2'] });
    expect(lines).toEqual([expect.stringMatching(/^a\.yaml:6:11: /)]);
  });
});

describe('files', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'stepcast-load-'));
    writeFileSync(join(folder, 'quickstart.yaml'), SMALL);
    writeFileSync(join(folder, 'binary.yaml'), Uint8Array.of(0x80, 0xff, 0x00));
    writeFileSync(join(folder, 'huge.yaml'), `${SMALL}${'# filler\n'.repeat(120_000)}`);
    writeFileSync(join(folder, 'bom.yaml'), `\ufeff${SMALL.replaceAll('\n', '\r\n')}`);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('may begin with a byte order mark and end lines as Windows does', () => {
    expect(loadScenario(join(folder, 'bom.yaml')).title).toBe('A small one');
  });

  it.each([
    ['quikstart.yaml', /^.*quikstart\.yaml: no such file; did you mean ".*\/quickstart\.yaml"\?$/],
    ['something-else.yaml', /: no such file; \S+ has binary\.yaml, bom\.yaml, huge\.yaml, quickstart\.yaml$/],
    ['nowhere/a.yaml', /: no such file; there is no folder \S+nowhere either$/],
    ['quickstart.yaml/a.yaml', /: no such file; /],
    ['.', /: this is a folder; name a scenario in it; /],
    ['binary.yaml', /: not a text file; a scenario is YAML in UTF-8$/],
    ['huge.yaml', /: too large for a scenario; at most 1000000 bytes$/],
  ])('%s is refused', (name, message) => {
    expect(() => loadScenario(`${folder}/${name}`)).toThrow(UserError);
    expect(() => loadScenario(`${folder}/${name}`)).toThrow(message);
  });
});

describe('the largest batch', () => {
  it.each(Object.keys(MODELS))('of %s has tensors that numbers count exactly', (name) => {
    const { spec } = trainingGraph(MODELS[name]!, 1_000_000, 'float32', 1);
    expect(Math.max(...spec.map(byteCount))).toBeLessThan(2 ** 53);
  });
});

describe('the JSON Schema', () => {
  // After a change: node bin/stepcast.mjs schema > schema/scenario.schema.json && npx biome check --write schema
  it('is the committed one', () => {
    const committed = JSON.parse(readFileSync('schema/scenario.schema.json', 'utf8'));
    expect(committed).toEqual(JSON.parse(JSON.stringify(scenarioJsonSchema())));
  });

  it('offers every name of the catalog', () => {
    const text = JSON.stringify(scenarioJsonSchema());
    const names = [MODELS, PLACERS, STRATEGIES, DATASETS].flatMap((list) => Object.keys(list));
    for (const name of [...names, 'k40', 'eth-10g']) expect(text).toContain(`"${name}"`);
  });

  it('leaves out what has a default, and what a file may have from another that it extends', () => {
    const schema = scenarioJsonSchema() as Record<
      'then' | 'else',
      { required?: string[]; properties: object }
    >;
    expect(schema.else.required).toEqual(['title', 'cluster', 'experiments']);
    expect(schema.then.required).toBeUndefined();
    for (const half of [schema.then, schema.else])
      expect(Object.keys(half.properties)).toEqual(
        expect.arrayContaining(['extends', 'variables', 'sweep', 'noise']),
      );
  });

  it('refers to definitions that it has', () => {
    const schema = scenarioJsonSchema() as { definitions: object };
    const named = Array.from(
      JSON.stringify(schema).matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g),
      ([, name]) => name!,
    );
    expect([...new Set(named)].sort()).toEqual(Object.keys(schema.definitions).sort());
  });
});
