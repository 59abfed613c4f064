import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stream } from '../../base/random.ts';
import { partitionGraph, type WeightedGraph } from '../../placement/k-way.ts';
import { weightedGraph } from '../../placement/k-way-matching.ts';
import { ListTimer } from '../../placement/list-timer.ts';
import { minCut } from '../../placement/min-cut.ts';
import type { PlacerContext } from '../../placement/placer.ts';
import type { PlacementProblem } from '../../placement/problem.ts';
import { type PlainTask, taskProblem } from '../../placement/task-problem.ts';

function contextOf(problem: PlacementProblem): PlacerContext {
  const timer = new ListTimer(problem);
  return {
    evaluate: (placement) => timer.seconds(placement),
    failing: Number.POSITIVE_INFINITY,
    random: stream(1, 'placer'),
  };
}

type Edge = readonly [number, number, number];

/** Nodes of weight 1, of no bytes. */
function graphOf(nodes: number, edges: readonly Edge[]): WeightedGraph {
  const to = Array.from({ length: nodes }, () => new Map<number, number>());
  for (const [a, b, weight] of edges) {
    if (a === b) continue;
    to[a]!.set(b, (to[a]!.get(b) ?? 0) + weight);
    to[b]!.set(a, (to[b]!.get(a) ?? 0) + weight);
  }
  return weightedGraph(new Float64Array(nodes).fill(1), new Float64Array(nodes), to);
}

const roomFor = (weight: number, parts: number) => ({
  weight: new Float64Array(parts).fill(weight),
  bytes: new Float64Array(parts).fill(Number.POSITIVE_INFINITY),
});

const cutOf = (partOf: Int32Array, edges: readonly Edge[]): number =>
  edges.reduce((sum, [a, b, weight]) => sum + (partOf[a] === partOf[b] ? 0 : weight), 0);

const sizes = (partOf: Int32Array, parts: number): number[] =>
  Array.from({ length: parts }, (_, part) => partOf.filter((p) => p === part).length);

it('finds communities that are loosely tied', () => {
  // Five communities of 80 nodes, each node tied to seven of its own, and a ring of single edges between communities.
  const random = stream(3, 'communities');
  const edges: Edge[] = [];
  const of = (i: number): number => (i * 7) % 400;
  for (let i = 0; i < 400; i++) {
    const community = Math.floor(i / 80) * 80;
    for (let k = 0; k < 7; k++) edges.push([of(i), of(community + random.below(80)), 1]);
  }
  for (let c = 0; c < 5; c++) edges.push([of(80 * c), of((80 * c + 81) % 400), 1]);
  const partOf = partitionGraph(graphOf(400, edges), roomFor(84, 5), stream(1, 'test'));
  expect(sizes(partOf, 5)).toEqual([80, 80, 80, 80, 80]);
  expect(cutOf(partOf, edges)).toBe(5);
});

it('cuts a grid into four about as well as quarters', () => {
  // 24 × 24: quarters cut 48 edges.
  const edges: Edge[] = [];
  for (let i = 0; i < 576; i++) {
    if (i % 24 < 23) edges.push([i, i + 1, 1]);
    if (i < 552) edges.push([i, i + 24, 1]);
  }
  const partOf = partitionGraph(graphOf(576, edges), roomFor(151, 4), stream(1, 'test'));
  expect(Math.max(...sizes(partOf, 4))).toBeLessThanOrEqual(151);
  expect(cutOf(partOf, edges)).toBeLessThanOrEqual(60);
});

it('is near the best balanced cut of small graphs, and never out of balance', () => {
  const ratios: number[] = [];
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 12 }),
      fc.array(fc.tuple(fc.nat(11), fc.nat(11), fc.integer({ min: 1, max: 9 })), { maxLength: 30 }),
      (nodes, all) => {
        const edges = all.filter(([a, b]) => a < nodes && b < nodes);
        const room = Math.ceil(nodes / 2);
        const partOf = partitionGraph(graphOf(nodes, edges), roomFor(room, 2), stream(1, 'test'));
        expect(Math.max(...sizes(partOf, 2))).toBeLessThanOrEqual(room);
        let least = Number.POSITIVE_INFINITY;
        for (let code = 0; code < 2 ** nodes; code++) {
          const parts = Int32Array.from({ length: nodes }, (_, i) => (code >> i) & 1);
          if (Math.max(...sizes(parts, 2)) <= room) least = Math.min(least, cutOf(parts, edges));
        }
        ratios.push((cutOf(partOf, edges) + 1) / (least + 1));
      },
    ),
    { numRuns: 100, seed: 11 },
  );
  expect(ratios.reduce((a, b) => a + b, 0) / ratios.length).toBeLessThan(1.05);
});

it('keeps within memory where balance alone would not', () => {
  // Two blocks of 6 tasks; the variables of the first fill five sixths of a device.
  const tasks: PlainTask[] = [];
  for (let i = 0; i < 12; i++) {
    tasks.push({
      seconds: 1,
      residentBytes: i < 6 ? 10 : 0,
      inputs: i % 6 === 0 ? [] : [{ from: i - 1, bytes: 0.1 }],
    });
  }
  const problem = taskProblem(tasks, { devices: 2, capacityBytes: [35, 70] });
  const { placement } = minCut.place(problem, contextOf(problem));
  const held = [0, 0];
  for (const [task, d] of placement.entries()) held[d]! += problem.residentBytes[task]!;
  expect(held[0]).toBeLessThanOrEqual(35);
  expect(sizes(placement, 2)).toEqual([6, 6]);
});

it('leaves the CPU to what only the CPU can do', () => {
  const tasks: PlainTask[] = [{ seconds: [1, Infinity, Infinity] }];
  for (let i = 0; i < 8; i++)
    tasks.push({ seconds: [9, 1, 1], inputs: [{ from: i < 4 ? i : i === 4 ? 0 : i, bytes: 1 }] });
  const problem = taskProblem(tasks, { devices: 3, kinds: ['CPU', 'GPU', 'GPU'] });
  const { placement } = minCut.place(problem, contextOf(problem));
  const [first, ...rest] = placement;
  expect(first).toBe(0);
  expect(new Set(rest.slice(0, 4)).size).toBe(1);
  expect(new Set(rest.slice(4)).size).toBe(1);
  expect(new Set(rest)).toEqual(new Set([1, 2]));
});
