import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { float32 } from '../../graph/tensor.ts';
import { checkFile } from '../../scenarios/check.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { runScenario } from '../../scenarios/run.ts';
import type { PlacementScenario } from '../../scenarios/schema.ts';
import { node, onnxFile } from '../graph/import/onnx/onnx-file.ts';

/* Scenarios that are made of several files: what extends what, what refers to what, and where messages lead. */

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepcast-composition-'));
  mkdirSync(join(folder, 'parts'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}
const load = (name: string, set: readonly string[] = []) => loadScenario(join(folder, name), { set });
const problems = (name: string): string[] =>
  checkFile(join(folder, name)).problems.map((line) => line.replaceAll(`${folder}/`, ''));

const BASE = `title: Base
cluster:
  workers: { cpu: xeon-e5-2699v3, accelerator: k40 }
  network: { link: eth-10g }
experiments:
  - kind: placement
    name: where
    model: { name: mnist-mlp, batch: 8 }
    placers: [greedy, heft]
  - kind: placement
    name: second
    model: { name: mnist-mlp, batch: 16 }
    placers: [greedy]
`;

describe('extends', () => {
  it('merges maps, replaces lists, removes by null, and changes entries of lists by name', () => {
    write({
      'base.yaml': BASE,
      'parts/middle.yaml': 'extends: ../base.yaml\nseed: 7\ncluster: { workers: { accelerators: 2 } }\n',
      'top.yaml': `extends: [base.yaml, parts/middle.yaml]
cluster: { network: { link: null, bandwidth: 1 Gb/s, latency: 1 us } }
experiments: { second: null, where: { placers: [heft], model: { batch: 4 } } }
`,
    });
    const { title, seed, cluster, experiments } = load('top.yaml');
    expect({ title, seed }).toEqual({ title: 'Base', seed: 7 });
    expect(cluster.workers).toMatchObject({ accelerator: 'k40', accelerators: 2 });
    expect(cluster.network).toEqual({ bandwidth: '1 Gb/s', latency: '1 us' });
    expect(experiments).toMatchObject([
      { model: { name: 'mnist-mlp', batch: 4 }, placers: [{ kind: 'heft' }] },
    ]);
  });

  it('messages lead to the file that says it', () => {
    write({
      'base.yaml': BASE,
      'bad.yaml': 'extends: base.yaml\nexperiments:\n  second: { model: { batch: many } }\n',
      'worse.yaml': 'extends: bad.yaml\ncluster: { network: { lnk: eth-1g } }\n',
    });
    expect(problems('worse.yaml')).toEqual([
      'worse.yaml:2:23: cluster.network.lnk: unknown key; did you mean "link"?',
      'bad.yaml:3:29: experiments.1.model.batch: expected a whole number, got "many"',
    ]);
    // After the first experiment is gone, the second is still told where it stands.
    write({ 'gone.yaml': 'extends: bad.yaml\nexperiments: { where: null }\n' });
    expect(problems('gone.yaml')).toEqual([
      'bad.yaml:3:29: experiments.0.model.batch: expected a whole number, got "many"',
    ]);
  });
});

describe('references', () => {
  it('start from the folder of the file that says them, and take variables', () => {
    write({
      'parts/small.yaml':
        'workers: { cpu: xeon-e5-2699v3, accelerator: "${gpu}" }\nnetwork: { link: eth-1g }\n',
      'parts/model.yaml': 'name: mnist-cnn\nbatch: 3\n',
      'refers.yaml': `variables: { gpu: v100, size: small }
${BASE.replace(/workers:.*\n.*/, '')
  .replace('cluster:', 'cluster: "parts/${size}.yaml"')
  .replace('{ name: mnist-mlp, batch: 8 }', 'parts/model.yaml')}`,
      'over.yaml': 'extends: refers.yaml\nvariables: { gpu: k41 }\n',
    });
    const { cluster, experiments } = load('refers.yaml');
    expect(cluster).toMatchObject({ workers: { accelerator: 'v100' }, network: { link: 'eth-1g' } });
    expect(experiments[0]!.model).toMatchObject({ name: 'mnist-cnn', batch: 3 });
    expect(problems('over.yaml')).toEqual([
      'parts/small.yaml:1:46: cluster.workers.accelerator: unknown accelerator "k41"; did you mean "k40"? (${gpu} from over.yaml:2:19)',
    ]);
  });

  it('of files in the results are known by their contents', async () => {
    const layer = onnxFile(
      {
        inputs: [['x', 'float32', ['batch', 3]]],
        initializers: { w: float32([3, 2], [1, 2, 3, 4, 5, 6]) },
        nodes: [node('MatMul', ['x', 'w'], ['h']), node('Relu', ['h'], ['y'])],
        outputs: ['y'],
      },
      17,
    );
    write({
      'parts/layer.onnx': layer,
      'parts/own.yaml': BASE.replace(
        '{ name: mnist-mlp, batch: 8 }',
        '{ file: layer.onnx, dims: { batch: 5 } }',
      ),
    });
    const scenario = load('parts/own.yaml');
    const { model } = scenario.experiments[0] as PlacementScenario;
    expect(model).toMatchObject({ file: join(folder, 'parts/layer.onnx'), dims: { batch: 5 } });
    expect(model).toHaveProperty('file_sha256', expect.stringMatching(/^[0-9a-f]{64}$/));
    const { placement } = await runScenario(scenario, { seed: 1, placing: { jobs: 1 } });
    const [first] = placement;
    const nodes = Object.fromEntries(
      first!.nodes.map((name, i) => [name, first!.runs[0]!.devices[first!.portfolio.deviceOf[i]!]!.device]),
    );
    // The placement that it found, given in place, takes as long.
    const placers = `experiments.0.placers=[{kind: given, label: found, nodes: ${JSON.stringify(nodes)}}]`;
    const again = await runScenario(load('parts/own.yaml', [placers]), { seed: 1, placing: { jobs: 1 } });
    const given = again.placement[0]!.runs.find(({ label }) => label === 'found')!;
    expect(given.stepSeconds).toBe(first!.portfolio.stepSeconds);
    write({
      'parts/other.yaml': BASE.replace(
        '{ name: mnist-mlp, batch: 8 }',
        `{ file: layer.onnx, file_sha256: ${'a'.repeat(64)} }`,
      ),
      'parts/trained.yaml': BASE.replace('placement', 'training')
        .replace('{ name: mnist-mlp, batch: 8 }', '{ file: layer.onnx }')
        .replace('placers: [greedy, heft]', 'workers: [1]\n    steps: 1\n    strategies: [all-reduce]'),
    });
    expect(problems('parts/other.yaml')).toEqual([
      expect.stringMatching(/:8:45: .*another one: its SHA-256 is/),
    ]);
    expect(problems('parts/trained.yaml')).toEqual([
      expect.stringMatching(/:8:20: .*a file has no loss to train by/),
    ]);
  });

  it('serve models of files in batches', async () => {
    write({
      'serve.yaml': BASE.replace(
        /experiments:[\s\S]*/,
        `experiments:
  - kind: inference
    name: own
    model: { file: parts/layer.onnx }
    batches: [1, 64]
    servers: [{ device: k40 }]
`,
      ),
    });
    const { inference } = await runScenario(load('serve.yaml'), { seed: 1 });
    const [one, many] = inference![0]!.runs;
    expect(one!.precision).toBe('float32');
    expect(many!.samplesPerSecond).toBeGreaterThan(10 * one!.samplesPerSecond);
    // 2 · 3 · 2 flops of the product and 2 of the activation.
    expect(inference![0]!.model.forwardFlopsPerSample).toBe(14);
    write({ 'other.yaml': 'extends: serve.yaml\nexperiments: { own: { model: { batch_dim: N } } }\n' });
    expect(problems('other.yaml')[0]).toMatch(/no input has a dimension called "N"|batch/);
  });
});
