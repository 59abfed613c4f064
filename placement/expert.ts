import { accelerators, groupBytes, groupings } from './coplaced.ts';
import { depthStages } from './depth-stages.ts';
import { bestThatFits, type Plan } from './fitting.ts';
import { filledInOrder } from './m-topo.ts';
import type { Placement, Placer } from './placer.ts';
import { type PlacementProblem, placedGroups, transferSeconds } from './problem.ts';
import { leastSeconds, meanSeconds, meanTransferSeconds, upwardRanks } from './ranks.ts';
import { recurrentLayers } from './recurrent-layers.ts';

/**
 * What people do, as the placement papers describe their "expert" (Mirhoseini et al., ICML 2017, section 4.2; ICLR 2018,
 * section 3), on the accelerators of the fastest kind:
 *
 * - Recurrent nets: a layer per accelerator, the embedding with the first and the softmax with the last one; layers of
 *   the same depth of several stacks (encoder, decoder) share one where there are not enough for all.
 * - Other networks: contiguous stages by depth, of about equal work.
 * - Gradients and updates go with their forward tasks, and what has no kernel on an accelerator to the nearest CPU.
 *   A variable that would fill more than half of an accelerator, an embedding table, goes to the CPU with what reads it.
 *
 * Where that does not fit into memory, stages are balanced by bytes more and more instead of work, at last over all
 * accelerators.
 * Where that does not fit either, memory is filled in topological order (see mTopo).
 *
 * Known weaknesses: stages of one step wait for each other, so that without a pipeline the plan is at best as fast as one
 * accelerator, which the rules never try; layers are known by their names and their shared weights only.
 */
export const expert: Placer = {
  name: 'expert',
  description: 'a layer per accelerator for recurrent nets, contiguous stages by depth for others',
  place(problem, context) {
    return bestThatFits(problem, context, [plans(problem)]);
  },
};

function* plans(problem: PlacementProblem): Iterable<Plan> {
  const { capacityBytes, group, feasible } = problem;
  const priority = upwardRanks(problem, meanSeconds(problem), meanTransferSeconds(problem));
  const all = accelerators(
    problem,
    Array.from(capacityBytes, (_, d) => d),
  );
  const fastest = fastestKind(problem, all);
  const tables = largeTables(problem, all);
  const plan = (wanted: (task: number) => number, note: string): Plan => {
    return { placement: nearest(problem, wanted, tables), priority, note };
  };

  const { layers, layerOf } = recurrentLayers(problem);
  if (layers.length > 0) {
    const deviceOf = layerDevices(layers, fastest);
    const used = new Set(deviceOf).size;
    const note = `${layers.length} recurrent layers on ${counted(used)}`;
    yield plan((task) => deviceOf[Math.max(0, layerOf[task]!)]!, note);
  }
  const stays = (task: number): boolean =>
    goesToCpu(problem, task, tables) || !feasible[group[task]!]!.some((d) => all.includes(d));
  const work = shares(leastSeconds(problem).map((s, task) => (stays(task) ? 0 : s)));
  const perGroup = groupBytes(problem);
  const members = new Float64Array(perGroup.length);
  for (const g of group) members[g]!++;
  const bytes = shares(Float64Array.from(group, (g, task) => (stays(task) ? 0 : perGroup[g]! / members[g]!)));
  for (const byBytes of [0, 0.25, 0.5, 0.75, 1]) {
    for (const devices of byBytes === 1 && all.length > fastest.length ? [fastest, all] : [fastest]) {
      const weight = work.map((w, task) => (1 - byBytes) * w + byBytes * bytes[task]!);
      const stage = depthStages(problem, weight, devices.length);
      const balance = byBytes === 0 ? '' : `, balanced by ${byBytes * 100} % bytes`;
      yield plan((task) => devices[stage[task]!]!, `stages by depth on ${counted(devices.length)}${balance}`);
    }
  }
  for (const [, grouped] of groupings(problem)) {
    yield* filledInOrder(grouped, 'memory filled in topological order');
  }
}

const counted = (devices: number): string => (devices === 1 ? '1 device' : `${devices} devices`);

function shares(values: Float64Array): Float64Array {
  const total = values.reduce((sum, value) => sum + value, 0);
  return values.map((value) => (total > 0 ? value / total : 0));
}

/** The devices of the class that does most of the work in its least time. */
function fastestKind(problem: PlacementProblem, devices: readonly number[]): readonly number[] {
  const { seconds, deviceCount, deviceClass } = problem;
  const least = leastSeconds(problem);
  const merit = devices.map((d) =>
    least.reduce((sum, s, task) => (s > 0 ? sum + (s * s) / seconds[task * deviceCount + d]! : sum), 0),
  );
  const best = devices[merit.indexOf(Math.max(...merit))]!;
  return devices.filter((d) => deviceClass[d] === deviceClass[best]);
}

/** A device per layer. */
function layerDevices(
  layers: readonly { readonly stack: string; readonly depth: number }[],
  devices: readonly number[],
): number[] {
  const slots = layers.map(({ stack, depth }) => `${stack} ${depth}`);
  const distinct = [...new Set(slots)];
  if (devices.length >= distinct.length) return slots.map((slot) => devices[distinct.indexOf(slot)]!);
  const deepest = Math.max(...layers.map(({ depth }) => depth)) + 1;
  const used = Math.min(devices.length, deepest);
  return layers.map(({ depth }) => devices[Math.floor((depth * used) / deepest)]!);
}

/** Per group: 1 where its variables would fill more than half of the largest accelerator, so that they go to a CPU. */
function largeTables(problem: PlacementProblem, devices: readonly number[]): Uint8Array {
  const { group, groupCount, residentBytes, capacityBytes, feasible, deviceKind } = problem;
  const largest = Math.max(0, ...devices.map((d) => capacityBytes[d]!));
  const resident = new Float64Array(groupCount);
  for (const [task, g] of group.entries()) resident[g]! += residentBytes[task]!;
  return Uint8Array.from(resident, (size, g) =>
    size > largest / 2 && feasible[g]!.some((d) => deviceKind[d] === 'CPU') ? 1 : 0,
  );
}

/** Whether a task holds a large table or reads one, or is the gradient of one that does. */
function goesToCpu(
  { group, forward, inputStart, input, producer }: PlacementProblem,
  task: number,
  tables: Uint8Array,
): boolean {
  if (tables[group[task]!] === 1) return true;
  const reader = forward[task]! >= 0 ? forward[task]! : task;
  for (let e = inputStart[reader]!; e < inputStart[reader + 1]!; e++) {
    if (tables[group[producer[input[e]!]!]!] === 1) return true;
  }
  return false;
}

/** Each group on its first member's device, or on the feasible one with the fastest way from there. */
function nearest(problem: PlacementProblem, wanted: (task: number) => number, tables: Uint8Array): Placement {
  const { feasible, member, memberStart, deviceKind } = problem;
  const deviceOf = feasible.map((choice, g) => {
    const first = member[memberStart[g]!]!;
    const target = wanted(first);
    const cpus = goesToCpu(problem, first, tables) ? choice.filter((d) => deviceKind[d] === 'CPU') : [];
    const open = cpus.length > 0 ? cpus : choice;
    if (open.includes(target)) return target;
    const away = (d: number): number => transferSeconds(problem, 2 ** 20, target, d);
    return open.reduce((a, b) => (away(b) < away(a) ? b : a));
  });
  return placedGroups(problem, deviceOf);
}
