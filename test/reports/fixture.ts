import { stream } from '../../base/random.ts';
import type {
  DeviceMemory,
  DeviceUse,
  Explanation,
  Learning,
  LinkHeat,
  MemoryCurve,
  PlacementExperiment,
  PlacementRun,
  Results,
  Staleness,
  StepDistribution,
  Stragglers,
  StrategyKind,
  Timeline,
  TrainingExperiment,
  TrainingRun,
} from '../../scenarios/results.ts';

/*
 * Results made up by formulas: plausible curves, no simulation. For tests of reports only.
 */

const WORKERS = [1, 2, 4, 8];
const BATCH = 32;
const SINGLE_STEP = 0.118;

const worker = (task: number) => `/job:worker/task:${task}/device:GPU:0`;
const server = (task: number) => `/job:ps/task:${task}/device:CPU:0`;

/** Shares that sum to 1, whatever the rounding. */
function use(device: string, model: string, compute: number, communication: number): DeviceUse {
  return { device, model, compute, communication, waiting: 1 - compute - communication };
}

/** Loss falls with the samples seen, noisier and to a higher floor for stale gradients. */
function learning(strategy: StrategyKind, workers: number, updates: number, stepSeconds: number): Learning {
  const draws = stream(3, 'learning', strategy, workers);
  const every = Math.ceil(updates / 40);
  const at = Array.from({ length: Math.floor(updates / every) + 1 }, (_, i) => i * every);
  const perUpdate = strategy === 'async' ? BATCH : BATCH * workers;
  const floor = strategy === 'async' ? 0.16 + 0.012 * workers : 0.14;
  const heldOutLoss = at.map((update) => {
    const samples = update * perUpdate * (strategy === 'async' ? 1 : workers ** -0.35);
    return floor + (Math.LN10 - floor) * (1 + samples / 2600) ** -1.1 * (1 + 0.02 * draws.normal());
  });
  const targetLoss = heldOutLoss[0]! / 3;
  const reached = heldOutLoss.findIndex((loss) => loss <= targetLoss);
  return {
    target: { measure: 'loss', value: targetLoss },
    secondsToTarget: reached < 0 ? null : at[reached]! * stepSeconds,
    samplesToTarget: reached < 0 ? null : at[reached]! * perUpdate,
    updates: at,
    samples: at.map((update) => update * perUpdate),
    seconds: at.map((update) => update * stepSeconds),
    heldOutLoss,
    heldOutAccuracy: heldOutLoss.map((loss) => Math.max(0.1, 1 - loss * 0.39)),
  };
}

/** As many others update between a worker's read and its own update as there are, give or take. */
function staleness(workers: number, updates: number): Staleness {
  const others = workers - 1;
  const stale = Array.from({ length: others * 2 + 1 }, (_, i) => i);
  return {
    mean: others,
    p50: others,
    p90: Math.ceil(others * 1.8),
    max: others * 2,
    histogram: {
      updates: others === 0 ? [] : stale,
      gradients: others === 0 ? [] : stale.map((i) => Math.round((updates * 8) / (1 + (i - others) ** 2))),
    },
  };
}

/** Most steps are much alike, the slowest take `tail` times as long. */
function stepDistribution(step: number, tail: number): StepDistribution {
  const steps = Array.from({ length: 60 }, (_, i) => 7 * (i + 1));
  return {
    seconds: steps.map((n) => step * (0.95 + (0.05 * n) / 420 + (tail - 1) * (n / 420) ** 12)),
    steps,
  };
}

/** The last worker is a little slower than the others. */
function stragglers(strategy: StrategyKind, workers: number, step: number): Stragglers {
  const order = Array.from({ length: workers }, (_, i) => workers - 1 - i);
  const parts = order.map((_, i) => (i === 0 ? 2 : 1));
  return {
    worker: order.map((r) => `worker/${r}`),
    hasOthers: false,
    computeSeconds: parts.map((part) => step * (0.6 + 0.1 * part)),
    stepSeconds: parts.map((part) => step * (0.8 + 0.1 * part)),
    lastShare: strategy === 'async' ? null : parts.map((part) => part / (workers + 1)),
    droppedShare: strategy === 'backup' ? parts.map((part) => (0.8 * part) / (workers + 1)) : null,
  };
}

/** Two links, one of which fills up. */
function linkHeat(): LinkHeat {
  const cells = Array.from({ length: 120 }, (_, i) => i / 119);
  return {
    of: 'synchronous, 8 workers',
    seconds: 0.21,
    links: ['switch → ps/0', 'worker/0 → switch'],
    bytes: [2.4e8, 3e7],
    busy: [0.8, 0.3],
    load: [cells.map((x) => Math.min(1, 1.4 * x)), cells.map((x) => (x > 0.7 ? 0.25 : 0))],
    others: 3,
  };
}

function trainingRun(strategy: StrategyKind, workers: number, numbers: boolean): TrainingRun {
  const backups = strategy === 'backup' ? 1 : 0;
  const used = workers - backups;
  const contention = 1 + 0.035 * (workers - 1);
  const straggling = strategy === 'sync' ? 1 + 0.09 * Math.log2(workers) : strategy === 'backup' ? 1.03 : 1;
  const workerStep = SINGLE_STEP * contention * straggling;
  const step = strategy === 'async' ? workerStep / workers : workerStep;
  const updates = strategy === 'async' ? 400 * workers : 400;
  const samplesPerSecond = (BATCH * used) / workerStep;
  const speedUp = samplesPerSecond / (BATCH / SINGLE_STEP);
  const compute = SINGLE_STEP / workerStep - 0.08;
  const late = backups / workers;
  return {
    strategy,
    label: { sync: 'synchronous', backup: 'synchronous, 1 backup', async: 'asynchronous' }[strategy]!,
    workers,
    replicas: workers,
    options: strategy === 'backup' ? { backups } : {},
    parameterServers: 2,
    updates,
    samplesPerUpdate: strategy === 'async' ? BATCH : BATCH * used,
    stepDistribution: stepDistribution(step, strategy === 'sync' ? 1 + 0.2 * workers : 1.2),
    stragglers: workers === 1 ? null : stragglers(strategy, workers, workerStep),
    economy: null,
    simulatedSeconds: updates * step,
    stepSeconds: {
      count: updates - 1,
      mean: step,
      p50: step * 0.985,
      p90: step * (1 + 0.08 * straggling),
      p99: step * (strategy === 'sync' ? 1.2 + 0.1 * workers : 1.18),
      max: step * (strategy === 'sync' ? 1.5 + 0.12 * workers : 1.4),
      meanInterval: { halfWidth: step * 0.004 * workers, confidence: 0.95, from: 'trials', count: 6 },
    },
    samplesPerSecond,
    speedUp,
    speedUpInterval: { halfWidth: speedUp * 0.006, confidence: 0.95, from: 'trials', count: 6 },
    efficiency: speedUp / workers,
    errorBar: {
      factor: 1.15,
      confidence: 0.8,
      points: 312,
      sources: 9,
      learntFrom: 'parameter-server',
      warnings: [],
    },
    speedUpErrorBar: null,
    gradientsApplied: Math.round(updates * 8 * (strategy === 'async' ? 1 : used)),
    gradientsDropped: Math.round(updates * 8 * workers * late * 0.93),
    droppedByReplica:
      backups === 0 ? [] : new Array<number>(workers).fill(Math.round(updates * 8 * late * 0.93)),
    staleness: strategy === 'async' ? staleness(workers, updates) : staleness(1, updates),
    devices: [
      ...Array.from({ length: workers }, (_, i) =>
        use(worker(i), 'k40', Math.max(0.2, compute - 0.013 * i), 0.05 + 0.012 * workers),
      ),
      ...Array.from({ length: workers }, (_, i) =>
        use(`/job:worker/task:${i}/device:CPU:0`, 'xeon-e5-2690', 0, 0.004),
      ),
      use(server(0), 'xeon-e5-2690', 0.03 * workers, 0.055 * workers),
      use(server(1), 'xeon-e5-2690', 0.026 * workers, 0.049 * workers),
    ],
    links: [
      ...Array.from({ length: workers }, (_, i) => [
        { link: `worker/${i} → switch`, bytes: updates * 9.4e6, busy: 0.08 + 0.004 * i, load: 0.06 },
        { link: `switch → worker/${i}`, bytes: updates * 9.4e6, busy: 0.09 + 0.004 * i, load: 0.07 },
      ]).flat(),
      {
        link: 'ps/0 → switch',
        bytes: updates * workers * 5.1e6,
        busy: Math.min(0.98, 0.075 * workers),
        load: 0.07 * workers,
      },
      {
        link: 'switch → ps/0',
        bytes: updates * workers * 5.1e6,
        busy: Math.min(0.98, 0.068 * workers),
        load: 0.06 * workers,
      },
    ],
    learning: numbers ? learning(strategy, workers, updates, step) : null,
    memory: [memoryOf(worker(0), 'Tesla K40', 2.4e9, 12e9), memoryOf(server(0), 'Xeon', 1.9e8, 2.56e11)],
    outOfMemory: null,
    losses: { failures: 0, restarts: 0, updatesLost: 0 },
    goodput: null,
    lossCosts: [],
    stopped: null,
  };
}

/** Layers forward, then backward, per worker; gradients travel while the backward pass goes on. */
export function timeline(workers: number, layers: number, opsPerLayer: number): Timeline {
  const draws = stream(5, 'timeline');
  const lanes = [
    ...Array.from({ length: workers }, (_, i) => ({ name: worker(i), kind: 'compute' as const })),
    { name: server(0), kind: 'compute' as const },
    ...Array.from({ length: workers }, (_, i) => ({
      name: `worker/${i} → switch`,
      kind: 'transfer' as const,
    })),
    { name: 'switch → ps/0', kind: 'transfer' as const },
  ];
  const labels: string[] = [];
  for (const phase of ['', 'gradients/'])
    for (let l = 0; l < layers; l++)
      for (let o = 0; o < opsPerLayer; o++) labels.push(`${phase}layer_${l}/op_${o}`);
  labels.push('apply');
  const rows: { lane: number; label: number; start: number; end: number; bytes: number }[] = [];
  let serverFree = 0;
  let wireFree = 0;
  for (let w = 0; w < workers; w++) {
    let now = 0.0004 * draws.uniform();
    let linkFree = 0;
    for (let label = 0; label < labels.length - 1; label++) {
      const seconds = 1e-5 + 4e-4 * draws.uniform() ** 3;
      rows.push({ lane: w, label, start: now, end: now + seconds, bytes: 0 });
      now += seconds + 2e-6;
      if (label >= layers * opsPerLayer && label % opsPerLayer === 0) {
        const start = Math.max(now, linkFree);
        linkFree = start + 1.1e-3;
        rows.push({ lane: workers + 1 + w, label, start, end: linkFree, bytes: 1_179_648 });
        const wire = Math.max(linkFree, wireFree);
        wireFree = wire + 2e-4;
        rows.push({ lane: 2 * workers + 1, label, start: wire, end: wireFree, bytes: 1_179_648 });
        const apply = Math.max(wireFree, serverFree);
        serverFree = apply + 1e-4;
        rows.push({ lane: workers, label: labels.length - 1, start: apply, end: serverFree, bytes: 0 });
      }
    }
  }
  return {
    title: `synchronous, ${workers} workers, step 17`,
    lanes,
    labels,
    lane: rows.map((row) => row.lane),
    label: rows.map((row) => row.label),
    start: rows.map((row) => row.start),
    end: rows.map((row) => row.end),
    bytes: rows.map((row) => row.bytes),
    critical: {
      lane: rows.slice(0, 3).map((row) => row.lane),
      start: rows.slice(0, 3).map((row) => row.start),
      end: rows.slice(0, 3).map((row) => row.end),
    },
  };
}

export function trainingExperiment(numbers: boolean): TrainingExperiment {
  return {
    name: numbers ? 'digits' : 'images',
    title: numbers ? 'A small convolutional net on handwritten digits' : 'Image model on 8 workers',
    model: {
      name: 'digits-cnn',
      parameters: 1_663_370,
      parameterBytes: 6_653_480,
      nodes: 214,
      forwardFlopsPerSample: 24.6e6,
      trainingFlopsPerSample: 72.1e6,
    },
    cluster: 'K40 workers, 2 parameter servers, 10 Gb/s Ethernet',
    batchPerWorker: BATCH,
    learningRate: 0.05,
    learningRateScaling: null,
    baseline: 'one synchronous worker',
    trials: 6,
    runs: (['sync', 'backup', 'async'] as const).flatMap((strategy) =>
      WORKERS.flatMap((workers) =>
        strategy === 'backup' && workers === 1 ? [] : [trainingRun(strategy, workers, numbers)],
      ),
    ),
    skipped: [
      { strategy: 'backup', workers: 1, reason: 'one backup of one worker leaves nobody to wait for' },
    ],
    timeline: timeline(4, 40, 12),
    explanation: explanation('synchronous, 8 workers', 0.21),
    memoryOverTime: [memoryCurve(worker(0), 'Tesla K40', 2.4e9), memoryCurve(server(0), 'Xeon', 1e8)],
    linkHeat: linkHeat(),
    placedGraph: null,
    controls: null,
  };
}

const NODES = Array.from({ length: 120 }, (_, i) => `mixed_${Math.floor(i / 12)}/op_${i % 12}`);

function placementRun(
  placer: string,
  label: string,
  stepSeconds: number,
  shares: readonly number[],
): PlacementRun {
  const searched = placer === 'annealing' || placer === 'cross-entropy';
  const draws = stream(11, placer);
  const evaluations = [1, 2, 5, 9, 20, 44, 90, 170, 380, 700, 1000];
  const devices = [0, 1, 2, 3].map((i) => `/job:worker/task:0/device:GPU:${i}`);
  return {
    placer,
    label,
    note: searched ? '1000 placements tried' : '',
    stepSeconds,
    draws: searched
      ? { count: 5, leastSeconds: 0.97 * stepSeconds, mostSeconds: 1.08 * stepSeconds }
      : { count: 1, leastSeconds: stepSeconds, mostSeconds: stepSeconds },
    bottleneckSeconds: 0.8 * stepSeconds,
    score: stepSeconds,
    speedUp: 0.412 / stepSeconds,
    economy: null,
    errorBar: null,
    evaluations: searched ? 1000 : 1,
    failures: searched ? 41 : 0,
    robustness: {
      leastSeconds: 0.96 * stepSeconds,
      medianSeconds: 1.02 * stepSeconds,
      mostSeconds: 1.09 * stepSeconds,
      firstShare: searched ? 0.5 : 0,
      halfBandwidthSeconds: stepSeconds + 0.1 * (1 - Math.max(...shares)),
    },
    transferBytes: Math.round(3.1e8 * (1 - Math.max(...shares))),
    nodesPerDevice: shares.map((share) => Math.round(share * 1840)),
    devices: shares.map((share, i) => {
      const compute = Math.min(0.95, (share * 0.4) / stepSeconds);
      return use(devices[i]!, 'k40', compute, Math.min(1 - compute, share === 1 ? 0 : 0.09));
    }),
    deviceOf: NODES.map(() => {
      const at = draws.uniform();
      const device = shares.findIndex((_, d) => at < shares.slice(0, d + 1).reduce((a, b) => a + b));
      return Math.max(0, device);
    }),
    history: searched
      ? {
          evaluations,
          seconds: evaluations.map((count) => stepSeconds * (1 + 0.9 * (1 - Math.log10(count) / 3))),
        }
      : null,
    memory: [memoryOf(devices[0]!, 'Tesla K40', 1.1e9 + 8e9 * shares[0]!, 12e9)],
    outOfMemory:
      placer === 'single'
        ? {
            device: devices[0]!,
            model: 'Tesla K40',
            node: 'mixed_3/op_7',
            seconds: 0.11,
            bytes: 4e8,
            usedBytes: 11.8e9,
            capacityBytes: 12e9,
            remedies: ['24 samples per step fit'],
          }
        : null,
  };
}

function memoryOf(device: string, model: string, peakBytes: number, capacityBytes: number): DeviceMemory {
  return {
    device,
    model,
    capacityBytes,
    residentBytes: 0.1 * peakBytes,
    peakBytes,
    peakSeconds: 0.1,
    footprintBytes: 1.1 * peakBytes,
    largest: [
      { name: 'conv1/conv', bytes: 0.3 * peakBytes },
      { name: 'conv1/relu', bytes: 0.2 * peakBytes },
    ],
  };
}

function memoryCurve(device: string, model: string, peakBytes: number): MemoryCurve {
  const seconds = Array.from({ length: 40 }, (_, i) => i * 0.005);
  const bytes = seconds.map((_, i) => peakBytes * (1 - Math.abs(i - 20) / 25));
  return { device, model, capacityBytes: 12e9, seconds, bytes };
}

function explanation(of: string, seconds: number): Explanation {
  const part = (kind: Explanation['criticalPath'][number]['part'], what: string, share: number) => ({
    part: kind,
    what,
    seconds: share * seconds,
    times: Math.round(100 * share),
  });
  return {
    of,
    seconds,
    criticalPath: [
      part('compute', 'computing: Conv on Tesla K40', 0.5),
      part('transfer', 'moving data: over 10 Gigabit Ethernet', 0.25),
      part('contention', 'waiting for links that others use: over 10 Gigabit Ethernet', 0.125),
      part('slowdown', 'slower than undisturbed: Conv on Tesla K40', 0.125),
    ],
    faster: 0.1,
    baselineSeconds: seconds,
    whatIf: [
      { resource: 'Tesla K40: arithmetic and memory', stepSeconds: 0.95 * seconds, gain: 0.05 },
      { resource: '10 Gigabit Ethernet: bandwidth', stepSeconds: 0.97 * seconds, gain: 0.03 },
      { resource: '10 Gigabit Ethernet: latency', stepSeconds: seconds, gain: 0 },
    ],
    bottleneck:
      'What limits the step most is Tesla K40: arithmetic and memory: 10 % faster, it would save 5 %; next comes 10 Gigabit Ethernet: bandwidth with 3 %.',
  };
}

export function placementExperiment(): PlacementExperiment {
  return {
    name: 'inception',
    title: 'Placing an image model on one machine with 4 GPUs',
    model: {
      name: 'inception-v3',
      parameters: 23_800_000,
      parameterBytes: 95_200_000,
      nodes: 1840,
      forwardFlopsPerSample: 11.4e9,
      trainingFlopsPerSample: 34.1e9,
    },
    cluster: 'one host, 4 K40 on PCIe',
    batch: 32,
    nodes: NODES,
    objective: 'step-time',
    seeds: 5,
    bounds: {
      criticalPathSeconds: 0.171,
      areaSeconds: 0.104,
      groupSeconds: 0.04,
      communicationSeconds: 0.17,
      headTailSeconds: 0.165,
    },
    cannotFit: null,
    portfolio: {
      label: 'cross-entropy method over groups of nodes, 1000 evaluations',
      trial: 3,
      stepSeconds: 0.221,
      score: 0.221,
      fits: true,
      deviceOf: NODES.map(() => 0),
    },
    runs: [
      placementRun('single', 'single device /job:worker/task:0/device:GPU:0', 0.412, [1, 0, 0, 0]),
      placementRun('layers', 'layer by layer, balanced by work', 0.365, [0.28, 0.26, 0.24, 0.22]),
      placementRun('annealing', 'simulated annealing, 1000 evaluations', 0.243, [0.41, 0.31, 0.17, 0.11]),
      placementRun(
        'cross-entropy',
        'cross-entropy method over groups of nodes, 1000 evaluations',
        0.228,
        [0.38, 0.3, 0.2, 0.12],
      ),
    ],
    timeline: timeline(3, 20, 10),
    explanation: explanation('cross-entropy', 0.228),
    memoryOverTime: [memoryCurve('/job:worker/task:0/device:GPU:0', 'Tesla K40', 4e9)],
    linkHeat: null,
    placedGraph: null,
    controls: null,
  };
}

/** One training experiment with numbers, one without, and one of placement. */
export function fixture(changes: Partial<Results> = {}): Results {
  return {
    format: 'stepcast results',
    version: 6,
    program: '0.1.0',
    title: 'Synthetic scenario for tests of the report',
    description: 'All figures here come from formulas in a test, not from a simulation.',
    seed: 7,
    answers: [
      'Eight asynchronous workers train 6.43 times as fast as one; synchronous workers reach 5.06 times, and lose most of the rest to the slowest of each step.',
      'Without numbers: the same cluster gives the same throughput, as arithmetic does not depend on values.',
      'Four GPUs run one step in 228 ms, 1.81 times as fast as the best single one; no placement can be faster than 171 ms.',
    ],
    training: [trainingExperiment(true), trainingExperiment(false)],
    placement: [placementExperiment()],
    assumptions: [
      {
        what: 'k40: memory bandwidth',
        value: '288 GB/s',
        evidence: 'datasheet',
        source: 'NVIDIA Tesla K40 board specification, table 2',
      },
      {
        what: 'k40: efficiency of large matrix products',
        value: '75 %',
        evidence: 'measured',
        source: 'sgemm of 4096 × 4096, median of 20 runs',
      },
      {
        what: 'ethernet-10g: latency',
        value: '30 µs',
        evidence: 'assumed',
        source: 'typical for one switch',
      },
      {
        what: 'worker stragglers',
        value: '5 % of the steps take 2× as long',
        evidence: 'scenario',
        source: 'digits.yaml, line 14',
      },
    ],
    caveats: [
      'Input pipelines are taken to be faster than training.',
      'Contention between kernels on one device is not modelled: one kernel runs at a time.',
    ],
    scenario: { name: 'synthetic', seed: 7, workers: WORKERS },
    written: null,
    ...changes,
  };
}

/** Every kind of figure, few rows: for checks whose time grows with the page. */
export function small(): Results {
  const base = trainingExperiment(true);
  const every = <T>(column: readonly T[]) => column.filter((_, i) => i % 10 === 0);
  const runs = base.runs
    .filter((run) => run.workers <= 2)
    .map((run) => ({
      ...run,
      learning: run.learning && {
        ...run.learning,
        updates: every(run.learning.updates),
        samples: every(run.learning.samples),
        seconds: every(run.learning.seconds),
        heldOutLoss: every(run.learning.heldOutLoss),
        heldOutAccuracy: every(run.learning.heldOutAccuracy),
      },
    }));
  return fixture({ training: [{ ...base, runs, timeline: timeline(2, 8, 4) }] });
}
