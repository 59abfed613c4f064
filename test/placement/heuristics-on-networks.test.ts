import { describe, expect, it } from 'vitest';
import { graphWork } from '../../graph/cost.ts';
import type { Graph } from '../../graph/graph.ts';
import { MODELS } from '../../graph/zoo/index.ts';
import { lowerBounds } from '../../placement/bounds.ts';
import { expert } from '../../placement/expert.ts';
import { mEtf } from '../../placement/m-etf.ts';
import { mSct } from '../../placement/m-sct.ts';
import { mTopo } from '../../placement/m-topo.ts';
import { MemoryLedger } from '../../placement/memory-ledger.ts';
import type { PlacementProblem } from '../../placement/problem.ts';
import { placeOn } from '../../placement/single-device.ts';
import { trainingGraph } from '../../scenarios/model-summary.ts';
import { clusterOf, problemOn, rooflineMachine } from './tasks.ts';
import { missingBytes, timedContext } from './timed-context.ts';

const NETWORKS: { readonly [name: string]: Graph } = {
  'nmt-2': trainingGraph(MODELS['nmt-2']!.with({ hidden: 64, steps: 6, vocabulary: 500 }), 8, 'float32', 0.1),
  'inception-v3': trainingGraph(MODELS['inception-v3']!, 1, 'float32', 0.1),
};

/** A CPU with all the memory that one may want, and four GPUs, each with a share of what the whole network needs. */
function problemWith(graph: Graph, memoryShare: number): PlacementProblem {
  const cluster = clusterOf('CPU:0', 'GPU:0', 'GPU:1', 'GPU:2', 'GPU:3');
  const problem = problemOn(graph, cluster, rooflineMachine(cluster, graphWork(graph)));
  const ledger = new MemoryLedger(problem);
  for (const [task, device] of placeOn(1, problem).entries()) ledger.assign(task, device);
  const capacityBytes = new Float64Array(5).fill(ledger.peak[1]! * memoryShare);
  capacityBytes[0] = Number.POSITIVE_INFINITY;
  return { ...problem, capacityBytes };
}

for (const [name, graph] of Object.entries(NETWORKS)) {
  describe(name, () => {
    for (const placer of [mTopo, mEtf, mSct(), expert]) {
      for (const memoryShare of [4, 0.5]) {
        const memory = memoryShare > 1 ? 'memory to spare' : 'half the memory that the whole network needs';
        it(`${placer.name} with ${memory}`, () => {
          const problem = problemWith(graph, memoryShare);
          const context = timedContext(problem);
          const { placement, evaluations } = placer.place(problem, context);
          expect(evaluations).toBe(context.calls());
          expect(missingBytes(problem, placement)).toBe(0);
          for (const [task, g] of problem.group.entries()) {
            expect(problem.feasible[g]).toContain(placement[task]);
            expect(placement[task]).toBe(placement[problem.member[problem.memberStart[g]!]!]);
          }
          expect(context.evaluate(placement)).toBeGreaterThanOrEqual(
            lowerBounds(problem).seconds * (1 - 1e-9),
          );
          // What a CPU would take long for is on accelerators; with little memory, by estimate, part of it is not.
          const onCpu = placement.reduce((sum, d) => sum + (d === 0 ? 1 : 0), 0);
          expect(onCpu).toBeLessThan(graph.nodeCount * (memoryShare > 1 ? 0.01 : 0.4));
        });
      }
    }
  });
}

it('gives each layer of nmt-2 a GPU of its own', () => {
  const graph = NETWORKS['nmt-2']!;
  const problem = problemWith(graph, 4);
  const { placement, note } = expert.place(problem, timedContext(problem));
  expect(note).toBe('5 recurrent layers on 4 devices');
  const devices = (scope: string): number[] => [
    ...new Set(placement.filter((_, node) => graph.name[node]!.startsWith(scope))),
  ];
  const scopes = [
    'encoder/embedding',
    'encoder/forward1',
    'encoder/backward1',
    'encoder/lstm2',
    'decoder/lstm1',
    'decoder/lstm2',
    'softmax',
    'gradients/softmax',
    'gradients/encoder/lstm2',
  ];
  expect(scopes.map(devices)).toEqual([[1], [1], [1], [2], [3], [4], [4], [4], [2]]);
});

it('cuts inception-v3 into stages that feed forward', () => {
  const graph = NETWORKS['inception-v3']!;
  const problem = problemWith(graph, 4);
  const { placement, note } = expert.place(problem, timedContext(problem));
  expect(note).toBe('stages by depth on 4 devices');
  expect(new Set(placement)).toEqual(new Set([0, 1, 2, 3, 4]));
  for (let task = 0; task < problem.taskCount; task++) {
    if (problem.forward[task]! >= 0 || problem.residentBytes[task]! > 0) continue;
    for (let e = problem.inputStart[task]!; e < problem.inputStart[task + 1]!; e++) {
      const from = problem.producer[problem.input[e]!]!;
      // Updates write to variables of earlier stages; the forward pass never goes back.
      const isForward = problem.forward[from]! < 0 && problem.residentBytes[from] === 0;
      if (isForward) expect(placement[from]).toBeLessThanOrEqual(placement[task]!);
    }
  }
});
