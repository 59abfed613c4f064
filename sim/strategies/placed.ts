import { invariant } from '../../base/errors.ts';
import { parseDeviceSpec } from '../../devices/device-spec.ts';
import { subCluster } from '../../devices/sub-cluster.ts';
import { gradients } from '../../graph/autodiff.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { fuseElementwise } from '../../graph/fuse.ts';
import type { Graph } from '../../graph/graph.ts';
import { descend } from '../../graph/optimizers/gradient-descent.ts';
import { partition } from '../../graph/partition.ts';
import type { Plan } from '../../graph/plan.ts';
import { withoutDeadNodes } from '../../graph/prune.ts';
import { choiceOption } from './options.ts';
import { deviceIndex } from './parameter-servers.ts';
import type { Strategy, StrategyInput } from './strategy.ts';

const options = {
  placer: choiceOption(
    [
      'hints',
      'single-device',
      'round-robin',
      'random',
      'expert',
      'min-cut',
      'contiguous',
      'greedy',
      'static-list',
      'heft',
      'heft-contended',
      'heft-multilevel',
      'cpop',
      'peft',
      'etf',
      'm-topo',
      'm-etf',
      'm-sct',
      'annealing',
      'cross-entropy',
      'genetic',
      'learned-list-zero-shot',
      'learned-list',
      'reinforce',
      'seq2seq',
      'hierarchical',
    ],
    'What cuts the model: `hints`, the model itself, of which each worker gets a part; or a placer (`stepcast placers`), op by op.',
  ),
};

/** Where all parts exchange with all others, the graph grows by the square of their number: to 2 million nodes of 256. */
const MOST_WORKERS = 256;

/**
 * Model parallelism by placement: the workers together compute one replica, each the ops that are placed on it (Dean et
 * al., NIPS 2012, section 3; white paper 2015, section 7). Parameters are where they are used, and each step updates them by
 * the gradient of its one batch. Whatever the cut, the numbers are those of one device. The luck of a step (noise, stragglers) is the
 * replica's: it slows all workers alike.
 */
export const modelParallel: Strategy<typeof options> = {
  kind: 'model-parallel',
  description: 'the workers compute one replica together, each the ops that are placed on it',
  options,
  usesServers: false,
  refuses: ({ workers, model, options: { placer } }) => {
    if (workers > MOST_WORKERS) return `one replica is spread over at most ${MOST_WORKERS} workers`;
    return placer === 'hints' && workers > 1 && !model.splits?.includes('parts')
      ? `${model.name} does not say how it may be cut into parts; name a placer, e.g. greedy`
      : undefined;
  },
  replicas: () => 1,
  gradientsPerUpdate: () => 1,
  label: ({ placer }) => (placer === 'hints' ? 'model parallel' : `model parallel, ${placer}`),
  plan: modelParallelPlan,
};

function modelParallelPlan(input: StrategyInput<typeof options>): Plan {
  const { placer } = input.options;
  const devices = [...new Set(input.workerDevices.flatMap(({ compute, cpu }) => [compute, cpu]))];
  const indices = Int32Array.from(devices, (name) => deviceIndex(input, name));
  const graph = trainingStep(input, placer === 'hints' ? input.workers : 1);
  const deviceOf =
    placer === 'hints' ? placedByParts(graph, input, devices) : placedBy(placer, graph, input, indices);
  const fuses = (device: number): boolean =>
    input.workerFuses === true && input.workerDevices.some(({ compute }) => compute === devices[device]);
  const fused = fuseElementwise(graph, { deviceOf, fuses });
  const template = partition(
    fused.graph,
    devices,
    fused.nodes.map((node) => deviceOf[node]!),
  );
  const ownDevice = new Uint8Array(devices.length).fill(1);
  return {
    loops: [{ name: 'replica', replica: 0, template, device: indices, ownDevice, countsUpdates: true }],
    accumulators: [],
    queues: [],
    updates: input.updates,
  };
}

/** Forward, backward and the update of each parameter; cut into so many parts by the model itself. */
function trainingStep({ replica, learningRate }: StrategyInput<typeof options>, parts: number): Graph {
  const builder = new GraphBuilder();
  const { loss, parameters } = replica(builder, parts === 1 ? {} : { parts });
  for (const [i, gradient] of gradients(builder, loss, parameters).entries()) {
    descend(builder, parameters[i]!, gradient, learningRate);
  }
  return withoutDeadNodes(builder.finish());
}

/** Per node, by index in `devices`: the worker of the node's part, the first's where it has none; inputs on its CPU. */
function placedByParts(
  graph: Graph,
  { workerDevices }: StrategyInput<typeof options>,
  devices: readonly string[],
): Int32Array {
  const taskOf = new Map<string, number>();
  return Int32Array.from({ length: graph.nodeCount }, (_, node) => {
    const hint = graph.deviceHint[graph.colocation[node]!]!;
    const task = taskOf.get(hint) ?? parseDeviceSpec(hint).task ?? 0;
    taskOf.set(hint, task);
    const { compute, cpu } = workerDevices[task]!;
    return devices.indexOf(graph.op[node] === 'Placeholder' ? cpu : compute);
  });
}

function placedBy(
  placer: string,
  graph: Graph,
  { place, cluster }: StrategyInput<typeof options>,
  devices: Int32Array,
): Int32Array {
  invariant(place !== undefined, `nobody can place by ${placer}`);
  return place(placer, graph, subCluster(cluster, devices));
}
