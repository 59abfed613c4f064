import { describe, expect, it } from 'vitest';
import { stream } from '../../base/random.ts';
import { PLACERS } from '../../placement/index.ts';
import { ListTimer } from '../../placement/list-timer.ts';
import type { Placement, Placer, PlacerContext } from '../../placement/placer.ts';
import type { PlacementProblem } from '../../placement/problem.ts';
import { taskProblem } from '../../placement/task-problem.ts';
import { policySession } from '../../scenarios/policy-session.ts';

/** Placers that are what they are whatever memory there is. */
const IGNORES_MEMORY: { readonly [placer: string]: string } = {
  'single-device': 'one device is all it has',
  'round-robin': 'turns are turns',
  greedy: 'the algorithm of the paper does not know memory',
};

const CAPACITY = 100;

/** Layers with a weight each, forward and backward, that fill most of two devices, but not of one. */
function layers(count: number, weightBytes: number): PlacementProblem {
  return taskProblem(
    [
      ...Array.from({ length: count }, (_, i) => ({
        name: `layer${i}/forward`,
        seconds: [20, 2 + (i % 3), 2 + (i % 3)],
        inputs: i === 0 ? [] : [{ from: i - 1, bytes: 1, tensor: 0 }],
        residentBytes: weightBytes,
      })),
      ...Array.from({ length: count }, (_, i) => {
        const layer = count - 1 - i;
        return {
          name: `gradients/layer${layer}/forward/Grad`,
          seconds: [40, 4 + (layer % 3), 4 + (layer % 3)],
          inputs: [
            { from: layer, bytes: 1, tensor: 0 },
            ...(i === 0 ? [] : [{ from: count + i - 1, bytes: 1, tensor: 0 }]),
          ],
          colocateWith: layer,
          forward: layer,
        };
      }),
    ],
    {
      devices: 3,
      kinds: ['CPU', 'GPU', 'GPU'],
      capacityBytes: [30, CAPACITY, CAPACITY],
      latencySeconds: 0.5,
      secondsPerByte: 0.1,
    },
  );
}

/** Seconds where each device has room for the variables and all tensors of its tasks; else a failing score. */
function contextOf(problem: PlacementProblem): PlacerContext {
  const timer = new ListTimer(problem, 'by sender');
  const failing = 1e6;
  const evaluate = (placement: Placement): number => {
    const seconds = timer.seconds(placement);
    const over = beyondCapacity(problem, placement);
    return over > 0 ? failing * (1 + over / CAPACITY) : seconds;
  };
  return { evaluate, failing, random: stream(3, 'memory'), session: policySession, evaluations: 300 };
}

/** Variables, and every tensor at its producer and at each device that reads it, all at once: more than is ever live. */
function beyondCapacity(problem: PlacementProblem, placement: Placement): number {
  const used = new Float64Array(problem.deviceCount);
  for (let task = 0; task < problem.taskCount; task++)
    used[placement[task]!]! += problem.residentBytes[task]!;
  for (let t = 0; t < problem.tensorCount; t++) {
    const homes = new Set([placement[problem.producer[t]!]!]);
    for (const reader of problem.reader.subarray(problem.readerStart[t]!, problem.readerStart[t + 1]!)) {
      homes.add(placement[reader]!);
    }
    for (const d of homes) used[d]! += problem.bytes[t]!;
  }
  return used.reduce((sum, bytes, d) => sum + Math.max(0, bytes - problem.capacityBytes[d]!), 0);
}

describe('what one device cannot hold is spread', () => {
  const problem = layers(8, 16);
  for (const [name, placer] of Object.entries<Placer>(PLACERS)) {
    if (IGNORES_MEMORY[name] !== undefined) continue;
    it(name, () => {
      const context = contextOf(problem);
      const { placement, failures = 0, evaluations } = placer.place(problem, context);
      expect(context.evaluate(placement)).toBeLessThan(context.failing);
      expect(failures).toBeLessThanOrEqual(evaluations);
    });
  }
});

describe('what nothing can hold is placed all the same, and scores as failing', () => {
  const problem = layers(8, 60);
  for (const [name, placer] of Object.entries<Placer>(PLACERS)) {
    it(name, () => {
      const context = { ...contextOf(problem), evaluations: 20 };
      const { placement } = placer.place(problem, context);
      expect(placement).toHaveLength(problem.taskCount);
      expect(context.evaluate(placement)).toBeGreaterThanOrEqual(context.failing);
    });
  }
});
