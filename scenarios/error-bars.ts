import { formatInteger } from '../base/format.ts';
import { type Interval, intervalFor, type LearntIntervals, type Question } from './claims/intervals.ts';
import residuals from './claims/residuals.json' with { type: 'json' };
import type {
  ErrorBar,
  ModelSummary,
  PlacementExperiment,
  PlacementRun,
  TrainingExperiment,
  TrainingRun,
} from './results.ts';
import type { Scenario } from './schema.ts';

/* How far predictions of `stepcast run` may be off: as far as predictions of like questions were off in the ledger of measurements. */

const LEARNT = residuals as unknown as LearntIntervals;

/** The experiment, its runs with error bars. */
export function withErrorBars(
  experiment: TrainingExperiment,
  { cluster }: Pick<Scenario, 'cluster'>,
  learnt: LearntIntervals = LEARNT,
): TrainingExperiment {
  const device = deviceOf(cluster);
  const runs = experiment.runs.map((run) => {
    const question = trainingQuestion(run, experiment, device);
    // A speed-up over one worker starts from that; one worker over itself is exact.
    const scaling = run.workers === 1 ? undefined : { ...question, from: 'measured' as const };
    return {
      ...run,
      errorBar: errorBarFor(question, learnt),
      speedUpErrorBar: scaling === undefined ? null : errorBarFor(scaling, learnt),
    };
  });
  return { ...experiment, runs };
}

/** The same of placements; speed-ups compare two predictions of one model, and have none. */
export function withPlacementErrorBars(
  experiment: PlacementExperiment,
  { cluster }: Pick<Scenario, 'cluster'>,
  learnt: LearntIntervals = LEARNT,
): PlacementExperiment {
  const device = deviceOf(cluster);
  const { batch, model } = experiment;
  const runs = experiment.runs.map((run: PlacementRun) => {
    const devices = run.nodesPerDevice.filter((nodes) => nodes > 0).length;
    const kind = run.placer === 'single-device' ? 'single-device' : PLACEMENT;
    const sizes = { devices, batch, parameters: model.parameters };
    return { ...run, errorBar: errorBarFor({ kind, from: 'catalog', device, sizes }, learnt) };
  });
  return { ...experiment, runs };
}

const PLACEMENT = 'placement';
const BY_SERVERS: ReadonlySet<string> = new Set(['sync', 'async', 'backup', 'hybrid']);
const BY_REPLICAS: ReadonlySet<string> = new Set(['all-reduce', 'zero']);
/** The zoo's decoders: gpt, gpt3-175b, gpt-moe … */
const DECODER = /^gpt/;

const deviceOf = ({ workers }: Scenario['cluster']): string => workers.accelerator ?? workers.cpu;

/** As the kinds of claims ask it, with the sizes that they have in common. */
function trainingQuestion(
  { strategy, workers, parameterServers, options }: TrainingRun,
  { model, batchPerWorker }: { readonly model: ModelSummary; readonly batchPerWorker: number },
  device: string,
): Question {
  const sizes = { devices: workers, batch: batchPerWorker, parameters: model.parameters };
  const of = (kind: string, sizes: Question['sizes']): Question => ({ kind, from: 'catalog', device, sizes });
  if (BY_SERVERS.has(strategy)) return of('parameter-server', { ...sizes, servers: parameterServers });
  if (DECODER.test(model.name)) {
    const [tensor, pipeline] = [Number(options.tensor ?? 1), Number(options.pipeline ?? options.stages ?? 1)];
    return of('gpt', { devices: workers, tensor, pipeline, parameters: model.parameters });
  }
  if (BY_REPLICAS.has(strategy)) return of(workers === 1 ? 'single-device' : 'data-parallel', sizes);
  return of(strategy, sizes);
}

/** What is known of the error of an answer to `question`; null where there is nothing to go by. */
export function errorBarFor(question: Question, learnt: LearntIntervals = LEARNT): ErrorBar | null {
  const interval = intervalFor(question, learnt);
  if (interval === undefined) return null;
  const { factor, confidence, pool } = interval;
  return {
    factor,
    confidence,
    points: pool.points,
    sources: pool.sources,
    learntFrom: pool.kind ?? 'all kinds of questions',
    warnings: warningsOf(question, interval, learnt),
  };
}

function warningsOf(
  { kind, device }: Question,
  { deviceKnown, outside }: Interval,
  { ranges }: LearntIntervals,
): string[] {
  const asked = KINDS[kind] ?? `${kind} training`;
  const warnings = deviceKnown ? [] : [`no measurement is of ${device}, and none of its kernels`];
  if (ranges[kind] === undefined)
    return [...warnings, `no measurement is of ${asked}: the interval is that of other kinds of questions`];
  for (const { size, value, range } of outside) {
    if (range === null) continue;
    const what = SIZES[size] ?? size;
    const { least, most } = range;
    const [beyond, end] = value > most ? (['more', most] as const) : (['less', least] as const);
    warnings.push(
      `no measurement of ${asked} is of ${beyond} than ${formatInteger(end)} ${what} (here: ${formatInteger(value)})`,
    );
  }
  return warnings;
}

const KINDS: { readonly [kind: string]: string } = {
  gpt: 'training of decoders',
  'data-parallel': 'data-parallel training',
  'parameter-server': 'training by parameter servers',
  'single-device': 'steps of one device',
  inference: 'inference',
  [PLACEMENT]: 'graphs placed on several devices',
};

const SIZES: { readonly [size: string]: string } = {
  devices: 'devices',
  servers: 'parameter servers',
  batch: 'samples per device',
  parameters: 'parameters',
  tensor: 'tensor ranks',
  pipeline: 'pipeline stages',
};
