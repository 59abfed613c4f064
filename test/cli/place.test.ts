import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { float32 } from '../../graph/tensor.ts';
import type { Results } from '../../scenarios/results.ts';
import { node, onnxFile } from '../graph/import/onnx/onnx-file.ts';
import { type Outcome, stepcast } from './program.ts';

/* `stepcast place` as a user types it. */

const FILES = ['report.html', 'results.json', 'trace.json', 'placements.csv', 'placement.json'];

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);
const read = (...names: string[]): string => readFileSync(at(...names), 'utf8');
const resultsOf = (output: string): Results => JSON.parse(read(output, 'results.json')) as Results;

function place(output: string, model: string, ...options: string[]): Outcome {
  return stepcast(['place', model, '-o', at(output), ...options]);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepcast-place-'));
  writeFileSync(
    at('model.onnx'),
    onnxFile(
      {
        inputs: [['x', 'float32', ['batch', 3]]],
        initializers: { w: float32([3, 2], [1, 2, 3, 4, 5, 6]), v: float32([3, 2], [6, 5, 4, 3, 2, 1]) },
        nodes: [
          node('MatMul', ['x', 'w'], ['a']),
          node('MatMul', ['x', 'v'], ['b']),
          node('Add', ['a', 'b'], ['y']),
        ],
        outputs: ['y'],
      },
      14,
    ),
  );
  const inputs = [['x', 'float32', [1]]] as const;
  writeFileSync(at('idle.onnx'), onnxFile({ inputs, nodes: [], outputs: ['x'] }, 14));
  writeFileSync(at('empty.onnx'), onnxFile({ inputs: [], nodes: [], outputs: [] }, 14));
  writeFileSync(at('other.json'), '{"name": "something else"}');
  writeFileSync(at('garbage.json'), 'garbage');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('stepcast place', () => {
  const QUESTION = [
    '--cluster',
    'dgx-1',
    '--placer',
    'heft,annealing',
    '--evaluations',
    '200',
    '--seeds',
    '3',
  ];
  let first: Outcome;
  beforeAll(() => {
    first = place('one', 'mnist-cnn', ...QUESTION, '--jobs', '1');
  }, 60_000);

  it('prints a row per placer, the best first, with the bound as what it is', () => {
    expect(first.code).toBe(0);
    const [header, ...rows] = first.stdout.split('\n');
    for (const column of ['step (median)', 'least – most', 'above bound', 'memory', 'evaluations'])
      expect(header).toContain(column);
    expect(new Set(rows.slice(0, 3).map((row) => row.split(/[, ]/)[0]))).toEqual(
      new Set(['heft', 'annealing', 'single-device']),
    );
    expect(first.stdout).toContain('a bound, not a measurement');
    expect(first.stdout).toContain(`Placement: ${at('one', 'placement.json')}`);
    for (const name of FILES) expect(existsSync(at('one', name)), name).toBe(true);
  });

  it('keeps what it is asked: draws of placers that draw, evaluations to the last one, no step below the bounds', () => {
    const [experiment] = resultsOf('one').placement;
    expect(
      experiment!.runs.map(({ placer, draws, evaluations }) => [placer, draws.count, evaluations]),
    ).toEqual([
      ['single-device', 1, 9],
      ['heft', 1, 0],
      ['annealing', 3, 200],
    ]);
    const bound = Math.max(...Object.values(experiment!.bounds));
    for (const run of experiment!.runs) {
      expect(run.draws.leastSeconds).toBeGreaterThanOrEqual(bound * (1 - 1e-9));
      expect(run.stepSeconds).toBeGreaterThanOrEqual(run.draws.leastSeconds * (1 - 1e-9));
      expect(run.stepSeconds).toBeLessThanOrEqual(run.draws.mostSeconds * (1 + 1e-9));
      expect(run.robustness!.leastSeconds).toBeLessThanOrEqual(run.robustness!.medianSeconds);
    }
    const least = Math.min(...experiment!.runs.map((run) => run.draws.leastSeconds));
    expect(experiment!.portfolio.stepSeconds).toBe(least);
  });

  it('gives the same files, byte for byte, on two threads as on one, and others from another seed', () => {
    expect(place('two', 'mnist-cnn', ...QUESTION, '--jobs', '2').code).toBe(0);
    for (const name of FILES) expect(read('two', name) === read('one', name), name).toBe(true);
    expect(place('seed', 'mnist-cnn', ...QUESTION, '--jobs', '2', '--seed', '2').code).toBe(0);
    expect(read('seed', 'results.json') === read('one', 'results.json')).toBe(false);
  }, 60_000);

  it('takes the placement that it found back in, with the same step time', () => {
    const { code, stdout } = place(
      'again',
      'mnist-cnn',
      ...[
        '--cluster',
        'dgx-1',
        '--placer',
        'heft',
        '--placement',
        at('one', 'placement.json'),
        '--jobs',
        '1',
      ],
    );
    expect(code).toBe(0);
    expect(stdout).toContain(`file ${at('one', 'placement.json')}`);
    const again = resultsOf('again').placement[0]!.runs.find(({ placer }) => placer === 'file')!;
    const { portfolio } = resultsOf('one').placement[0]!;
    expect(again.stepSeconds).toBe(portfolio.stepSeconds);
    expect(again.deviceOf).toEqual(portfolio.deviceOf);
    const file = JSON.parse(read('one', 'placement.json')) as { nodes: Record<string, string> };
    for (const device of Object.values(file.nodes))
      expect(device).toMatch(/^\/job:[a-z]+\/task:\d+\/device:[A-Z]+:\d+$/);
  });

  it('reads a placement from standard input, on any number of threads', () => {
    const text = read('one', 'placement.json');
    for (const jobs of ['1', '2']) {
      const options = ['--cluster', 'dgx-1', '--placer', 'heft,etf', '--placement', '-', '--jobs', jobs];
      const { code, stdout } = stepcast(['place', 'mnist-cnn', '-o', at('piped'), ...options], {}, text);
      expect(code).toBe(0);
      expect(stdout).toContain('file -');
    }
  });

  it('places the inference of a model file', () => {
    const { code } = place(
      'onnx',
      at('model.onnx'),
      ...['--cluster', 'dgx-1', '--placer', 'greedy,etf', '--dim', 'batch=4', '--jobs', '1'],
    );
    expect(code).toBe(0);
    const [experiment] = resultsOf('onnx').placement;
    expect(experiment!.model).toMatchObject({ trainingFlopsPerSample: null, parameters: 12 });
    // Inputs come from a CPU.
    const x = experiment!.portfolio.deviceOf[experiment!.nodes.indexOf('x')]!;
    expect(experiment!.runs[0]!.devices[x]!.device).toMatch(/CPU:0$/);
  });

  it.each([
    ['throughput', /a step/],
    ['peak-memory', /needs the least of the fullest device's memory/],
  ])('compares by %s', (objective, said) => {
    const { code, stdout } = place(
      objective,
      'mnist-mlp',
      ...['--cluster', 'dgx-1', '--placer', 'heft,m-topo', '--objective', objective, '--jobs', '1'],
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(said);
    const [experiment] = resultsOf(objective).placement;
    expect(experiment!.objective).toBe(objective);
    const scores = experiment!.runs.map(({ score }) => score);
    expect(experiment!.portfolio.score).toBe(Math.min(...scores));
  });

  it('compares by cost where the machine has a price: what a step costs is its time at that price', () => {
    const { code, stdout } = place(
      'cost',
      'mnist-mlp',
      ...['--cluster', 'aws-p3-16xlarge', '--placer', 'heft', '--objective', 'cost', '--jobs', '1'],
    );
    expect(code).toBe(0);
    expect(stdout).toContain('a million steps');
    for (const { score, stepSeconds } of resultsOf('cost').placement[0]!.runs)
      expect(score).toBeCloseTo((stepSeconds * 24.48) / 3600, 15);
  });
});

describe('stepcast place, asked what cannot be: one line, and no file', () => {
  const on = (...more: string[]): string[] => ['--cluster', 'dgx-1', '--jobs', '1', ...more];
  const heft = ['--placer', 'heft'];

  it.each<[string, string, readonly string[], RegExp]>([
    ['a model', 'nosuch', on(), /unknown model "nosuch"/],
    [
      'a placer',
      'mnist-mlp',
      on('--placer', 'heftt'),
      /--placer heftt: unknown placer "heftt"; did you mean "heft"\?/,
    ],
    [
      'a cluster',
      'mnist-mlp',
      ['--cluster', 'dgx-l'],
      /--cluster dgx-l: unknown node "dgx-l"; did you mean "dgx-1"\?/,
    ],
    ['a scenario for its cluster', 'mnist-mlp', ['--cluster', 'nosuch.yaml'], /nosuch\.yaml: no such file/],
    ['an objective', 'mnist-mlp', on('--objective', 'speed'), /--objective: expected one of .*got "speed"/],
    [
      'a price',
      'mnist-mlp',
      on('--objective', 'cost', ...heft),
      /objective: cost needs a price.*dgx-1, as it is here, has none/,
    ],
    ['draws', 'mnist-mlp', on('--seeds', '0'), /'--seeds <number>' argument '0' is invalid/],
    ['a setting', 'mnist-mlp', on('--set', 'layers'), /--set layers: expected setting=value/],
    [
      'no placement file',
      'mnist-mlp',
      on(...heft, '--placement', 'nosuch.json'),
      /nosuch\.json: there is no such file/,
    ],
  ])('%s', (_, model, options, message) => {
    refused(place('none', model, ...options), message);
  });

  it.each<[string, string, readonly string[], RegExp]>([
    ['an option of files', 'mnist-mlp', ['--dim', 'batch=3'], /--dim: is for model files/],
    ['an option of the zoo', 'model.onnx', ['--batch', '4'], /--batch: a file has its own sizes/],
    ['a value that is no YAML', 'nmt-2', ['--set', 'layers=[1,'], /--set layers=\[1,: not a YAML value/],
    [
      'a placer twice',
      'mnist-mlp',
      ['--placer', 'heft,etf,heft'],
      /--placer heft,etf,heft: heft is given twice/,
    ],
    ['control characters', 'mnist\n\u001b[31m', [], /unknown model "mnist\\n\\u001b/],
    ['nothing to compute', 'idle.onnx', [], /idle\.onnx: there is nothing to place: no op takes any time/],
    ['no nodes', 'empty.onnx', [], /empty\.onnx: there is nothing to place/],
  ])('%s', (_, model, options, message) => {
    const path = model.endsWith('.onnx') ? at(model) : model;
    refused(place('none', path, ...on(...heft, ...options)), message);
  });

  it('a placement that is wrong, before long searches begin, on any number of threads', () => {
    const search = ['--cluster', 'dgx-1', '--placer', 'annealing,genetic', '--evaluations', '10000000'];
    for (const jobs of ['1', '2']) {
      const options = [...search, '--placement', at('other.json'), '--jobs', jobs];
      refused(place('none', 'mnist-mlp', ...options), /other\.json: not a placement/);
    }
  });

  it.each([
    ['that is garbage', 'garbage.json', /garbage\.json: not JSON/],
    ['that is something else', 'other.json', /other\.json: not a placement/],
  ])('a placement %s', (_, name, message) => {
    refused(place('none', 'mnist-mlp', ...on(...heft, '--placement', at(name))), message);
  });

  it('a placement of another model, of other nodes, on other devices', () => {
    place('small', 'mnist-mlp', ...on(...heft));
    const file = at('small', 'placement.json');
    refused(
      place('none', 'mnist-cnn', ...on(...heft, '--placement', file)),
      /says nothing of node ".*"; it is a placement of another graph/,
    );
    const text = readFileSync(file, 'utf8');
    writeFileSync(at('moved.json'), text.replaceAll('/task:0/', '/task:7/'));
    refused(
      place('none', 'mnist-mlp', ...on(...heft, '--placement', at('moved.json'))),
      /which the cluster does not have; it has \/job:worker\/task:0/,
    );
  });

  function refused({ code, stdout, stderr }: Outcome, message: RegExp): void {
    expect(code).toBe(2);
    expect(stdout).toBe('');
    // Progress, where it comes first, has lines of its own.
    const lines = stderr.split('\n').filter((line) => line !== '' && !/^\d+\/\d+ placements/.test(line));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^error: /);
    expect(lines[0]).toMatch(message);
    expect(existsSync(at('none'))).toBe(false);
  }
});
