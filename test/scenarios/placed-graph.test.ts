import { expect, test } from 'vitest';
import { totalFlops } from '../../graph/cost.ts';
import { partition } from '../../graph/partition.ts';
import { MODELS } from '../../graph/zoo/index.ts';
import { stepGraph } from '../../scenarios/model-summary.ts';
import { placedGraph } from '../../scenarios/placed-graph.ts';
import { scopesOfNames } from '../../scenarios/scope-names.ts';

const DEVICES = ['/job:worker/task:0/device:CPU:0', '/job:worker/task:0/device:GPU:0', 'unused'];
const graph = stepGraph(MODELS['inception-v3']!, 8, 'float32');
const deviceOf = Int32Array.from({ length: graph.nodeCount }, (_, node) => (node >> 5) % 2);

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

test('scopes hold all nodes and all arithmetic, once', () => {
  const { scopes, devices } = placedGraph('all', [{ graph, deviceOf }], DEVICES);
  expect(devices).toEqual(DEVICES.slice(0, 2));
  expect(scopes.length).toBeLessThanOrEqual(60);
  expect(sum(scopes.map(({ nodes }) => nodes))).toBe(graph.nodeCount);
  expect(sum(scopes.map(({ flops }) => flops)) / totalFlops(graph)).toBeCloseTo(1, 12);
  for (const { nodes, nodesPerDevice } of scopes) expect(sum(nodesPerDevice)).toBe(nodes);
  expect(scopes.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['Mixed_6b', 'gradients/Mixed_6b', 'loss']),
  );
});

test('of all bytes those cross that transfers carry, once for each scope that reads them', () => {
  const single = graph.name.map((_, i) => `node${i}/op`);
  // Each node a scope of its own would be more than are drawn: two halves are.
  const halves = {
    ...graph,
    name: single.map((name, i) => `${i < graph.nodeCount / 2 ? 'a' : 'b'}/${name}`),
  };
  const byHalf = Int32Array.from(halves.name, (name) => (name.startsWith('a') ? 0 : 1));
  const { edges } = placedGraph('halves', [{ graph: halves, deviceOf: byHalf }], DEVICES);
  const carried = sum([...partition(graph, DEVICES, byHalf).transferBytes]);
  expect(sum(edges.map(({ crossingBytes }) => crossingBytes))).toBe(carried);
  expect(edges.every(({ from, to }) => from !== to)).toBe(true);
  const { edges: mixed } = placedGraph('all', [{ graph, deviceOf }], DEVICES);
  for (const { bytes, crossingBytes } of mixed) expect(crossingBytes).toBeLessThanOrEqual(bytes);
});

test('on one device nothing crosses', () => {
  const one = new Int32Array(graph.nodeCount);
  const { edges, devices } = placedGraph('one', [{ graph, deviceOf: one }], DEVICES);
  expect(devices).toHaveLength(1);
  expect(edges.every(({ crossingBytes }) => crossingBytes === 0)).toBe(true);
});

test('nodes of one name in several graphs count once', () => {
  const parts = [
    { graph, deviceOf },
    { graph, deviceOf },
  ];
  expect(sum(placedGraph('twice', parts, DEVICES).scopes.map(({ nodes }) => nodes))).toBe(graph.nodeCount);
});

test('more numbered scopes than can be drawn are joined along each device', () => {
  const name = graph.name.map((_, i) => `block${Math.floor(i / 4)}/op${i}`);
  const byThird = Int32Array.from(name, (_, i) => Math.floor((3 * i) / name.length));
  const { scopes } = placedGraph('blocks', [{ graph: { ...graph, name }, deviceOf: byThird }], DEVICES);
  expect(scopes.length).toBeLessThanOrEqual(60);
  expect(scopes[0]!.name).toMatch(/^block0 … block\d+$/);
  expect(sum(scopes.map(({ nodes }) => nodes))).toBe(graph.nodeCount);
});

test('names without scopes are joined in their order', () => {
  const name = graph.name.map((_, i) => String.fromCodePoint(0x4e00 + i));
  const { scopes } = placedGraph('flat', [{ graph: { ...graph, name }, deviceOf }], DEVICES);
  expect(scopes.length).toBeLessThanOrEqual(60);
  expect(sum(scopes.map(({ nodes }) => nodes))).toBe(graph.nodeCount);
});

test('scopes go as deep as their number allows; gradients, micro-batches and leading slashes are no depth', () => {
  const names = [
    'a/x/1',
    'a/y/2',
    'b/x/3',
    'gradients/a/x/4',
    'micro3/a/x/5',
    '/a/x/6',
    'micro1/gradients/a/x/7',
  ];
  expect(scopesOfNames(names, 2)).toEqual(['a', 'a', 'b', 'gradients/a', 'a', 'a', 'gradients/a']);
  expect(scopesOfNames(names, 4)).toEqual([
    ...['a/x', 'a/y', 'b/x', 'gradients/a/x', 'a/x', 'a/x', 'gradients/a/x'],
  ]);
});
