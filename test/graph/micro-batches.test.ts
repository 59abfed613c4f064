import { describe, expect, it } from 'vitest';
import { GraphBuilder, type Value } from '../../graph/builder.ts';
import { graphWork } from '../../graph/cost.ts';
import type { Graph } from '../../graph/graph.ts';
import { AFTER, BEFORE, type MicroBatchUnit } from '../../graph/micro-batch-unit.ts';
import { unrollMicroBatches } from '../../graph/micro-batches.ts';
import { relu } from '../../graph/ops/elementwise.ts';
import { matmul } from '../../graph/ops/matmul.ts';
import { slice } from '../../graph/ops/shape.ts';
import { applyGradientDescent, placeholder, variable } from '../../graph/ops/state.ts';
import { recompute } from '../../graph/recompute.ts';
import type { Turn } from '../../graph/turns.ts';

/**
 * A unit by hand, of two stages: x = rows of `samples`, a = relu(x · w) | b = relu(a); what stands for the gradients of b, a
 * and w has only their shapes.
 */
function unit(): MicroBatchUnit & { segment: Int32Array } {
  const builder = new GraphBuilder();
  const task: number[] = [];
  const segment: number[] = [];
  const mark = (own: number, of: number, value: Value): Value => {
    task[value.node.id] = own;
    segment[value.node.id] = of;
    return value;
  };
  const [forward0, backward0, forward1, backward1] = [0, 1, 2, 3] as const;
  const float = { dtype: 'float32' } as const;
  const w = mark(
    BEFORE,
    -1,
    builder.add(
      variable,
      [],
      { ...float, shape: [3, 3], trainable: true, initializer: 'zeros' },
      { name: 'w' },
    ),
  );
  const samples = mark(
    BEFORE,
    -1,
    builder.add(placeholder, [], { ...float, shape: [6, 3] }, { name: 'samples' }),
  );
  const rows = builder.add(slice, [samples], { starts: [0], ends: [3], axes: [0] }, { name: 'x' });
  const x = mark(forward0, -1, rows);
  const product = mark(forward0, 0, builder.add(matmul, [x, w], {}, { name: 'product' }));
  const a = mark(forward0, 0, builder.add(relu, [product], {}, { name: 'a' }));
  const b = mark(forward1, 1, builder.add(relu, [a], {}, { name: 'b' }));
  const gb = mark(backward1, 1, builder.add(relu, [b], {}, { name: 'gb' }));
  const ga = mark(backward0, 0, builder.add(matmul, [gb, a], {}, { name: 'ga' }));
  const gw = mark(backward0, 0, builder.add(matmul, [x, ga], {}, { name: 'gw' }));
  const update = builder.node(
    applyGradientDescent,
    [w, gw],
    { learningRate: 1 },
    { name: 'update', control: [ga.node] },
  );
  mark(AFTER, -1, update.outputs[0]!);
  const graph = builder.finish();
  return {
    graph,
    task: Int32Array.from(task),
    segment: Int32Array.from(segment),
    summed: new Set([graph.outputStart[gw.node.id]!]),
    inputs: new Set([x.node.id]),
  };
}

const F = (stage: number, microBatch: number): Turn => ({ stage, backward: false, microBatch });
const B = (stage: number, microBatch: number): Turn => ({ stage, backward: true, microBatch });

/** `name ← inputs ^ awaited`, per node. */
function lines(graph: Graph): string[] {
  return graph.name.map((name, node) => {
    const read = [...graph.input.subarray(graph.inputStart[node], graph.inputStart[node + 1])];
    const awaited = [...graph.control.subarray(graph.controlStart[node], graph.controlStart[node + 1])];
    for (const tensor of read) expect(graph.producer[tensor]).toBeLessThan(node);
    for (const before of awaited) expect(before).toBeLessThan(node);
    const inputs = read.map((tensor) => graph.name[graph.producer[tensor]!]!);
    const waits = awaited.map((before) => graph.name[before]!);
    return `${[name, ...inputs].join(' ')}${waits.length === 0 ? '' : ` ^ ${waits.join(' ')}`}`;
  });
}

describe('two micro-batches of two stages', () => {
  const { graph, unitNode } = unrollMicroBatches(unit(), [
    [F(0, 0), F(0, 1), B(0, 0), B(0, 1)],
    [F(1, 0), B(1, 0), F(1, 1), B(1, 1)],
  ]);

  it('are copies in turn, over the same variables, and their gradients are added up', () => {
    expect(lines(graph)).toEqual([
      'w',
      'samples',
      'micro0/x samples',
      'micro0/product micro0/x w',
      'micro0/a micro0/product',
      'micro0/stage0/forward/done ^ micro0/a',
      'micro0/a/left micro0/a ^ micro0/stage0/forward/done',
      'micro1/x samples',
      'micro1/product micro1/x w ^ micro0/stage0/forward/done',
      'micro1/a micro1/product',
      'micro1/stage0/forward/done ^ micro1/a',
      'micro1/a/left micro1/a ^ micro1/stage0/forward/done',
      'micro0/b micro0/a/left',
      'micro0/stage1/forward/done ^ micro0/b',
      'micro0/gb micro0/b ^ micro0/stage1/forward/done',
      'micro0/stage1/backward/done ^ micro0/gb',
      'micro0/gb/left micro0/gb ^ micro0/stage1/backward/done',
      'micro1/b micro1/a/left ^ micro0/stage1/backward/done',
      'micro1/stage1/forward/done ^ micro1/b',
      'micro1/gb micro1/b ^ micro1/stage1/forward/done',
      'micro1/stage1/backward/done ^ micro1/gb',
      'micro1/gb/left micro1/gb ^ micro1/stage1/backward/done',
      'micro0/ga micro0/gb/left micro0/a ^ micro1/stage0/forward/done',
      'micro0/gw micro0/x micro0/ga',
      'micro0/stage0/backward/done ^ micro0/gw',
      'micro1/ga micro1/gb/left micro1/a ^ micro0/stage0/backward/done',
      'micro1/gw micro1/x micro1/ga',
      'micro1/gw/sum micro0/gw micro1/gw',
      'micro1/stage0/backward/done ^ micro1/gw/sum',
      'update w micro1/gw/sum ^ micro1/ga',
    ]);
  });

  it('take their own part of the whole batch', () => {
    const slices = graph.attrs.filter((_, node) => graph.op[node] === 'Slice');
    expect(slices).toEqual([
      { starts: [0], ends: [3], axes: [0] },
      { starts: [3], ends: [6], axes: [0] },
    ]);
  });

  it('ask of devices what their nodes do', () => {
    const counted = graphWork(graph);
    for (const [node, row] of graph.row.entries()) {
      const specs = (tensors: Int32Array) => [...tensors].map((tensor) => graph.spec[tensor]!);
      const inputs = specs(graph.input.subarray(graph.inputStart[node], graph.inputStart[node + 1]));
      const outputs = graph.spec.slice(graph.outputStart[node], graph.outputStart[node + 1]);
      expect(counted[node]).toEqual({
        ...row.cost(inputs, outputs, graph.attrs[node]! as never),
        call: { op: row.name, inputs, outputs },
      });
    }
    expect(unitNode).toHaveLength(graph.nodeCount);
  });
});

describe('with a third', () => {
  it('inputs come one turn ahead', () => {
    const order = [F(0, 0), F(0, 1), F(0, 2), B(0, 0), B(0, 1), B(0, 2)];
    const second = [F(1, 0), F(1, 1), F(1, 2), B(1, 0), B(1, 1), B(1, 2)];
    const { graph } = unrollMicroBatches(unit(), [order, second]);
    expect(lines(graph)).toContain('micro2/x samples ^ micro0/stage0/forward/done');
  });
});

describe('one micro-batch', () => {
  it('keeps the names', () => {
    const { graph } = unrollMicroBatches(unit(), [
      [F(0, 0), B(0, 0)],
      [F(1, 0), B(1, 0)],
    ]);
    expect(graph.name).toContain('gw');
    expect(lines(graph)).toContain('update w gw ^ ga');
  });
});

describe('recomputation', () => {
  const again = recompute(unit());

  it('runs forward again when the gradient is there, from what entered the segment', () => {
    expect(lines(again.graph)).toEqual([
      'w',
      'samples',
      'x samples',
      'product x w',
      'a product',
      'b a',
      'b/again a',
      'gb b/again',
      'gb/arrived gb',
      'product/again x w ^ gb/arrived',
      'a/again product/again',
      'ga gb a/again',
      'gw x ga',
      'update w gw ^ ga',
    ]);
  });

  it('in the turn of backward', () => {
    const taskOf = (name: string): number => again.task[again.graph.name.indexOf(name)]!;
    expect(['b/again', 'gb/arrived', 'product/again', 'product', 'w'].map(taskOf)).toEqual([
      3,
      1,
      1,
      0,
      BEFORE,
    ]);
  });
});
