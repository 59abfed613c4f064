import { formatInteger } from '../../../base/format.ts';
import { stream } from '../../../base/random.ts';
import { kernelSeconds } from '../../../devices/kernels/index.ts';
import { partition } from '../../../graph/partition.ts';
import { singleLoopPlan } from '../../../graph/plan.ts';
import type { Placement } from '../../../placement/placer.ts';
import { parseScenario } from '../../../scenarios/load.ts';
import {
  type PlacementQuestion,
  type PlacementSetting,
  placementSetting,
} from '../../../scenarios/placement-question.ts';
import { type PlacementTask, performTasks } from '../../../scenarios/placement-tasks.ts';
import { questionOf } from '../../../scenarios/placing.ts';
import { machineOptions } from '../../../scenarios/runtime.ts';
import { compilePlan } from '../../../sim/compile.ts';
import { simulate } from '../../../sim/engine.ts';
import { cpuSecondsOf } from '../../measure.ts';
import type { Section } from '../section.ts';

/** Of a graph of some 500 ops, on two cores. */
const GOAL_PER_MINUTE = 100_000;

/** How fast placements are scored, and that threads do not change what is found. */
export const evaluationSpeed: Section = {
  name: 'speed',
  title: 'Evaluations of a real graph by the simulator',
  async run({ checks, quick, print, progress }) {
    const question = googlenet();
    const setting = placementSetting(question);
    const placements = randomPlacements(setting, quick ? 20 : 100);

    progress('evaluations, one after the other');
    const evaluations = quick ? 400 : 4000;
    const seconds = cpuSecondsOf(() => {
      for (let i = 0; i < evaluations; i++) setting.evaluator.evaluate(placements[i % placements.length]!);
    });
    const fresh = cpuSecondsOf(() => {
      for (const placement of placements) {
        const expected = freshly(setting, question, placement);
        checks.equal('step time by the evaluator', setting.evaluator.measure(placement).seconds, expected, 0);
      }
    });
    const perMinute = (60 * evaluations) / seconds;
    const freshPerMinute = (60 * placements.length) / fresh;
    print(
      `${setting.graph.nodeCount} ops, 1 CPU and 4 GPUs: ${formatInteger(Math.round(perMinute))} evaluations a minute and core; compiled anew for each placement, ${formatInteger(Math.round(freshPerMinute))} (${(perMinute / freshPerMinute).toFixed(1)} times)`,
    );

    const budget = quick ? 500 : 20_000;
    const tasks = [0, 1].map(
      (trial): PlacementTask => ({
        choice: { kind: 'annealing', evaluations: budget },
        seed: 1,
        trial,
      }),
    );
    const runs = [];
    for (const jobs of [1, 2]) {
      progress(`annealing, ${jobs} ${jobs === 1 ? 'thread' : 'threads'}`);
      const began = performance.now();
      const outcomes = await performTasks(question, setting, tasks, { jobs });
      runs.push({ outcomes, perMinute: (2 * budget * 60_000) / (performance.now() - began) });
    }
    const [one, two] = runs;
    for (const [i, { result }] of one!.outcomes.entries()) {
      checks.check(
        result.placement.every((device, task) => device === two!.outcomes[i]!.result.placement[task]),
        `annealing, draw ${i}: two threads find another placement than one`,
      );
    }
    const rate = (run: typeof one) => formatInteger(Math.round(run!.perMinute));
    print(
      `Annealing: ${rate(one)} evaluations a minute of wall-clock time on one thread, ${rate(two)} on two, the same placements; the goal on two cores is ${formatInteger(GOAL_PER_MINUTE)}`,
    );
  },
};

function googlenet(): PlacementQuestion {
  const scenario = parseScenario(
    `title: speed
cluster:
  workers: { cpu: xeon-e5-2699v3, accelerator: k40, accelerators: 4, bus: pcie3-x16 }
  network: { link: eth-10g }
experiments:
  - { kind: placement, name: speed, model: { name: googlenet, batch: 32 }, placers: [annealing] }
`,
    'speed',
  );
  const [experiment] = scenario.experiments;
  if (experiment?.kind !== 'placement') throw new Error('a placement experiment');
  return questionOf(scenario, experiment);
}

/** Runs of some 20 ops on one device. */
function randomPlacements({ graph, cluster, problem }: PlacementSetting, count: number): Placement[] {
  const random = stream(1, 'placements');
  return Array.from({ length: count }, () => {
    let device = 0;
    const wish = Int32Array.from({ length: graph.nodeCount }, () => {
      if (random.uniform() < 0.05) device = random.below(cluster.devices.length);
      return device;
    });
    return problem.group.map((g) => {
      const asked = wish[problem.member[problem.memberStart[g]!]!]!;
      return problem.feasible[g]!.includes(asked) ? asked : problem.feasible[g]![0]!;
    });
  });
}

function freshly(
  { graph, cluster }: PlacementSetting,
  { runtime }: PlacementQuestion,
  placement: Placement,
): number {
  const names = cluster.devices.map(({ name }) => name);
  const compiled = compilePlan(singleLoopPlan(partition(graph, names, placement)), cluster, kernelSeconds);
  return simulate(compiled, cluster, { ...machineOptions(runtime, cluster), memory: true }).seconds;
}
