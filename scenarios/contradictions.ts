import { arithmeticType } from '../devices/cost-model.ts';
import { DATASETS, type Dataset, findDevice, MODELS } from './catalog.ts';
import { PRECISIONS, type Precision } from './fields.ts';
import type { Scenario, TrainingScenario } from './schema.ts';

type Path = (string | number)[];

/** What is well-formed by itself but cannot hold together. */
export function* contradictions(scenario: Scenario): Generator<{ path: Path; message: string }> {
  const { workers, parameter_servers } = scenario.cluster;
  const first = new Map<string, number>();
  for (const [i, experiment] of scenario.experiments.entries()) {
    const at = (...path: Path) => ['experiments', i, ...path];
    const earlier = first.get(experiment.name);
    if (earlier === undefined) first.set(experiment.name, i);
    else {
      const message = `"${experiment.name}" is the name of experiments.${earlier} already; names must differ`;
      yield { path: at('name'), message };
    }
    yield* precision(
      experiment.model.precision,
      at('model', 'precision'),
      workers.accelerator ?? workers.cpu,
    );
    if (experiment.kind === 'training') yield* trainingContradictions(experiment, at);
  }
  const trains = scenario.experiments.some((experiment) => experiment.kind === 'training');
  if (trains && (parameter_servers?.count ?? 0) === 0) {
    const path = ['cluster', 'parameter_servers', ...(parameter_servers === undefined ? [] : ['count'])];
    yield {
      path,
      message: 'training by parameter servers needs at least 1; set cluster.parameter_servers.count',
    };
  }
}

function* precision(dtype: Precision, path: Path, deviceId: string) {
  if (computesIn(dtype, deviceId)) return;
  const has = PRECISIONS.filter((other) => computesIn(other, deviceId));
  const remedy = has.length === 0 ? 'choose another accelerator' : `it has ${has.join(', ')}`;
  yield { path, message: `${deviceId} has no ${dtype} arithmetic; ${remedy}` };
}

function computesIn(dtype: Precision, deviceId: string): boolean {
  const device = findDevice(deviceId);
  return (['matmul', 'vector'] as const).every(
    (opClass) => device.peak[arithmeticType(opClass, dtype, device)] !== undefined,
  );
}

function* trainingContradictions(experiment: TrainingScenario, at: (...path: Path) => Path) {
  const { model, numbers, strategies, workers } = experiment;
  const most = Math.max(...workers);
  for (const [j, strategy] of strategies.entries()) {
    if (strategy.kind !== 'backup' || strategy.backups < most) continue;
    const message = `${strategy.backups} backups leave no worker to wait for: this experiment has at most ${most}`;
    yield { path: at('strategies', j, 'backups'), message };
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

function fits(model: { sampleShape: readonly number[]; classes: number }, dataset: Dataset): boolean {
  return model.classes === dataset.classes && model.sampleShape.join() === dataset.sampleShape.join();
}
