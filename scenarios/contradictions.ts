import { UserError } from '../base/errors.ts';
import { quoted } from '../base/text.ts';
import { formatBytes } from '../base/units.ts';
import { type DeviceSpec, parseDeviceSpec } from '../devices/device-spec.ts';
import type { Model } from '../graph/zoo/model.ts';
import {
  DATASETS,
  type Dataset,
  DEVICES,
  findDevice,
  findNode,
  INFERENCE_MODELS,
  MODELS,
  STRATEGIES,
} from './catalog.ts';
import type { ModelChoice } from './chosen-model.ts';
import { computesIn } from './computes-in.ts';
import { unknownSubjects } from './disturbances.ts';
import { experimentCluster, hostsOf, serversOf } from './experiment-cluster.ts';
import { PRECISIONS } from './fields.ts';
import { computingDeviceOf } from './inference.ts';
import type { InferenceScenario, PlacementScenario, Scenario, TrainingScenario } from './schema.ts';
import { settingsFor } from './settings.ts';
import { MOST_BYTES, placementBytes, trainingBytes } from './size.ts';
import { mostTrials } from './trials.ts';

type Path = (string | number)[];
type At = (...path: Path) => Path;

interface Contradiction {
  readonly path: Path;
  readonly message: string;
}

/** Where strategy `j` of experiment `i` is written: for it alone, or for all. */
export type StrategyPlace = (i: number, j: number) => Path;

/** What is well-formed by itself but cannot hold together. */
export function* contradictions(scenario: Scenario, strategyAt: StrategyPlace): Generator<Contradiction> {
  const { parameter_servers } = scenario.cluster;
  const first = new Map<string, number>();
  for (const [i, experiment] of scenario.experiments.entries()) {
    const at = (...path: Path) => ['experiments', i, ...path];
    const earlier = first.get(experiment.name);
    if (earlier === undefined) first.set(experiment.name, i);
    else {
      const message = `"${experiment.name}" is the name of experiments.${earlier} already; names must differ`;
      yield { path: at('name'), message };
    }
    if (experiment.kind === 'training') {
      if (scenario.cluster.workers.more_accelerators !== undefined) {
        const message = 'workers of training are all alike; leave this out, or place';
        yield { path: ['cluster', 'workers', 'more_accelerators'], message };
      }
      yield* numbersThroughFailures(scenario, experiment, at);
      const found = [...trainingContradictions(scenario, experiment, at, (j) => strategyAt(i, j))];
      yield* found.length > 0 ? found : tooLargeTraining(scenario, experiment, at);
    } else if (experiment.kind === 'inference') {
      yield* unservable(experiment, at);
    } else {
      yield* unknownDevices(scenario, experiment, at);
      yield* tooLargePlacement(scenario, experiment);
    }
  }
  yield* precisions(scenario);
  const trainings = scenario.experiments.filter((experiment) => experiment.kind === 'training');
  const trains = trainings.length > 0;
  if (trains) {
    const most = Math.max(...trainings.flatMap(({ workers }) => workers));
    const hosts = hostsOf(scenario.cluster, most);
    const servers = Math.max(
      0,
      ...trainings.flatMap((experiment) => serversOf(scenario.cluster, experiment)),
    );
    yield* unknownSubjects(scenario, () => experimentCluster(scenario.cluster, hosts, servers));
  }
  for (const experiment of trainings) {
    if (!experiment.strategies.some(({ kind }) => STRATEGIES[kind].usesServers)) continue;
    if (serversOf(scenario.cluster, experiment).length > 0) continue;
    const path = ['cluster', 'parameter_servers', ...(parameter_servers === undefined ? [] : ['count'])];
    const message = 'training by parameter servers needs at least 1; set cluster.parameter_servers.count';
    return yield { path, message };
  }
}

/** Values are not computed again when a simulated machine comes back. */
function* numbersThroughFailures(
  { failures }: Scenario,
  { numbers }: TrainingScenario,
  at: At,
): Generator<Contradiction> {
  if (numbers === undefined || (failures?.mtbf === undefined && failures?.script === undefined)) return;
  const message = 'numbers cannot be computed where machines fail; leave out numbers or failures';
  yield { path: at('numbers'), message };
}

/** Servers compute in the type that is asked for, or in the network's own. */
function* unservable({ model, servers }: InferenceScenario, at: At): Generator<Contradiction> {
  if ('file' in model) {
    for (const [j, { precision }] of servers.entries()) {
      if (precision === undefined) continue;
      yield { path: at('servers', j, 'precision'), message: 'a file has types of its own; leave this out' };
    }
    return;
  }
  const infersOnly = Object.hasOwn(INFERENCE_MODELS, model.name);
  for (const [j, { device, node, precision = infersOnly ? 'int8' : 'float32' }] of servers.entries()) {
    const id = device ?? computingDeviceOf(findNode(node!));
    if (precision === 'int8' && !infersOnly) {
      const message = `${model.name} has no 8-bit form; choose ${PRECISIONS.join(', ')}`;
      yield { path: at('servers', j, 'precision'), message };
    } else if (!computesIn(precision, id)) {
      const has = ['int8' as const, ...PRECISIONS].filter((dtype) => computesIn(dtype, id));
      const message = `${id} has no ${precision} arithmetic for ${model.name}; it has ${has.join(', ')}`;
      yield { path: at('servers', j, 'precision'), message };
    }
  }
}

/** A device has arithmetic of some kinds only, and one for inference none that trains. */
function* precisions({ cluster, experiments: all }: Scenario): Generator<Contradiction> {
  const experiments = [...all.entries()].flatMap(([i, experiment]) =>
    experiment.kind === 'inference' || 'file' in experiment.model ? [] : [{ i, model: experiment.model }],
  );
  const { accelerator, cpu } = cluster.workers;
  const device = accelerator ?? cpu;
  const has = PRECISIONS.filter((dtype) => computesIn(dtype, device));
  const training = experiments.filter(({ model }) => Object.hasOwn(MODELS, model.name));
  yield* inferences(experiments, device);
  if (training.length === 0) return;
  if (has.length === 0) {
    const only = Object.keys(findDevice(device).peak).join(', ');
    const able = DEVICES.filter(({ id, kind }) => kind !== 'CPU' && computesIn('float32', id));
    const some = able.slice(0, 8).map(({ id }) => id);
    const message = `${device} is for inference only: it has ${only} arithmetic; choose one that trains: ${some.join(', ')}, … (\`stepcast devices\` lists all)`;
    return yield { path: ['cluster', 'workers', 'accelerator'], message };
  }
  for (const { i, model } of experiments) {
    if (has.includes(model.precision) || Object.hasOwn(INFERENCE_MODELS, model.name)) continue;
    const message = `${device} has no ${model.precision} arithmetic; it has ${has.join(', ')}`;
    yield { path: ['experiments', i, 'model', 'precision'], message };
  }
}

/** Networks that only infer have a precision of their own. */
function* inferences(
  experiments: readonly { readonly i: number; readonly model: ModelChoice }[],
  device: string,
): Generator<Contradiction> {
  for (const { i, model } of experiments) {
    if (!Object.hasOwn(INFERENCE_MODELS, model.name)) continue;
    const at = (key: string): Path => ['experiments', i, 'model', key];
    if (model.precision !== 'float32') {
      yield { path: at('precision'), message: `${model.name} computes in int8; leave this out` };
    }
    if (!computesIn('int8', device)) {
      yield {
        path: at('name'),
        message: `${model.name} computes in int8, which ${device} has no arithmetic for`,
      };
    }
  }
}

function* trainingContradictions(
  scenario: Scenario,
  experiment: TrainingScenario,
  at: At,
  strategyAt: (j: number) => Path,
): Generator<Contradiction> {
  const { model, numbers, strategies } = experiment;
  for (const [j, choice] of strategies.entries()) {
    const { possible, refusals } = settingsFor(scenario, experiment, choice);
    if (possible.length > 0 || refusals.length === 0) continue;
    const { reason } = refusals.reduce((most, refusal) => (refusal.workers > most.workers ? refusal : most));
    const isForAll = refusals.every((refusal) => refusal.reason === reason);
    const message = `${reason}; with other numbers of workers of this experiment neither`;
    yield { path: strategyAt(j), message: isForAll ? reason : message };
  }
  if (numbers === undefined) return;
  if (numbers.steps !== undefined && numbers.steps > experiment.steps) {
    const message = `${numbers.steps} steps cannot be computed of ${experiment.steps} that are simulated; raise steps or lower this`;
    yield { path: at('numbers', 'steps'), message };
  }
  const dataset = DATASETS[numbers.dataset]!;
  const trainable = Object.keys(MODELS).filter((name) => fits(MODELS[name]!, dataset));
  if (!trainable.includes(model.name)) {
    const message = `${model.name} cannot be trained on ${numbers.dataset}; leave out numbers, or choose one of: ${trainable.join(', ')}`;
    yield { path: at('numbers', 'dataset'), message };
  }
  if (model.precision !== 'float32') {
    yield {
      path: at('model', 'precision'),
      message: `numbers are computed in float32 only, got ${model.precision}`,
    };
  }
  if (numbers.held_out + model.batch > dataset.samples) {
    const message = `${numbers.dataset} has ${dataset.samples} samples; holding out ${numbers.held_out} leaves less than a batch of ${model.batch}`;
    yield { path: at('numbers', 'held_out'), message };
  }
}

function* tooLargeTraining(
  scenario: Scenario,
  experiment: TrainingScenario,
  at: At,
): Generator<Contradiction> {
  const { trials } = scenario;
  const bytes = trainingBytes(scenario, experiment, mostTrials(trials));
  const total = bytes.workers + bytes.updates + bytes.tensors;
  if (total <= MOST_BYTES) return;
  const most = Math.max(...experiment.workers);
  const { batch } = experiment.model;
  switch (Math.max(bytes.workers, bytes.updates, bytes.tensors)) {
    case bytes.workers:
      return yield { path: at('workers'), message: tooLarge(total, `${most} workers`, 'lower workers') };
    case bytes.updates:
      return yield {
        path: at('steps'),
        message: tooLarge(
          total,
          `${experiment.steps} steps`,
          mostTrials(trials) > 1 ? 'lower steps or trials' : 'lower steps',
        ),
      };
    default: {
      const what = `the numbers of ${most} workers with a batch of ${batch}`;
      yield { path: at('model', 'batch'), message: tooLarge(total, what, 'lower batch or workers') };
    }
  }
}

function* tooLargePlacement(
  scenario: Scenario,
  { model, accelerators: used }: PlacementScenario,
): Generator<Contradiction> {
  // How many nodes a file has, only its import says.
  if ('file' in model) return;
  const bytes = placementBytes(scenario, model, used);
  if (bytes <= MOST_BYTES) return;
  const { count, accelerators } = scenario.cluster.workers;
  const what = `placing ${model.name} on ${count * (1 + accelerators)} devices`;
  const message = tooLarge(bytes, what, 'lower cluster.workers.count or accelerators');
  yield { path: ['cluster', 'workers', 'count'], message };
}

function tooLarge(bytes: number, what: string, remedy: string): string {
  return `${what} would take about ${formatBytes(bytes)} of memory; at most ${formatBytes(MOST_BYTES)}: ${remedy}`;
}

/** Devices that a placer is told to use must be there. */
function* unknownDevices(
  { cluster: { workers } }: Scenario,
  { placers, accelerators = workers.accelerators }: PlacementScenario,
  at: At,
): Generator<Contradiction> {
  const has = [{ kind: 'CPU', count: 1 }];
  if (workers.accelerator !== undefined) {
    const count = Math.min(accelerators, workers.accelerators);
    has.push({ kind: findDevice(workers.accelerator).kind, count });
  }
  for (const [j, placer] of placers.entries()) {
    if (placer.kind !== 'single-device' || placer.device === undefined) continue;
    const path = at('placers', j, 'device');
    let spec: DeviceSpec;
    try {
      spec = parseDeviceSpec(placer.device);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      yield { path, message: error.message };
      continue;
    }
    const { job = 'worker', task = 0, kind, index = 0 } = spec;
    const matches =
      job === 'worker' &&
      task < workers.count &&
      has.some((devices) => (kind ?? devices.kind) === devices.kind && index < devices.count);
    if (matches) continue;
    const tasks = range('task', workers.count);
    const choices = has.map(
      (devices) => `/job:worker/${tasks}/${range(`device:${devices.kind}`, devices.count)}`,
    );
    yield {
      path,
      message: `no device of the workers is ${quoted(placer.device)}; there are ${choices.join(' and ')}`,
    };
  }
}

/** `task:0`, or `task:0…3` for four. */
function range(what: string, count: number): string {
  return count === 1 ? `${what}:0` : `${what}:0…${count - 1}`;
}

function fits({ classes, sampleShape }: Model, dataset: Dataset): boolean {
  return classes === dataset.classes && sampleShape?.join() === dataset.sampleShape.join();
}
