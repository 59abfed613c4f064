import { describe, expect, test } from 'vitest';
import { findDevice, findLink } from '../../devices/catalog/index.ts';
import { linkModel } from '../../devices/catalog/read.ts';
import { buildCluster } from '../../devices/cluster-builder.ts';
import { kernelSeconds } from '../../devices/kernels/index.ts';
import { MODELS } from '../../graph/zoo/index.ts';
import { parseScenario } from '../../scenarios/load.ts';
import type { TrainingExperiment, TrainingRun } from '../../scenarios/results.ts';
import { runScenario } from '../../scenarios/run.ts';
import { type CompiledPlan, compilePlan } from '../../sim/compile.ts';
import { slowdowns } from '../../sim/disturbances/slowdowns.ts';
import { simulate } from '../../sim/engine.ts';
import type { Simulation } from '../../sim/simulation.ts';
import { STRATEGIES } from '../../sim/strategies/index.ts';
import { planBy } from '../../sim/strategies/input.ts';
import { Row } from '../../sim/trace.ts';

/*
 * Times and rates of training that can be worked out by hand: softmax regression (784 → 10) on workers that compute
 * on their CPU, in batches of 4, over a network so slow that every wait is for a known message. A byte takes 1 µs on
 * each link, and there are two links between any two hosts. Messages are stored and forwarded, unless it says "fluid".
 */

const BATCH = 4;
const BYTE = 1e-6;
const slow = (latency = '0 s'): string => `{ bandwidth: "8 Mb/s", latency: "${latency}" }`;
/** A network that costs nothing: a byte takes 1e-15 s. */
const FREE = '{ bandwidth: "8000 Tb/s", latency: "0 s" }';

interface Question {
  readonly model?: string;
  readonly batch?: number;
  readonly workers: readonly number[];
  readonly strategies: readonly string[];
  readonly steps?: number;
  readonly servers?: number;
  readonly network?: string;
  readonly accelerator?: string;
  readonly noise?: string;
  /** Store and forward unless given. */
  readonly runtime?: string;
  readonly numbers?: string;
}

const SYNC = '{ kind: sync }';
const ASYNC = '{ kind: async }';
const backup = (backups: number): string => `{ kind: backup, backups: ${backups} }`;

async function ask(question: Question): Promise<TrainingExperiment> {
  const { model = 'mnist-softmax', batch = BATCH, workers, strategies, steps = 10, servers = 1 } = question;
  const { network = slow(), accelerator, noise = '{}', numbers } = question;
  const { runtime = '{ network: store-and-forward }' } = question;
  const scenario = parseScenario(
    `
title: a test
cluster:
  workers: { cpu: xeon-e5-2699v3${accelerator === undefined ? '' : `, accelerator: ${accelerator}`} }
  parameter_servers: { count: ${servers}, cpu: xeon-e5-2699v3 }
  network: ${network}
noise: ${noise}
runtime: ${runtime}
experiments:
  - kind: training
    name: t
    model: { name: ${model}, batch: ${batch} }
    workers: [${workers.join(', ')}]
    steps: ${steps}
    strategies: [${strategies.join(', ')}]
    ${numbers === undefined ? '' : `numbers: ${numbers}`}
`,
    'test.yaml',
  );
  return (await runScenario(scenario, { seed: 1 })).training[0]!;
}

async function askOne(question: Question): Promise<TrainingRun> {
  const { runs } = await ask(question);
  expect(runs).toHaveLength(1);
  return runs[0]!;
}

// --- The model and its costs. float32 and batch 4 throughout; int64 where it says so.

const WEIGHTS = 784 * 10 * 4; // 31,360 bytes
const BIAS = 10 * 4;
const TOKEN = 8; // an int64

const cpu = findDevice('xeon-e5-2699v3');

/** An element-wise op. */
function vector(flops: number, bytes: number, dtype: 'float32' | 'int64' = 'float32'): number {
  return kernelSeconds({ class: 'vector', dtype, flops, bytesRead: bytes, bytesWritten: 0 }, cpu);
}

/** [m × k] · [k × n]. */
function product(m: number, n: number, k: number): number {
  const work = { class: 'matmul', dtype: 'float32', flops: 2 * m * n * k, bytesWritten: 4 * m * n } as const;
  return kernelSeconds({ ...work, bytesRead: 4 * (m * k + k * n), gemm: { m, n, k } }, cpu);
}

const SCORES = 4 * 10 * 4; // bytes
const LABELS = 4 * 8;
const COST = {
  // [4 × 784] · [784 × 10], and the gradient of its weights [784 × 4] · [4 × 10].
  product: product(4, 10, 784),
  weightGradient: product(784, 10, 4),
  // An addition per score; scores and bias in, scores out.
  biasAdd: vector(40, SCORES + BIAS + SCORES),
  // 5 flops a score and 2 a row; scores and labels in, the loss and log softmax out.
  loss: vector(4 * (5 * 10 + 2), SCORES + LABELS + 4 + SCORES),
  // 2 flops a score and 1 a row; a scalar, log softmax and labels in, scores out.
  lossGrad: vector(4 * (2 * 10 + 1), 4 + SCORES + LABELS + SCORES),
  reduceSum: vector(40, SCORES + BIAS),
  // Sum and gradient in, sum out.
  accumulate: { weights: vector(7840, 3 * WEIGHTS), bias: vector(10, 3 * BIAS) },
  take: { weights: vector(7840, 2 * WEIGHTS), bias: vector(10, 2 * BIAS) },
  update: { weights: vector(2 * 7840, 3 * WEIGHTS), bias: vector(2 * 10, 3 * BIAS) },
  // global_step + 1, int64.
  next: vector(1, 3 * 8, 'int64'),
};

/** From the last parameter on the worker to the first gradient, that of the bias: no message is under way meanwhile. */
const FORTH_AND_BACK = COST.biasAdd + COST.loss + COST.lossGrad + COST.reduceSum;

/**
 * From the arrival of a request at the server until the server has the gradients, `latency` on every link:
 *
 *     weights to the worker: 31,360 bytes in two segments; over two links that takes three times a segment
 *     bias, right behind it on both links. (The product with the weights is done before.)
 *     BiasAdd, loss, its gradient, that of the bias
 *     that of the bias goes out; while it occupies the first link, the gradient of the weights is ready
 *     gradient of the weights, right behind it
 */
const exchange = (latency = 0): number => {
  const weights = 3 * (WEIGHTS / 2) * BYTE + 2 * latency;
  return weights + BIAS * BYTE + FORTH_AND_BACK + BIAS * BYTE + weights;
};

/** On the server, from the last gradient on: it is added, the mean is taken and applied, the step is counted. */
const CHIEF = COST.accumulate.weights + COST.take.weights + COST.update.weights + COST.next;

/**
 * A step of n synchronous workers. The server sends n tokens; a request takes no bytes. The first one arrives after
 * the first token's two links, when the server may still be sending tokens to the others. Then n sets of parameters go
 * out one after the other; what the last worker waits for is as above. (The gradients of the workers follow each other
 * into the server at the same distance, so none waits.)
 */
const syncStep = (n: number, latency = 0): number =>
  Math.max(2, n) * TOKEN * BYTE +
  4 * latency + // token, request
  (n - 1) * (WEIGHTS + BIAS) * BYTE +
  exchange(latency) +
  CHIEF;

/** A step of one asynchronous worker: a request, the exchange, and the update of the weights. */
const asyncStep = (latency = 0): number => 2 * latency + exchange(latency) + COST.update.weights;

/** Equal to a billionth. */
function expectClose(actual: number, expected: number): void {
  expect(Math.abs(actual / expected - 1), `${actual} is not ${expected}`).toBeLessThan(1e-9);
}

describe('step times by hand', () => {
  test('the hand computation holds: what is hidden behind a message is shorter', () => {
    expect(COST.product).toBeLessThan(BIAS * BYTE);
    expect(COST.weightGradient).toBeLessThan(BIAS * BYTE);
  });

  test.each([
    ['0 s', 0],
    ['3 ms', 0.003],
  ])('one synchronous worker, latency %s', async (text, latency) => {
    const run = await askOne({ workers: [1], strategies: [SYNC], network: slow(text) });
    const { count, mean, p50, p90, p99, max } = run.stepSeconds;
    expect(run.updates).toBe(10);
    expect(count).toBe(9);
    for (const seconds of [mean, p50, p90, p99, max]) expectClose(seconds, syncStep(1, latency));
    // The first step is like the others, since its token is in the queue at time 0.
    expectClose(run.simulatedSeconds, 10 * syncStep(1, latency));
  });

  test.each([2, 3, 8])('%i synchronous workers: parameters leave the server one by one', async (n) => {
    const run = await askOne({ workers: [n], strategies: [SYNC] });
    expectClose(run.stepSeconds.mean, syncStep(n));
    expectClose(run.stepSeconds.max, syncStep(n));
  });

  test.each([
    ['0 s', 0],
    ['3 ms', 0.003],
  ])('one asynchronous worker, latency %s', async (text, latency) => {
    const run = await askOne({ workers: [1], strategies: [ASYNC], network: slow(text) });
    expectClose(run.stepSeconds.mean, asyncStep(latency));
    expectClose(run.simulatedSeconds, 10 * asyncStep(latency));
  });

  test('two asynchronous workers in turn; the first update of each is not timed', async () => {
    // At first the parameters of worker 1 leave the server 31.4 ms after those of worker 0, and so it stays. On the way
    // back, worker 1's gradient of the bias waits at the switch behind worker 0's gradient of the weights; worker 0
    // then gets its update (3.8 µs) while that of the bias is on the link (40 µs), behind which its next request waits.
    // Worker 1 is held up as long, because the server begins that much later to send to worker 0. So their updates are
    // 31.4 ms apart, and the rest of a step, in turn.
    const run = await askOne({ workers: [2], strategies: [ASYNC], steps: 10 });
    expect(run.updates).toBe(20);
    expect(run.stepSeconds.count).toBe(18);
    const step = asyncStep() + BIAS * BYTE - COST.update.weights;
    expectClose(run.stepSeconds.mean, step / 2);
    expectClose(run.stepSeconds.max, step - (WEIGHTS + BIAS) * BYTE);
  });

  test('more asynchronous workers update as often as the server can send parameters', async () => {
    // One worker is away for 94.2 ms, and the server sends 31.4 ms for each: so with 4 it always has some to send.
    for (const n of [4, 6]) {
      const run = await askOne({ workers: [n], strategies: [ASYNC] });
      expect(run.stepSeconds.count).toBe(run.updates - n);
      expectClose(run.stepSeconds.mean, (WEIGHTS + BIAS) * BYTE);
    }
  });
});

describe('step times by hand, fluid sharing', () => {
  const FLUID = '{ network: fluid }';
  /** All parameters, or all gradients, over one link. */
  const SET = (WEIGHTS + BIAS) * BYTE;
  /**
   * What a worker computes between its last parameter and its first gradient. The weights are the last to come, since
   * they share the links with the bias; their gradient is ready while that of the bias is still on its way.
   */
  const BETWEEN = COST.product + FORTH_AND_BACK;

  /**
   * n workers are served alike and at the same time: tokens, parameters, gradients. The gradients of the weights all
   * arrive at once, and are added one after the other. A token, a request, parameters and gradients cross two links.
   */
  const syncFluid = (n: number, latency = 0): number =>
    n * TOKEN * BYTE +
    2 * n * SET +
    8 * latency +
    BETWEEN +
    n * COST.accumulate.weights +
    COST.take.weights +
    COST.update.weights +
    COST.next;

  test.each([
    [1, '0 s', 0],
    [1, '3 ms', 0.003],
    [2, '0 s', 0],
    [8, '3 ms', 0.003],
  ])('%i synchronous workers, latency %s', async (n, text, latency) => {
    const run = await askOne({ workers: [n], strategies: [SYNC], network: slow(text), runtime: FLUID });
    expectClose(run.stepSeconds.mean, syncFluid(n, latency));
    expectClose(run.stepSeconds.max, syncFluid(n, latency));
    expectClose(run.simulatedSeconds, 10 * syncFluid(n, latency));
  });

  test.each([
    ['0 s', 0],
    ['3 ms', 0.003],
  ])('one asynchronous worker, latency %s', async (text, latency) => {
    const run = await askOne({ workers: [1], strategies: [ASYNC], network: slow(text), runtime: FLUID });
    // A request, parameters and gradients; the update of the weights is the last.
    expectClose(run.stepSeconds.mean, 6 * latency + 2 * SET + BETWEEN + COST.update.weights);
  });

  test('two asynchronous workers side by side', async () => {
    // Both ask at the same time, so their first gradients arrive together, and their updates (u each) follow one on the
    // other. From then on worker 1 asks u later. Worker 0 has the link for itself for so long, half of it for its
    // bias, and so its weights stay u / 2 ahead. Its gradients begin u / 2 earlier, and the gradient of its weights has a
    // third of the link (beside both biases) for that time alone: it is u / 6 ahead at the end. Then comes its update.
    const u = COST.update.weights;
    const run = await askOne({ workers: [2], strategies: [ASYNC], steps: 10, runtime: FLUID });
    expect(run.stepSeconds.count).toBe(18);
    const step = 2 * SET - u / 2 + BETWEEN + 2 * SET - u / 6 + u;
    expectClose(run.stepSeconds.mean, step / 2);
    expectClose(run.stepSeconds.max, step - u);
  });
});

describe('rates', () => {
  test('follow from step times: samples of the gradients that are waited for, over the time of a step', async () => {
    const { runs, skipped } = await ask({
      workers: [1, 2, 4],
      strategies: [SYNC, backup(1), ASYNC],
      noise: '{ compute: { sigma: 0.3 }, stragglers: { probability: 0.2, slowdown: 1000 } }',
    });
    expect(skipped).toHaveLength(1);
    expect(runs.map(({ label, workers }) => `${label} ${workers}`)).toEqual([
      'synchronous 1',
      'synchronous 2',
      'synchronous 4',
      'synchronous, 1 backup 2',
      'synchronous, 1 backup 4',
      'asynchronous 1',
      'asynchronous 2',
      'asynchronous 4',
    ]);
    // 10 steps of 4 workers: 40 worker steps in each run, in updates of so many gradients.
    expect(runs.map(({ updates }) => updates)).toEqual([40, 20, 10, 40, 13, 40, 40, 40]);
    const gradients = [1, 2, 4, 1, 3, 1, 1, 1];
    expect(runs.map(({ samplesPerUpdate }) => samplesPerUpdate / BATCH)).toEqual(gradients);
    // Updates in which every worker makes a step: that many are left out, one of them as the beginning of the first.
    const rounds = [1, 1, 1, 2, 1, 1, 2, 4];
    expect(runs.map(({ updates, stepSeconds }) => updates - stepSeconds.count)).toEqual(rounds);

    const alone = runs[0]!;
    expect(alone.speedUp).toBe(1);
    for (const [i, run] of runs.entries()) {
      expectClose(run.samplesPerSecond, (gradients[i]! * BATCH) / run.stepSeconds.mean);
      expectClose(run.speedUp, run.samplesPerSecond / alone.samplesPerSecond);
      expectClose(run.efficiency * run.workers, run.speedUp);
    }
  });

  test('are compared with one synchronous worker even where none is asked for', async () => {
    const run = await askOne({ workers: [1], strategies: [ASYNC] });
    expectClose(run.speedUp, syncStep(1) / asyncStep());
    const four = await askOne({ workers: [4], strategies: [SYNC] });
    expectClose(four.speedUp, (4 * syncStep(1)) / syncStep(4));
    expectClose(four.efficiency, syncStep(1) / syncStep(4));
  });

  // With a free network a worker still computes, and the server still applies its gradients.
  describe.each([
    { model: 'mnist-softmax', accelerator: undefined, servers: 1 },
    { model: 'mnist-cnn', accelerator: 'k40', servers: 2 },
    { model: 'mnist-mlp', accelerator: 'v100', servers: 3 },
  ])('of $model', (cluster) => {
    test.each([1, 4])(
      'n workers are at most n times as fast as one with a free network, %i steps',
      async (steps) => {
        const { samplesPerSecond: free } = await askOne({
          ...cluster,
          workers: [1],
          strategies: [ASYNC],
          network: FREE,
        });
        for (const network of [FREE, '{ link: eth-10g }', '{ link: eth-1g }', slow()]) {
          const { runs } = await ask({
            ...cluster,
            workers: [1, 2, 3, 5, 8],
            strategies: [ASYNC, SYNC, backup(1)],
            steps,
            network,
          });
          expect(runs).toHaveLength(14);
          for (const { label, workers, samplesPerSecond } of runs) {
            const share = samplesPerSecond / (workers * free);
            expect(share, `${label}, ${workers} workers, ${network}`).toBeLessThan(1 + 1e-9);
          }
        }
      },
    );
  });

  test('of one asynchronous worker with a free network: its ops and the last update, one after the other', async () => {
    const { samplesPerSecond } = await askOne({ workers: [1], strategies: [ASYNC], network: FREE });
    // The network's share is 2 · 3 · 15,680 bytes of 1e-15 s: 1e-10 s of 4e-5.
    const seconds = COST.product + COST.weightGradient + FORTH_AND_BACK + COST.update.weights;
    expect(Math.abs((BATCH / samplesPerSecond / seconds - 1) * 1e5)).toBeLessThan(1);
  });
});

describe('links', () => {
  test('carry each parameter, gradient and token once per worker and step, and nothing after the end', async () => {
    // 784 → 128 → 10 on two servers: the first layer's weights go to server 0, and all else to server 1, which has
    // fewer bytes each time: 128 biases, 128 × 10 weights, 10 biases.
    const onServer = [784 * 128 * 4, (128 + 128 * 10 + 10) * 4];
    const [parameters, updates] = [onServer[0]! + onServer[1]!, 10];
    for (const n of [1, 3]) {
      const { links, simulatedSeconds } = await askOne({
        model: 'mnist-mlp',
        workers: [n],
        strategies: [SYNC],
        servers: 2,
      });
      // Tokens come from server 0. A worker sends its token along with the gradients, to each server once. Requests
      // take no bytes. The tokens for the step after the last are put into their queues at the very end.
      const expected = new Map<string, number>([
        ['ps/0 → switch', updates * n * (onServer[0]! + TOKEN)],
        ['ps/1 → switch', updates * n * onServer[1]!],
        ['switch → ps/0', updates * n * (onServer[0]! + TOKEN)],
        ['switch → ps/1', updates * n * (onServer[1]! + TOKEN)],
      ]);
      for (let r = 0; r < n; r++) {
        expected.set(`worker/${r} → switch`, updates * (parameters + 2 * TOKEN));
        expected.set(`switch → worker/${r}`, updates * (parameters + TOKEN));
      }
      expect(links.map(({ link }) => link).sort()).toEqual([...expected.keys()].sort());
      for (const { link, bytes, busy } of links) {
        expect(bytes, link).toBeCloseTo(expected.get(link)!, 6);
        // They are busy for as long as these bytes take.
        expectClose(busy, (expected.get(link)! * BYTE) / simulatedSeconds);
      }
    }
  });

  test('are never busier than all of the time, however much is still to be sent at the end', async () => {
    // 8 workers ask at once; while the server sends to one, seven sets of parameters are always waiting.
    const { links, simulatedSeconds } = await askOne({ workers: [8], strategies: [ASYNC] });
    const out = links.find(({ link }) => link === 'ps/0 → switch')!;
    expectClose(out.busy, 1);
    for (const { bytes, busy, load } of links) {
      expect(busy).toBeLessThan(1 + 1e-9);
      expectClose(bytes * BYTE, busy * simulatedSeconds);
      expectClose(load, busy);
    }
  });
});

test('devices: what is under way at the end counts until then', async () => {
  // Of 8 workers that ask at once, one is done at the end, and the others are in the middle of their steps.
  const { devices } = await askOne({ workers: [8], strategies: [ASYNC] });
  expect(devices).toHaveLength(8 + 1);
  for (const { compute, communication, waiting } of devices) {
    expectClose(compute + communication + waiting, 1);
  }
});

test('devices: shares of a step by hand', async () => {
  const { devices } = await askOne({ workers: [1], strategies: [SYNC] });
  const step = syncStep(1);
  const [worker, server] = devices;
  expect([worker!.device, server!.device]).toEqual([
    '/job:worker/task:0/device:CPU:0',
    '/job:ps/task:0/device:CPU:0',
  ]);
  // The worker has nothing on the wire while the server does its part with the last gradient, and the server has
  // nothing while the worker computes between the last parameter and the first gradient.
  expectClose(worker!.compute, (COST.product + COST.weightGradient + FORTH_AND_BACK) / step);
  expectClose(worker!.waiting, CHIEF / step);
  const { accumulate, take, update } = COST;
  expectClose(server!.compute, (CHIEF + accumulate.bias + take.bias + update.bias) / step);
  expectClose(server!.waiting, FORTH_AND_BACK / step);
  for (const { compute, communication, waiting } of devices) {
    expectClose(compute + communication + waiting, 1);
  }
});

describe('the timeline', () => {
  async function barsOf(question: Question) {
    const { timeline } = await ask(question);
    const { lanes, lane, start, end } = timeline!;
    const bars = lane.map((l, i) => ({ lane: lanes[l]!, start: start[i]!, end: end[i]! }));
    const on = (name: string) => bars.filter((bar) => bar.lane.name === name);
    return { bars, on, ends: Math.max(...end) };
  }

  test('shows one step of synchronous training', async () => {
    const { bars, on, ends } = await barsOf({ workers: [1], strategies: [SYNC] });
    // To the nanosecond.
    expect(Math.abs(ends - syncStep(1))).toBeLessThan(2e-9);
    expect(Math.min(...bars.map(({ start }) => start))).toBe(0);
    expect(on('/job:worker/task:0/device:CPU:0')).toHaveLength(6);
  });

  test('shows one update of each asynchronous worker, after the first one of each', async () => {
    const { bars, on, ends } = await barsOf({ workers: [4], strategies: [ASYNC] });
    // 4 updates, 31.4 ms apart.
    expect(Math.abs(ends - 4 * (WEIGHTS + BIAS) * BYTE)).toBeLessThan(2e-9);
    expect(Math.min(...bars.map(({ start }) => start))).toBeLessThanOrEqual(0.001);
    for (let r = 0; r < 4; r++) expect(on(`/job:worker/task:${r}/device:CPU:0`)).toHaveLength(6);
    // Each updates weights and bias.
    expect(on('/job:ps/task:0/device:CPU:0')).toHaveLength(2 * 4);
  });
});

describe('learning curves', () => {
  const numbers = '{ dataset: mnist, held_out: 200, evaluations: 9 }';

  test('count the samples whose gradients were applied, at the time of their update', async () => {
    const { runs } = await ask({
      workers: [1, 3],
      strategies: [SYNC, backup(1), ASYNC],
      steps: 8,
      numbers,
    });
    expect(
      runs.map(({ learning, workers, strategy }) => [strategy, workers, learning!.updates.at(-1)]),
    ).toEqual([
      ['sync', 1, 8],
      ['sync', 3, 8],
      ['backup', 3, 12],
      ['async', 1, 8],
      ['async', 3, 24],
    ]);
    const gradients = [1, 3, 2, 1, 1];
    for (const [i, { learning }] of runs.entries()) {
      expect(learning!.updates).toHaveLength(9);
      expect(learning!.samples).toEqual(learning!.updates.map((update) => update * gradients[i]! * BATCH));
      expect([learning!.updates[0], learning!.seconds[0]]).toEqual([0, 0]);
    }
    for (const [i, step] of [syncStep(1), syncStep(3)].entries()) {
      const { updates, seconds } = runs[i]!.learning!;
      for (const [at, update] of updates.entries()) expect(seconds[at]).toBeCloseTo(update * step, 9);
    }
  });

  test('fall to a third of the first loss at a time interpolated between two evaluations', async () => {
    const run = await askOne({ batch: 32, workers: [2], strategies: [SYNC], steps: 64, numbers });
    const { target, secondsToTarget, samplesToTarget, heldOutLoss, seconds, updates } = run.learning!;
    const targetLoss = target.value;
    expect(target.measure).toBe('loss');
    expect(targetLoss).toBeCloseTo(heldOutLoss[0]! / 3, 12);
    // An evaluation every 8 updates; the straight line between the last one above and the first one at or below.
    expect(updates).toEqual([0, 8, 16, 24, 32, 40, 48, 56, 64]);
    const below = heldOutLoss.findIndex((loss) => loss! <= targetLoss);
    expect(below).toBeGreaterThan(0);
    const above = below - 1;
    expect(heldOutLoss[above]!).toBeGreaterThan(targetLoss);
    expect(heldOutLoss[below]!).toBeLessThan(targetLoss);
    const way = (heldOutLoss[above]! - targetLoss) / (heldOutLoss[above]! - heldOutLoss[below]!);
    expectClose(secondsToTarget!, seconds[above]! * (1 - way) + seconds[below]! * way);
    expectClose(samplesToTarget!, 64 * (updates[above]! * (1 - way) + updates[below]! * way));
    expect(secondsToTarget!).toBeGreaterThan(seconds[above]!);
    expect(secondsToTarget!).toBeLessThan(seconds[below]!);
  });

  test('that never fall so far have no such time', async () => {
    const run = await askOne({ workers: [1], strategies: [SYNC], steps: 8, numbers });
    expect(run.learning!.secondsToTarget).toBeNull();
  });
});

describe('noise and late gradients', () => {
  const WORKERS = 4;
  const SERVERS = 2;

  /** Trains the two-layer network, recording everything. `sigma` is that of the noise. */
  function train(kind: keyof typeof STRATEGIES, sigma: number, backups = 0) {
    const nic = kind === 'async' ? linkModel({ bandwidth: '1 Gb/s', latency: '0 s' }) : findLink('eth-10g');
    const cluster = buildCluster({
      jobs: [
        { name: 'worker', tasks: WORKERS, cpu, nic },
        { name: 'ps', tasks: SERVERS, cpu, nic },
      ],
    });
    const plan = planBy(STRATEGIES[kind], {
      model: MODELS['mnist-mlp']!,
      batch: BATCH,
      cluster,
      workers: WORKERS,
      parameterServers: SERVERS,
      computesOn: 'CPU',
      updates: 20,
      ...(kind === 'backup' && { options: { backups } }),
    });
    const compiled = compilePlan(plan, cluster, kernelSeconds);
    const factors = slowdowns({ sigma, stragglerProbability: 0, stragglerSlowdown: 1 }, 3);
    const drawn: number[][] = [];
    const simulation = simulate(compiled, cluster, {
      disturbances: {
        slowdown: (replica, step) => {
          const factor = factors(replica, step);
          if (replica >= 0) {
            drawn[replica] ??= [];
            drawn[replica][step] = factor;
          }
          return factor;
        },
      },
      record: { from: 0, to: 20 },
    });
    return { cluster, compiled, simulation, drawn };
  }

  interface OpRow {
    readonly loop: number;
    readonly iteration: number;
    readonly node: number;
    readonly device: number;
    readonly start: number;
    readonly end: number;
  }

  function rowsOf({ trace }: Simulation, kind: number): OpRow[] {
    return [...trace.kind.subarray(0, trace.length).keys()]
      .filter((row) => trace.kind[row] === kind)
      .map((row) => ({
        loop: trace.loop[row]!,
        iteration: trace.iteration[row]!,
        node: trace.node[row]!,
        device: trace.place[row]!,
        start: trace.start[row]!,
        end: trace.end[row]!,
      }));
  }

  const key = ({ loop, iteration, node }: OpRow): string => `${loop} ${iteration} ${node}`;
  const undisturbed = (compiled: CompiledPlan, { loop, node }: OpRow): number =>
    compiled.loops[loop]!.activities.amount[node]!;

  test.each(['sync', 'async'] as const)('%s: noise slows the workers and not the servers', (kind) => {
    const { cluster, compiled, simulation, drawn } = train(kind, 0.5);
    const quiet = train(kind, 0);
    // The same ops on the same devices take as long as without noise.
    for (const [l, { activities, device }] of compiled.loops.entries()) {
      expect(activities.amount).toEqual(quiet.compiled.loops[l]!.activities.amount);
      expect(device).toEqual(quiet.compiled.loops[l]!.device);
    }
    const seen = { worker: 0, ps: 0 };
    for (const row of rowsOf(simulation, Row.node)) {
      const seconds = undisturbed(compiled, row);
      const { host } = cluster.devices[row.device]!;
      if (host.startsWith('ps/')) {
        expect(row.end).toBe(row.start + seconds);
      } else {
        const replica = Number(host.slice('worker/'.length));
        expect(row.end).toBe(row.start + seconds * drawn[replica]![row.iteration]!);
      }
      if (seconds > 0) seen[host.startsWith('ps/') ? 'ps' : 'worker']++;
    }
    expect(Math.min(seen.worker, seen.ps)).toBeGreaterThan(20 * 4);
    for (const row of rowsOf(quiet.simulation, Row.node)) {
      expect(row.end).toBe(row.start + undisturbed(compiled, row));
    }
    // The factors differ, so none of this holds for want of noise.
    expect(new Set(drawn.flat()).size).toBe(drawn.flat().length);
  });

  test('late gradients take no time on the servers; all others take their time', () => {
    const { cluster, compiled, simulation } = train('backup', 0.5, 1);
    const dropped = rowsOf(simulation, Row.dropped);
    expect(dropped).toHaveLength(simulation.gradientsDropped);
    expect(dropped.length).toBeGreaterThan(20);
    const late = new Set(dropped.map(key));
    for (const { start, end } of dropped) expect(end).toBe(start);
    let found = 0;
    for (const row of rowsOf(simulation, Row.node)) {
      if (!cluster.devices[row.device]!.host.startsWith('ps/')) continue;
      const isLate = late.has(key(row));
      if (isLate) {
        found++;
        expect(undisturbed(compiled, row)).toBeGreaterThan(0);
      }
      expect(row.end).toBe(row.start + (isLate ? 0 : undisturbed(compiled, row)));
    }
    expect(found).toBe(dropped.length);
  });
});
