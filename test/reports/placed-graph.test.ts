import { describe, expect, test } from 'vitest';
import { layOut } from '../../reports/charts/graph-layout.ts';
import { drawPlacedGraph } from '../../reports/charts/placed-graph.ts';
import { textWidthByTable } from '../../reports/charts/text-width.ts';
import { drawnDevices } from '../../reports/sections/drawn-devices.ts';
import { placedGraph } from '../../reports/sections/placed-graph.ts';
import type { PlacedGraph } from '../../scenarios/results.ts';

const CONTEXT = { width: 760, label: 'A graph', textWidth: textWidthByTable };

/** A chain of scopes with their gradients, on so many devices in turns. */
function chain(length: number, deviceCount: number, nameOf = (i: number) => `block${i}`): PlacedGraph {
  const devices = Array.from({ length: deviceCount }, (_, d) => `/job:worker/task:${d}/device:GPU:0`);
  const on = (i: number) => devices.map((_, d) => (d === i % deviceCount ? 5 : 0));
  const forward = Array.from({ length }, (_, i) => ({
    name: nameOf(i),
    nodes: 5,
    flops: i,
    nodesPerDevice: on(i),
  }));
  const backward = forward.map((scope) => ({ ...scope, name: `gradients/${scope.name}` })).reverse();
  const edges = Array.from({ length: length - 1 }, (_, i) => i).flatMap((i) => [
    { from: i, to: i + 1, bytes: 100, crossingBytes: deviceCount > 1 ? 100 : 0 },
    { from: length + i, to: length + i + 1, bytes: 100, crossingBytes: deviceCount > 1 ? 100 : 0 },
    { from: i, to: 2 * length - 1 - i, bytes: 1000, crossingBytes: 0 },
  ]);
  return { of: 'a chain', devices, scopes: [...forward, ...backward], edges };
}

describe('layout', () => {
  test('no boxes overlap, all are within the drawing, and forward goes down', () => {
    const graph = chain(20, 3);
    const { boxes, width, height } = layOut(graph);
    for (const [i, a] of boxes.entries()) {
      expect(a.x).toBeGreaterThanOrEqual(0);
      expect(a.x + a.width).toBeLessThanOrEqual(width);
      expect(a.y + a.height).toBeLessThanOrEqual(height);
      for (const b of boxes.slice(i + 1)) {
        const apart =
          a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
        expect(apart).toBe(true);
      }
    }
    for (let i = 1; i < 20; i++) expect(boxes[i]!.y).toBeGreaterThan(boxes[i - 1]!.y);
    // Gradients stand beside what they are of.
    expect(boxes[39]!.y + boxes[39]!.height / 2).toBeCloseTo(boxes[0]!.y + boxes[0]!.height / 2, 6);
    expect(boxes[39]!.x).toBeGreaterThan(boxes[0]!.x);
  });

  test('cycles, scopes by themselves and a single scope are drawn', () => {
    const { of, devices, scopes } = chain(3, 1);
    const cyclic = [
      { from: 0, to: 1, bytes: 9, crossingBytes: 0 },
      { from: 1, to: 0, bytes: 9, crossingBytes: 0 },
      { from: 1, to: 1, bytes: 9, crossingBytes: 9 },
    ];
    for (const graph of [
      { of, devices, scopes, edges: cyclic },
      { of, devices, scopes: scopes.slice(0, 1), edges: [] },
    ]) {
      const { boxes, width, height } = layOut(graph);
      expect(boxes).toHaveLength(graph.scopes.length);
      for (const value of [width, height, ...boxes.flatMap(({ x, y }) => [x, y])])
        expect(Number.isFinite(value)).toBe(true);
    }
  });

  test('what only signals to all others has no arrows', () => {
    const graph = chain(10, 1);
    const starts = graph.scopes.map((_, i) => ({ from: 20, to: i, bytes: 4, crossingBytes: 0 }));
    const start = { name: 'start', nodes: 1, flops: 0, nodesPerDevice: [1] };
    const with0 = { ...graph, scopes: [...graph.scopes, start], edges: [...graph.edges, ...starts] };
    expect(
      layOut(with0)
        .ways.slice(-20)
        .every((way) => way === undefined),
    ).toBe(true);
    expect(layOut(with0).width).toBe(layOut(graph).width);
  });
});

describe('drawing', () => {
  test('is the same for the same graph, with a letter for each device', () => {
    const { html } = drawPlacedGraph({ kind: 'placed-graph', graph: chain(6, 3) }, CONTEXT);
    expect(drawPlacedGraph({ kind: 'placed-graph', graph: chain(6, 3) }, CONTEXT).html).toBe(html);
    expect(html).toContain('A: worker 0 · GPU 0');
    expect(html).toContain('C: worker 2 · GPU 0');
    expect(html.match(/class="edge crossing"/g)).toHaveLength(10);
  });

  test('hostile names do no harm', () => {
    const names = [
      '<script>alert(1)</script>',
      '"onload=alert(1) x="',
      '__proto__',
      `${'x'.repeat(10_000)}`,
      '\u202e\u0000]]>',
    ];
    const graph = chain(5, 2, (i) => names[i]!);
    const { html } = drawPlacedGraph({ kind: 'placed-graph', graph }, CONTEXT);
    expect(html).not.toMatch(/<script|<[^>]*\sonload=/);
    for (const unseen of ['\u202e', '\u0000']) expect(html).not.toContain(unseen);
    expect(html.length).toBeLessThan(40_000);
    const figure = placedGraph(graph, 'graph')!;
    expect(figure.title.length).toBeLessThan(300);
  });

  test('of more devices than colours those with most nodes have one each, the others one together', () => {
    const drawn = drawnDevices(chain(40, 40));
    expect(drawn).toHaveLength(16);
    expect(drawn.at(-1)).toMatchObject({ letter: '*', name: '25 other devices' });
    expect(drawn.flatMap(({ devices }) => devices).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 40 }, (_, d) => d),
    );
  });
});

test('the figure says what crosses most, and its table has every scope', () => {
  const figure = placedGraph(chain(4, 2), 'graph')!;
  expect(figure.title).toBe(
    'Graph: 2 devices; 100 % of the scopes are not divided among them; most crosses from block0 to block1, 100 B a step',
  );
  expect(figure.tables[0]!.columns[0]!.cells).toHaveLength(8);
  expect(placedGraph(chain(4, 1), 'graph')!.title).toBe('Graph: all of it is on worker 0 · GPU 0');
  expect(placedGraph(null, 'graph')).toBeUndefined();
});
