import { byteCount } from '../graph/tensor-spec.ts';
import { chosenNetwork, type ModelChoice } from './chosen-model.ts';
import { stepGraph } from './model-summary.ts';
import type { Scenario, TrainingScenario } from './schema.ts';
import { areAlike, type Setting, settingsFor } from './settings.ts';

/*
 * About how much memory an experiment takes, before anything of it is built. Measured as the peak of whole runs of 10
 * to 4000 workers (bench/memory.bench.ts repeats it): the columns of compiler, engine and trace per node, routes and names per host.
 */

/** What an experiment may take: more than most laptops have to spare is refused. */
export const MOST_BYTES = 4e9;

const BYTES_PER_WORKER = 100e3;
const BYTES_PER_WORKER_AND_NODE = 700;
/** Of each run of an experiment, until the experiment ends. */
const KEPT_BYTES_PER_WORKER = 25e3;
const KEPT_BYTES_PER_WORKER_AND_NODE = 50;
const BYTES_PER_UPDATE = 70;
const KEPT_BYTES_PER_UPDATE = 10;
/** Of each further trial: its step times. */
const KEPT_BYTES_PER_UPDATE_AND_TRIAL = 8;
const BYTES_PER_DEVICE = 20e3;
const BYTES_PER_DEVICE_AND_NODE = 60;
/** Of placements: routes, latencies and bandwidths between any two devices. Seconds grow with it too. */
const BYTES_PER_PAIR_OF_DEVICES = 800;
const BYTES_PER_LINK = 600;

export interface TrainingBytes {
  /** Timing: hosts and what runs on them. */
  readonly workers: number;
  /** When each update was made. */
  readonly updates: number;
  /** Tensors, where numbers are computed. */
  readonly tensors: number;
}

export function trainingBytes(scenario: Scenario, experiment: TrainingScenario, trials = 1): TrainingBytes {
  const { model, numbers } = experiment;
  const { nodes, tensorBytes } = graphSize({ ...model, batch: numbers === undefined ? 1 : model.batch });
  const settings = experiment.strategies.flatMap(
    (choice) => settingsFor(scenario, experiment, choice).possible,
  );
  const runs = settings.map(({ workers, updates, ...setting }) => ({
    workers,
    updates,
    nodes: simulatedNodes(scenario, experiment, { workers, ...setting }, nodes),
  }));
  const sum = (of: (run: (typeof runs)[number]) => number): number =>
    runs.reduce((total, run) => total + of(run), 0);
  const most = Math.max(...runs.map((run) => run.workers));
  return {
    workers:
      Math.max(...runs.map((run) => run.workers * BYTES_PER_WORKER + run.nodes * BYTES_PER_WORKER_AND_NODE)) +
      sum((run) => run.workers * KEPT_BYTES_PER_WORKER + run.nodes * KEPT_BYTES_PER_WORKER_AND_NODE),
    updates:
      Math.max(...runs.map((run) => run.updates)) * BYTES_PER_UPDATE +
      sum((run) => run.updates) * (KEPT_BYTES_PER_UPDATE + (trials - 1) * KEPT_BYTES_PER_UPDATE_AND_TRIAL),
    tensors: numbers === undefined ? 0 : most * tensorBytes,
  };
}

/** About how many ops and messages are simulated: nodes of all loops, each as often as its replica makes a step. */
export function trainingActivities(scenario: Scenario, experiment: TrainingScenario): number {
  const { nodes } = graphSize({ ...experiment.model, batch: 1 });
  return experiment.strategies
    .flatMap((choice) => settingsFor(scenario, experiment, choice).possible)
    .map(
      (setting) => simulatedNodes(scenario, experiment, setting, nodes) * (setting.updates / setting.round),
    )
    .reduce((sum, activities) => sum + activities, 0);
}

export function placementBytes(
  { cluster }: Scenario,
  model: ModelChoice,
  most = cluster.workers.accelerators,
): number {
  const { nodes } = graphSize({ ...model, batch: 1 });
  const { count, accelerators, peer_link } = cluster.workers;
  const devices = count * (1 + accelerators);
  const used = count * (1 + Math.min(most, accelerators));
  const peerLinks = peer_link === undefined ? 0 : count * accelerators * (accelerators - 1);
  return (
    devices * BYTES_PER_DEVICE +
    used * BYTES_PER_DEVICE_AND_NODE * nodes +
    used ** 2 * BYTES_PER_PAIR_OF_DEVICES +
    peerLinks * BYTES_PER_LINK
  );
}

/** Nodes of all loops that are simulated: of alike replicas there is one; micro-batches have nodes of their own. */
function simulatedNodes(
  scenario: Scenario,
  experiment: TrainingScenario,
  { strategy, options, workers, replicas }: Pick<Setting, 'strategy' | 'options' | 'workers' | 'replicas'>,
  nodes: number,
): number {
  const alike = !strategy.usesServers && areAlike(scenario, experiment);
  const loops = alike || replicas === 1 ? 1 : workers;
  return loops * nodes * Number(options.micro_batches ?? 1);
}

interface GraphSize {
  readonly nodes: number;
  /** Of all tensors of one step. */
  readonly tensorBytes: number;
}

const sizes = new Map<string, GraphSize>();

function graphSize(choice: ModelChoice): GraphSize {
  const key = JSON.stringify(choice);
  let size = sizes.get(key);
  if (size === undefined) {
    const graph = stepGraph(chosenNetwork(choice), choice.batch, 'float32');
    const tensorBytes = graph.spec.reduce((sum, tensor) => sum + byteCount(tensor), 0);
    size = { nodes: graph.nodeCount, tensorBytes };
    sizes.set(key, size);
  }
  return size;
}
