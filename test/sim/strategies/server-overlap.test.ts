import { describe, expect, it } from 'vitest';
import { MODELS } from '../../../graph/zoo/index.ts';
import { Row } from '../../../sim/trace.ts';
import { rowsOf, run, type TraceRow } from './replica-training.ts';
import { planned } from './server-training.ts';

/*
 * A variable's fetch, what is computed with it and the push of its gradient wait for each other only: those of different
 * variables overlap.
 */

const CONVOLUTIONS = ['1_1', '2_1', '3_1', '3_2', '4_1', '4_2', '5_1', '5_2'].map((layer) => `conv${layer}`);
const LAYERS = [...CONVOLUTIONS, 'fc6', 'fc7', 'fc8'];

/** The rows of the only worker's second step, when servers and links are as they are throughout. */
function secondStep(kind: 'sync' | 'async'): readonly TraceRow[] {
  const { plan, cluster } = planned(kind, {
    model: MODELS['vgg-11']!.with({ image: 64 }),
    batch: 32,
    workers: 1,
    servers: 2,
    updates: 3,
  });
  return rowsOf(run(plan, cluster)).filter(({ iteration, loop }) => iteration === 1 && loop === 'worker/0');
}

describe.each([
  ['sync', 'accumulate'],
  ['async', 'update'],
] as const)('%s', (kind, delivered) => {
  const rows = secondStep(kind);
  const node = (name: string): TraceRow => rows.find((row) => row.kind === Row.node && row.node === name)!;
  const transfer = (tensor: string): TraceRow =>
    rows.find((row) => row.kind === Row.transfer && row.node.startsWith(`Send(${tensor}:0;`))!;
  const fetch = (layer: string): TraceRow => transfer(`${layer}/weights`);
  const product = (layer: string): TraceRow =>
    node(`${layer}/${layer.startsWith('conv') ? 'Conv' : 'MatMul'}`);
  /** Of the gradient of a layer's weights. */
  const push = (layer: string): TraceRow =>
    rows.find(({ kind: k, node: n }) => {
      return (
        k === Row.transfer &&
        n.startsWith(`Send(gradients/${product(layer).node}/`) &&
        n.includes(';/job:ps/')
      );
    })!;

  it('a layer is computed as soon as its variables and the layers before it are there', () => {
    for (const [i, layer] of LAYERS.entries()) {
      const before = i === 0 ? 0 : product(LAYERS[i - 1]!).end;
      expect(product(layer).start).toBeGreaterThanOrEqual(Math.max(fetch(layer).end, before));
    }
    // The first convolutions, before the last variable has arrived.
    const lastArrival = Math.max(...LAYERS.map((layer) => fetch(layer).end));
    for (const layer of CONVOLUTIONS) expect(product(layer).end).toBeLessThan(lastArrival);
  });

  it('all variables are asked for at once', () => {
    const starts = LAYERS.map((layer) => fetch(layer).start);
    // But for a request's way to one server and to the other.
    expect(Math.max(...starts) - Math.min(...starts)).toBeLessThan(1e-4);
  });

  it('gradients are sent as they come, from the last layer to the first, and not before', () => {
    const backward = LAYERS.toReversed().map(push);
    for (const [i, { start }] of backward.entries()) {
      if (i > 0) expect(start).toBeGreaterThan(backward[i - 1]!.start);
      const source = backward[i]!.node.slice('Send('.length).replace(/:0;.*/, '');
      expect(start).toBeGreaterThanOrEqual(node(source).end);
    }
  });

  it('servers take gradients of late layers before those of early layers exist', () => {
    const earliest = push('conv1_1').start;
    expect(push('fc8').start).toBeLessThan(earliest);
    expect(node(`fc8/bias/${delivered}`).start).toBeLessThan(earliest);
    // Large ones are still on their way when the small ones of the convolutions set out.
    expect(push('fc6').end).toBeGreaterThan(earliest);
  });
});
