import { stream } from '../../base/random.ts';
import { CATALOG, type Catalog } from '../../devices/catalog/catalog.ts';
import type { LinkModel } from '../../devices/device.ts';
import { expert } from '../../placement/expert.ts';
import { minCut } from '../../placement/min-cut.ts';
import type { Placement, Placer } from '../../placement/placer.ts';
import { simulatePlacement } from '../../scenarios/placement-evaluator.ts';
import type { PlacementSetting } from '../../scenarios/placement-question.ts';
import { placementCluster } from '../../scenarios/placement-question.ts';
import { questionOf } from '../../scenarios/placing.ts';
import { paperSetting } from './paper-measurement.ts';
import { PAPERS } from './paper-tables.ts';

/** Step times of RNNLM on two K80 dies under one idea of how the runtime of 2017 differed. */
export interface RuntimeRow {
  readonly assumption: string;
  readonly gpu: number;
  readonly expert: number;
  readonly minCut: number;
}

/**
 * A tensor between two GPUs by TensorFlow took 134 µs and 5.7 GB/s (Jeon et al., "Baechi", SoCC 2020, its measured model, as
 * in its code): half of the time for each of the two buses.
 */
const BAECHI = { bytesPerSecond: 5.7e9, latencySeconds: 67e-6 };

const measuredBus: Catalog = {
  ...CATALOG,
  link: (id) => {
    const link = CATALOG.link(id);
    const quantity = (of: 'bytesPerSecond' | 'latencySeconds') => ({ ...link[of], value: BAECHI[of] });
    return id !== 'pcie3-x16'
      ? link
      : ({
          ...link,
          bytesPerSecond: quantity('bytesPerSecond'),
          latencySeconds: quantity('latencySeconds'),
        } satisfies LinkModel);
  },
};

const QUEUED = ['runtime.stack=tensorflow-1', 'runtime.network=store-and-forward', 'runtime.copy_engines=1'];

/** How to move a placement's tasks. */
type Change = (placement: Placement, setting: PlacementSetting) => Placement;

/** `tf.gradients` leaves where gradients run to the runtime, unless it is told to colocate them: the first GPU. */
const gradientsOnFirst: Change = (placement, { graph, problem, cluster }) => {
  const first = cluster.devices.findIndex(({ model }) => model.kind === 'GPU');
  const moves = problem.feasible.map((devices) => devices.includes(first));
  for (const [task, group] of problem.group.entries()) {
    if (!graph.name[task]!.startsWith('gradients/')) moves[group] = false;
  }
  return placement.map((device, task) => (moves[problem.group[task]!] ? first : device));
};

/** Variables and their updates on the CPU, as where parameter servers hold them. */
const variablesOnCpu: Change = (placement, { graph, problem }) => {
  const holds = new Set<number>();
  for (const [task, op] of graph.op.entries()) if (op === 'Variable') holds.add(problem.group[task]!);
  return placement.map((device, task) => (holds.has(problem.group[task]!) ? 0 : device));
};

interface Assumption {
  readonly name: string;
  readonly set?: readonly string[];
  readonly catalog?: Catalog;
  readonly changes?: readonly Change[];
}

const ASSUMPTIONS: readonly Assumption[] = [
  { name: 'as simulated' },
  { name: 'dispatch of TensorFlow 1', set: ['runtime.stack=tensorflow-1'] },
  { name: 'and buses as Baechi measured them, one message after another', set: QUEUED, catalog: measuredBus },
  {
    name: 'and no boost clock',
    set: [...QUEUED, 'cluster.workers.accelerator=k80-base'],
    catalog: measuredBus,
  },
  {
    name: 'buses, and gradients on the first GPU',
    set: QUEUED,
    catalog: measuredBus,
    changes: [gradientsOnFirst],
  },
  {
    name: 'buses, gradients on the first GPU, variables on the CPU',
    set: QUEUED,
    catalog: measuredBus,
    changes: [gradientsOnFirst, variablesOnCpu],
  },
];

/**
 * Whether something that is known of the runtime of 2017 makes a layer of RNNLM per GPU slower than one GPU, as published
 * (3.81 s to 1.57 s). The placement on one GPU stays as it is.
 */
export function paperRuntimes(): RuntimeRow[] {
  const [paper] = PAPERS;
  const { setting } = paperSetting(paper!, { experiment: 'rnnlm-2' });
  const { problem, evaluator, cluster } = setting;
  const placed = (placer: Placer): Placement =>
    placer.place(problem, { ...evaluator, random: stream(1, 'bench', placer.name) }).placement;
  const gpu = cluster.devices.findIndex(({ model }) => model.kind === 'GPU');
  const single = Int32Array.from(problem.group, (group) =>
    problem.feasible[group]!.includes(gpu) ? gpu : 0,
  );
  const placements = { gpu: single, expert: placed(expert), minCut: placed(minCut) };
  return ASSUMPTIONS.map(({ name, set = [], catalog = CATALOG, changes = [] }) => {
    const { scenario, experiment } = paperSetting(paper!, { experiment: 'rnnlm-2' }, set);
    const machines = placementCluster(questionOf(scenario, experiment), catalog);
    const seconds = (placement: Placement): number =>
      simulatePlacement(setting.graph, machines, placement, scenario.runtime).simulation.seconds;
    const changed = (placement: Placement): number =>
      seconds(changes.reduce((before, change) => change(before, setting), placement));
    return {
      assumption: name,
      gpu: seconds(placements.gpu),
      expert: changed(placements.expert),
      minCut: changed(placements.minCut),
    };
  });
}
