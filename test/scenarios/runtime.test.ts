import { describe, expect, test } from 'vitest';
import { findDevice } from '../../devices/catalog/index.ts';
import { findStack } from '../../devices/catalog/stacks.ts';
import { parseScenario } from '../../scenarios/load.ts';
import type { PlacementExperiment, Results } from '../../scenarios/results.ts';
import { runScenario } from '../../scenarios/run.ts';

/* Each key of `runtime:` does what it says to a step, and out-of-memory remedies hold. */

const CLUSTER = `
cluster:
  workers: { cpu: xeon-e5-2699v3, accelerator: k40, accelerators: 4 }
  parameter_servers: { count: 1, cpu: xeon-e5-2699v3 }
  network: { link: eth-10g }
`;

const ask = (runtime: string, experiment: string, cluster = CLUSTER): Promise<Results> =>
  runScenario(
    parseScenario(
      `title: a test\n${cluster}\nruntime: ${runtime}\nexperiments: [${experiment}]\n`,
      'test.yaml',
    ),
    { seed: 1 },
  );

async function place(runtime: string, placers: string, model = 'mnist-cnn', batch = 8) {
  const { placement } = await ask(
    runtime,
    `{ kind: placement, name: p, model: { name: ${model}, batch: ${batch} }, placers: [${placers}] }`,
  );
  return placement[0]!;
}

/** The run that was asked for first: before it comes the best single device, unless that was asked for. */
const firstRun = ({ runs }: PlacementExperiment) => runs[1]!;
const stepOf = (experiment: PlacementExperiment): number => firstRun(experiment).stepSeconds;
const SINGLE = '{ kind: single-device, device: "/device:GPU:0" }';
const GREEDY = '{ kind: greedy }';
const SPREAD = '{ kind: round-robin }';

describe('dispatch', () => {
  test('as slow as this, a step takes as long as the host needs for its ops', async () => {
    const [once, twice] = await Promise.all(
      ['10 ms', '20 ms'].map((dispatch) => place(`{ dispatch: "${dispatch}" }`, SINGLE)),
    );
    // k ops, one after the other; the last computes when all are dispatched.
    const ops = (stepOf(twice!) - stepOf(once!)) / 0.01;
    expect(ops).toBeCloseTo(Math.round(ops), 6);
    expect(ops).toBeGreaterThan(20);
    expect(stepOf(once!)).toBeGreaterThan(ops * 0.01);
    expect(stepOf(once!)).toBeLessThan(ops * 0.01 + 0.01);
  });

  test('is what the explanation names then', async () => {
    // Of so much work that a fast GPU is the best single device all the same.
    const { placement } = await ask(
      '{ dispatch: "10 ms" }',
      `{ kind: placement, name: p, model: { name: vgg-16, batch: 64 }, placers: [${SINGLE}] }`,
      CLUSTER.replace('k40', 'h100'),
    );
    const { explanation } = placement[0]!;
    const { criticalPath, whatIf, bottleneck, seconds } = explanation!;
    const shareOf = (part: string): number =>
      criticalPath.reduce((sum, entry) => (entry.part === part ? sum + entry.seconds : sum), 0) / seconds;
    // The device computes while its host dispatches the next op, and then waits for the rest of it.
    expect(shareOf('dispatch')).toBeGreaterThan(0.9);
    expect(shareOf('dispatch') + shareOf('compute') + shareOf('transfer')).toBeCloseTo(1, 6);
    // All of it but the last op shrinks to 1 / 1.1.
    expect(whatIf[0]!.resource).toBe('dispatch of ops by their hosts');
    expect(whatIf[0]!.gain).toBeCloseTo(1 - 1 / 1.1, 2);
    expect(bottleneck).toContain('dispatch of ops by their hosts');
  });

  test("is that of the host's catalog entry unless given", async () => {
    const { value } = findDevice('xeon-e5-2699v3').dispatchSeconds!;
    const given = stepOf(await place(`{ dispatch: "${value * 1e6} us" }`, SINGLE));
    expect(stepOf(await place('{}', SINGLE))).toBeCloseTo(given, 12);
    expect(stepOf(await place('{ dispatch: "0 s" }', SINGLE))).toBeLessThan(given);
  });
});

describe('stack', () => {
  const training = (runtime: string) =>
    ask(
      runtime,
      '{ kind: training, name: t, model: { name: gpt, batch: 4, layers: 2, length: 128, vocabulary: 512 }, workers: [1], steps: 3, strategies: [all-reduce] }',
    );
  const step = async (runtime: string): Promise<number> =>
    (await training(runtime)).training[0]!.runs[0]!.stepSeconds.mean;

  test('dispatches as its entry says, unless the scenario says otherwise', async () => {
    const { value } = findStack('tensorflow-1').dispatchSeconds;
    expect(await step('{ stack: tensorflow-1 }')).toBeCloseTo(
      await step(`{ dispatch: "${value * 1e6} us" }`),
      12,
    );
    expect(await step('{ stack: tensorflow-1, dispatch: "0 s" }')).toBeCloseTo(
      await step('{ dispatch: "0 s" }'),
      12,
    );
  });

  test('merges the ops that its library has one kernel for', async () => {
    expect(await step('{ stack: megatron, dispatch: "0 s" }')).toBeLessThan(
      0.95 * (await step('{ dispatch: "0 s" }')),
    );
  });

  test('is among what the figures rest on', async () => {
    const { assumptions } = await training('{ stack: megatron }');
    const fact = assumptions.find(({ what }) => what === 'megatron: dispatch of one op');
    expect(fact?.source).toContain('Megatron-DeepSpeed');
    expect(assumptions.some(({ source }) => source.includes('vtrain'))).toBe(true);
  });

  test('that there is not is told with the nearest that there is', () => {
    expect(() => ask('{ stack: megatrn }', '')).toThrow(/did you mean "megatron"/);
  });
});

test('ops at a time: launches are hidden, and nothing else is gained', async () => {
  const plain = '{ dispatch: "0 s", ops_at_a_time: { accelerator: ';
  const [one, four] = await Promise.all([1, 4].map((n) => place(`${plain}${n} } }`, SINGLE)));
  expect(stepOf(four!)).toBeLessThan(stepOf(one!));
  // The least that a device can take is its work without launches.
  expect(stepOf(four!)).toBeGreaterThan(stepOf(one!) / 2);
  // Those of the host are others.
  expect(stepOf(await place('{ dispatch: "0 s", ops_at_a_time: { cpu: 4 } }', SINGLE))).toBe(stepOf(one!));
});

test('ready policy, copy engines and network each change a step that is spread over devices', async () => {
  const step = async (runtime: string): Promise<number> =>
    stepOf(await place(runtime, SPREAD, 'inception-v3', 8));
  const plain = await step('{ copy_engines: 0, dispatch: "0 s" }');
  const others = [
    '{ copy_engines: 1, dispatch: "0 s" }',
    '{ copy_engines: 0, dispatch: "0 s", ready_policy: critical-path }',
    '{ copy_engines: 0, dispatch: "0 s", network: store-and-forward }',
  ];
  for (const other of others) expect(await step(other), other).not.toBe(plain);
  // The catalog's K40 has two copy engines.
  expect(await step('{ dispatch: "0 s" }')).toBe(await step('{ copy_engines: 2, dispatch: "0 s" }'));
});

describe('what would fit', () => {
  const RUNTIME = '{ ops_at_a_time: { accelerator: 8 } }';
  const batchOf = (remedies: readonly string[]): number =>
    Number(/^(\d+) samples? per step/.exec(remedies[0]!)![1]);

  test('fits, and one sample more does not: a placement', async () => {
    const tooMuch = await place(RUNTIME, `${SINGLE}, ${GREEDY}`, 'inception-v3', 256);
    const { remedies } = firstRun(tooMuch).outOfMemory!;
    const batch = batchOf(remedies);
    const at = async (size: number) =>
      firstRun(await place(RUNTIME, SINGLE, 'inception-v3', size)).outOfMemory;
    expect(await at(batch)).toBeNull();
    expect(await at(batch + 1)).not.toBeNull();
  });

  test('another placement, where one does', async () => {
    const results = await ask(
      '{}',
      `{ kind: placement, name: p, model: { name: inception-v3, batch: 128 }, placers: [${SINGLE}, ${GREEDY}] }`,
    );
    const { runs } = results.placement[0]!;
    expect(runs.map(({ outOfMemory }) => outOfMemory === null)).toEqual([true, false, true]);
    expect(runs[1]!.outOfMemory!.remedies[1]).toBe('the placement by single-device fits');
    // Nobody is told how fast it is beside what cannot be.
    expect(results.answers[0]).toContain('a single device has too little memory');
    expect(results.answers[0]).not.toContain('as fast as');
  });

  test('fits, and one sample more does not: training', async () => {
    const train = async (size: number) => {
      const { training } = await ask(
        RUNTIME,
        `{ kind: training, name: t, model: { name: inception-v3, batch: ${size} }, workers: [1], steps: 1, strategies: [{ kind: sync }] }`,
      );
      return training[0]!.runs[0]!.outOfMemory;
    };
    const batch = batchOf((await train(256))!.remedies);
    expect(await train(batch)).toBeNull();
    expect(await train(batch + 1)).not.toBeNull();
  });
});

describe('fusion', () => {
  const peak = (experiment: PlacementExperiment): number =>
    Math.max(...firstRun(experiment).memory.map(({ peakBytes }) => peakBytes));

  test('of element-wise ops saves launches, and their results are never in memory', async () => {
    const [none, all] = await Promise.all(
      ['none', 'all'].map((fusion) => place(`{ fusion: ${fusion} }`, SINGLE, 'mnist-mlp', 4096)),
    );
    expect(stepOf(all!)).toBeLessThan(stepOf(none!));
    expect(peak(all!)).toBeLessThanOrEqual(peak(none!));
    const { criticalPathSeconds, areaSeconds } = all!.bounds;
    expect(stepOf(all!)).toBeGreaterThanOrEqual(Math.max(criticalPathSeconds, areaSeconds) * (1 - 1e-12));
  });

  test('is what the catalog says of a device, unless the scenario says otherwise', async () => {
    const [catalog, none] = await Promise.all(
      ['catalog', 'none'].map((fusion) => place(`{ fusion: ${fusion} }`, SINGLE, 'mnist-mlp')),
    );
    expect(stepOf(catalog!)).toBe(stepOf(none!));
    expect(findDevice('tpu-v3').fusesElementwise).toBeDefined();
    expect(findDevice('k40').fusesElementwise).toBeUndefined();
  });
});

test.each([
  ['catalog', /on devices whose catalog entry says/],
  ['all', /one pass over memory on every device/],
  ['none', /a kernel of its own on every device/],
])('the report says what is fused: %s', async (fusion, sentence) => {
  const { caveats } = await ask(
    `{ fusion: ${fusion} }`,
    `{ kind: placement, name: p, model: { name: mnist-softmax, batch: 8 }, placers: [${SINGLE}] }`,
  );
  expect(caveats.filter((caveat) => sentence.test(caveat))).toHaveLength(1);
});
