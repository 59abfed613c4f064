import * as z from 'zod';
import { UserError } from '../base/errors.ts';
import { printable, shortened } from '../base/text.ts';
import { STRATEGIES } from './catalog.ts';
import { sentence, show } from './fields.ts';
import { RESULTS_VERSION, type Results } from './results.ts';

/*
 * results.json as it is read back: a file may have been edited, cut or made by another program. Two types
 * at the end hold this and results.ts together.
 */

const list = <T extends z.ZodType>(entry: T) => z.array(entry).readonly();
const text = z.string();
const number = z.number();
/** A time, an amount or a rate; sums, products and quotients of such are numbers. */
const amount = z
  .number()
  .min(0)
  .max(1e40)
  .refine((value) => value === 0 || value >= 1e-40, { error: ({ input }) => `too small: ${input}` });
const count = z.int().min(0);
/** Shares are sums of differences, which rounding may carry a little over the edge. */
const share = z.number().refine((value) => value > -1e-6 && value < 1 + 1e-6, {
  error: ({ input }) => `expected a share from 0 to 1, got ${input}`,
});
const loss = z.number().nullable();

/** Refuses columns of unequal length. */
function columns(table: { readonly [column: string]: unknown }, context: z.core.$RefinementCtx): void {
  const lists = Object.entries(table).filter((entry): entry is [string, unknown[]] =>
    Array.isArray(entry[1]),
  );
  const [first, ...others] = lists;
  for (const [name, { length }] of others) {
    if (length === first![1].length) continue;
    const message = `expected ${first![1].length} entries, as many as ${first![0]} has, got ${length}`;
    context.addIssue({ code: 'custom', path: [name], message });
  }
}

const model = z.object({
  name: text,
  parameters: count,
  parameterBytes: amount,
  nodes: count,
  forwardFlopsPerSample: amount,
  trainingFlopsPerSample: amount.nullable(),
});

const deviceUse = z.object({
  device: text,
  model: text,
  compute: share,
  communication: share,
  waiting: share,
});

const learning = z
  .object({
    target: z.object({ measure: z.enum(['loss', 'accuracy']), value: number }),
    secondsToTarget: amount.nullable(),
    samplesToTarget: amount.nullable(),
    updates: list(count),
    samples: list(count),
    seconds: list(amount),
    heldOutLoss: list(loss),
    heldOutAccuracy: list(share),
  })
  .superRefine(columns);

const timeline = z
  .object({
    title: text,
    lanes: list(z.object({ name: text, kind: z.enum(['compute', 'transfer']) })),
    labels: list(text),
    lane: list(count),
    label: list(count),
    start: list(amount),
    end: list(amount),
    bytes: list(amount),
    critical: z.object({ lane: list(count), start: list(amount), end: list(amount) }).superRefine(columns),
  })
  .superRefine(({ title: _, lanes, labels, ...bars }, context) => {
    columns(bars, context);
    const [column, most] = bars.lane.some((lane) => lane >= lanes.length)
      ? (['lane', lanes.length] as const)
      : (['label', labels.length] as const);
    const wrong = bars[column].findIndex((index) => index >= most);
    if (wrong < 0) return;
    const message = `expected less than ${most}, the number of ${column}s, got ${bars[column][wrong]}`;
    context.addIssue({ code: 'custom', path: [column, wrong], message });
  });

const memory = list(
  z.object({
    device: text,
    model: text,
    capacityBytes: amount,
    residentBytes: amount,
    peakBytes: amount,
    peakSeconds: amount,
    footprintBytes: amount,
    largest: list(z.object({ name: text, bytes: amount })),
  }),
);

const memoryOverTime = list(
  z
    .object({ device: text, model: text, capacityBytes: amount, seconds: list(amount), bytes: list(amount) })
    .superRefine(({ seconds, bytes }, context) => columns({ seconds, bytes }, context)),
);

const outOfMemory = z
  .object({
    device: text,
    model: text,
    node: text.nullable(),
    seconds: amount,
    bytes: amount,
    usedBytes: amount,
    capacityBytes: amount,
    remedies: list(text),
  })
  .nullable();

const explanation = z
  .object({
    of: text,
    seconds: amount,
    criticalPath: list(
      z.object({
        part: z.enum(['compute', 'slowdown', 'transfer', 'contention', 'dispatch', 'other']),
        what: text,
        seconds: amount,
        times: count,
      }),
    ),
    faster: amount,
    baselineSeconds: amount,
    whatIf: list(z.object({ resource: text, stepSeconds: amount, gain: number })),
    bottleneck: text,
  })
  .nullable();

const strategy = z.enum(Object.keys(STRATEGIES));

const meanInterval = z
  .object({ halfWidth: amount, confidence: share, from: z.enum(['trials', 'batches']), count })
  .nullable();

const staleness = z.object({
  mean: amount,
  p50: amount,
  p90: amount,
  max: amount,
  histogram: z.object({ updates: list(count), gradients: list(count) }).superRefine(columns),
});

const goodput = z
  .object({
    useful: share,
    checkpoints: share,
    undone: share,
    down: share,
    waiting: share,
    interval: meanInterval,
    checkpointing: z
      .object({
        periodSeconds: amount.nullable(),
        optimalSeconds: amount.nullable(),
        betweenFailuresSeconds: amount.nullable(),
        expected: share.nullable(),
        expectedAtOptimum: share.nullable(),
      })
      .nullable(),
  })
  .nullable();

const lossCosts = list(
  z.object({
    lost: z.enum(['worker', 'group', 'server']),
    hosts: count,
    outcome: z.enum(['continues', 'waits', 'restarts']),
    speed: amount,
    downSeconds: amount.nullable(),
    seconds: amount.nullable(),
  }),
);

const errorBar = z
  .object({
    factor: number.min(1),
    confidence: share,
    points: count,
    sources: count,
    learntFrom: text,
    warnings: list(text),
  })
  .nullable();

const economy = z
  .object({
    dollarsPerHour: amount.nullable(),
    dollarsPerStep: amount.nullable(),
    dollarsPerMillionSamples: amount.nullable(),
    watts: amount.nullable(),
    wattsRange: z.object({ least: amount, most: amount }).nullable(),
    joulesPerStep: amount.nullable(),
    kilowattHoursPerMillionSamples: amount.nullable(),
    basis: list(text),
  })
  .nullable();

const stepDistribution = z
  .object({ seconds: list(amount), steps: list(count.min(1)) })
  .superRefine(columns)
  .nullable();

const stragglers = z
  .object({
    worker: list(text),
    hasOthers: z.boolean(),
    computeSeconds: list(amount),
    stepSeconds: list(amount).nullable(),
    lastShare: list(share).nullable(),
    droppedShare: list(share).nullable(),
  })
  .superRefine(columns)
  .nullable();

const linkHeat = z
  .object({
    of: text,
    seconds: amount,
    links: list(text),
    bytes: list(amount),
    busy: list(share),
    load: list(list(share)),
    others: count,
  })
  .superRefine(columns)
  .refine(({ load }) => new Set(load.map(({ length }) => length)).size <= 1, {
    error: 'expected as many stretches of each link',
    path: ['load'],
  })
  .nullable();

const placedGraph = z
  .object({
    of: text,
    devices: list(text),
    scopes: list(z.object({ name: text, nodes: count, flops: amount, nodesPerDevice: list(count) })),
    edges: list(z.object({ from: count, to: count, bytes: amount, crossingBytes: amount })),
  })
  .superRefine(({ devices, scopes, edges }, context) => {
    const refuse = (path: PropertyKey[], message: string): void =>
      context.addIssue({ code: 'custom', path, message });
    for (const [i, { nodesPerDevice }] of scopes.entries()) {
      if (nodesPerDevice.length === devices.length) continue;
      refuse(['scopes', i, 'nodesPerDevice'], `expected ${devices.length} entries, one for each device`);
    }
    for (const [i, edge] of edges.entries()) {
      for (const end of ['from', 'to'] as const) {
        if (edge[end] >= scopes.length) refuse(['edges', i, end], `there is no scope ${edge[end]}`);
      }
    }
  })
  .nullable();

const controls = z
  .object({
    run: count,
    always: list(text),
    controls: list(
      z.object({
        // Part of an id of the page.
        id: text.regex(/^[a-z0-9-]+$/),
        name: text,
        kind: z.enum(['slider', 'list']),
        stops: list(z.object({ text, set: list(text), placementOf: count.nullable() })),
        start: count,
        onlyWith: z.object({ control: text, stops: list(count) }).nullable(),
      }),
    ),
  })
  .superRefine(({ controls }, context) => {
    const ids = controls.map(({ id }) => id);
    for (const [i, { id, stops, start, onlyWith }] of controls.entries()) {
      const refuse = (key: string, message: string): void =>
        context.addIssue({ code: 'custom', path: ['controls', i, key], message });
      if (start >= stops.length) refuse('start', `expected the number of a stop, got ${start}`);
      if (ids.indexOf(id) < i) refuse('id', `${show(id)} is in the list twice`);
      if (onlyWith !== null && !ids.includes(onlyWith.control))
        refuse('onlyWith', `expected the id of a control, got ${show(onlyWith.control)}`);
    }
  })
  .nullable();

/** Controls begin at a run that is there, and keep placements of such. */
function controlsOfRuns(
  experiment: { readonly controls: z.output<typeof controls>; readonly runs: readonly unknown[] },
  context: z.core.$RefinementCtx,
): void {
  const kept = experiment.controls?.controls.flatMap(({ stops }) =>
    stops.map(({ placementOf }) => placementOf),
  );
  for (const run of [experiment.controls?.run, ...(kept ?? [])]) {
    if (run == null || run < experiment.runs.length) continue;
    context.addIssue({ code: 'custom', path: ['controls'], message: `there is no run ${run}` });
    return;
  }
}

const trainingRun = z.object({
  strategy,
  label: text,
  workers: count.min(1),
  replicas: count,
  options: z.record(text, z.union([z.number(), text, z.boolean()]).optional()),
  parameterServers: count,
  updates: count,
  samplesPerUpdate: count,
  simulatedSeconds: amount,
  stepSeconds: z.object({
    count,
    mean: amount,
    p50: amount,
    p90: amount,
    p99: amount,
    max: amount,
    meanInterval,
  }),
  samplesPerSecond: amount,
  speedUp: amount,
  speedUpInterval: meanInterval,
  efficiency: amount,
  errorBar,
  speedUpErrorBar: errorBar,
  gradientsApplied: count,
  gradientsDropped: count,
  droppedByReplica: list(count),
  staleness,
  devices: list(deviceUse),
  links: list(z.object({ link: text, bytes: amount, busy: share, load: share })),
  learning: learning.nullable(),
  memory,
  outOfMemory,
  losses: z.object({ failures: count, restarts: count, updatesLost: count }),
  goodput,
  lossCosts,
  stopped: text.nullable(),
  stepDistribution,
  stragglers,
  economy,
});

const training = z
  .object({
    name: text,
    title: text,
    model,
    cluster: text,
    batchPerWorker: count,
    learningRate: number,
    learningRateScaling: z.enum(['linear']).nullable(),
    baseline: text,
    trials: count.min(1),
    runs: list(trainingRun),
    skipped: list(z.object({ strategy, workers: count, reason: text })),
    timeline: timeline.nullable(),
    explanation,
    memoryOverTime,
    linkHeat,
    placedGraph,
    controls,
  })
  .superRefine(controlsOfRuns);

const placementRobustness = z.object({
  leastSeconds: amount,
  medianSeconds: amount,
  mostSeconds: amount,
  firstShare: amount,
  halfBandwidthSeconds: amount,
});

const placementRun = z
  .object({
    placer: text,
    label: text,
    note: text,
    stepSeconds: amount,
    draws: z.object({ count: count.min(1), leastSeconds: amount, mostSeconds: amount }),
    bottleneckSeconds: amount,
    score: amount,
    speedUp: amount,
    errorBar,
    evaluations: count,
    failures: count,
    robustness: placementRobustness.nullable(),
    transferBytes: amount,
    nodesPerDevice: list(count),
    devices: list(deviceUse),
    deviceOf: list(count),
    history: z
      .object({ evaluations: list(count), seconds: list(amount) })
      .superRefine(columns)
      .nullable(),
    memory,
    outOfMemory,
    economy,
  })
  .superRefine(({ devices, nodesPerDevice, deviceOf }, context) => {
    const refuse = (path: PropertyKey[], message: string): void =>
      context.addIssue({ code: 'custom', path, message });
    if (nodesPerDevice.length !== devices.length)
      refuse(['nodesPerDevice'], `expected ${devices.length} entries, one for each device`);
    const beyond = deviceOf.findIndex((device) => device >= devices.length);
    if (beyond >= 0) refuse(['deviceOf', beyond], `there is no device ${deviceOf[beyond]}`);
  });

const placement = z
  .object({
    name: text,
    title: text,
    model,
    cluster: text,
    batch: count,
    nodes: list(text),
    objective: text,
    seeds: count.min(1),
    bounds: z.object({
      criticalPathSeconds: amount,
      areaSeconds: amount,
      groupSeconds: amount,
      communicationSeconds: amount,
      headTailSeconds: amount,
    }),
    cannotFit: text.nullable(),
    runs: list(placementRun),
    portfolio: z.object({
      label: text,
      trial: count,
      stepSeconds: amount,
      score: amount,
      fits: z.boolean(),
      deviceOf: list(count),
    }),
    timeline: timeline.nullable(),
    explanation,
    memoryOverTime,
    linkHeat,
    placedGraph,
    controls,
  })
  .superRefine(({ nodes, runs }, context) => {
    for (const [i, { deviceOf }] of runs.entries()) {
      if (deviceOf.length === nodes.length) continue;
      const message = `expected ${nodes.length} entries, one for each node, got ${deviceOf.length}`;
      context.addIssue({ code: 'custom', path: ['runs', i, 'deviceOf'], message });
    }
  })
  .superRefine(controlsOfRuns);

const inferenceRun = z.object({
  server: text,
  device: text,
  devices: count,
  watts: amount.nullable(),
  precision: text,
  batch: count,
  batchSeconds: amount,
  flopsPerSecond: amount,
  samplesPerSecond: amount,
  boundedSamplesPerSecond: amount.nullable(),
  responseSeconds: amount,
  errorBar,
  economy,
});

const inference = z
  .object({
    name: text,
    title: text,
    model,
    latencySeconds: amount.nullable(),
    runs: list(inferenceRun),
    controls,
  })
  .superRefine(controlsOfRuns);

const resultsSchema = z.object({
  format: z.literal('stepcast results'),
  version: z.literal(RESULTS_VERSION),
  program: text,
  title: text,
  description: text,
  seed: count,
  answers: list(text),
  training: list(training),
  placement: list(placement),
  inference: list(inference).exactOptional(),
  assumptions: list(
    z.object({
      what: text,
      value: text,
      evidence: z.enum(['assumed', 'datasheet', 'measured', 'scenario']),
      source: text,
      decides: z.enum(['memory', 'economy', 'nothing']).exactOptional(),
    }),
  ),
  caveats: list(text),
  scenario: z.unknown(),
  written: z.unknown(),
}) satisfies z.ZodType<Results>;

/** Compiles only while all that results.ts allows may be read too; `satisfies` holds the other way round. */
type Agreed<Read, Written extends Read> = Written;

/** The results that `value`, read from `file`, holds. Throws a UserError that names the first thing that is wrong. */
export function parseResults(value: unknown, file: string): Agreed<z.output<typeof resultsSchema>, Results> {
  const result = resultsSchema.safeParse(value, { error: sentence });
  // As it was read: keys keep their order, so that a report drawn again is the same, byte for byte.
  if (result.success) return value as z.output<typeof resultsSchema>;
  const { path, message } = result.error.issues[0]!;
  const where = printable(shortened(path.join('.'), 200));
  throw new UserError([file, where, message].filter((part) => part !== '').join(': '));
}
