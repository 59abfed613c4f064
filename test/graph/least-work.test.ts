import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_WORK } from '../../base/work.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { graphWork } from '../../graph/cost.ts';
import { fuseElementwise } from '../../graph/fuse.ts';
import type { Graph } from '../../graph/graph.ts';
import { leastWork } from '../../graph/least-work.ts';
import { libraryKernels } from '../../graph/library-kernels.ts';
import { add, mul, relu } from '../../graph/ops/elementwise.ts';
import { matmul } from '../../graph/ops/matmul.ts';
import { softmax } from '../../graph/ops/softmax.ts';
import { placeholder } from '../../graph/ops/state.ts';

const dtype = 'float32' as const;
const given = (builder: GraphBuilder, ...shape: number[]) => builder.add(placeholder, [], { dtype, shape });
const FUSED = { fuses: true, library: false };
const LIBRARY = { fuses: false, library: true };

describe('where element-wise ops are fused', () => {
  // On one device it is one kernel that reads a, b and c; with the sum elsewhere, one that reads the sum and c.
  const builder = new GraphBuilder();
  const [a, b, c] = [given(builder, 8), given(builder, 8), given(builder, 8)] as const;
  builder.add(mul, [builder.add(add, [a, b], {}), c], {});
  const graph = builder.finish();

  it('what may be merged has no work, and the last op what it has in any case: it reads c', () => {
    const least = leastWork(graph, FUSED);
    expect(least[3]).toEqual(NO_WORK);
    expect(least[4]).toMatchObject({ flops: 8, bytesRead: 32, bytesWritten: 32 });
  });

  it('all is as it is where nothing is merged', () => {
    expect(leastWork(graph, { fuses: false, library: false })).toEqual(graphWork(graph));
  });
});

it('products that may be one wider product have no work; one that stands alone has its own', () => {
  const builder = new GraphBuilder();
  const [x, y] = [given(builder, 4, 8), given(builder, 4, 8)] as const;
  const square = given(builder, 6, 8);
  const product = (left: typeof x, right = given(builder, 8, 6)) => builder.add(matmul, [left, right], {});
  builder.add(relu, [product(x)], {});
  builder.add(relu, [product(x)], {});
  const [p, q] = [product(y), product(square)];
  builder.add(softmax, [p], { axis: -1 });
  builder.add(softmax, [q], { axis: -1 });
  const graph = builder.finish();
  const least = leastWork(graph, LIBRARY);
  const products = graph.op.flatMap((op, node) => (op === 'MatMul' ? [least[node]!.flops] : []));
  expect(products).toEqual([0, 0, 2 * 4 * 8 * 6, 2 * 6 * 8 * 6]);
});

/** Element-wise ops and products on matrices of one shape. */
const graphs = fc
  .array(fc.tuple(fc.constantFrom('add', 'mul', 'relu', 'softmax', 'matmul'), fc.nat(), fc.nat()), {
    minLength: 1,
    maxLength: 14,
  })
  .map((steps): Graph => {
    const builder = new GraphBuilder();
    const made = [given(builder, 6, 6), given(builder, 6, 6)];
    for (const [kind, i, j] of steps) {
      const [x, y] = [made[i % made.length]!, made[j % made.length]!];
      if (kind === 'add') made.push(builder.add(add, [x, y], {}));
      else if (kind === 'mul') made.push(builder.add(mul, [x, y], {}));
      else if (kind === 'relu') made.push(builder.add(relu, [x], {}));
      else if (kind === 'softmax') made.push(builder.add(softmax, [x], { axis: -1 }));
      else made.push(builder.add(matmul, [x, y], {}));
    }
    return builder.finish();
  });
const devices = fc.array(fc.nat({ max: 1 }), { minLength: 16, maxLength: 16 });

it('kernels have at least the least work of the node where they stand, however nodes are placed', () => {
  fc.assert(
    fc.property(graphs, devices, (graph, device) => {
      const fused = fuseElementwise(graph, { deviceOf: device });
      const kernels = [
        { work: graphWork(fused.graph), nodes: fused.nodes, least: leastWork(graph, FUSED) },
        {
          work: libraryKernels(graph, { groupOf: device }),
          nodes: Int32Array.from(graph.op, (_, node) => node),
          least: leastWork(graph, LIBRARY),
        },
        {
          work: libraryKernels(fused.graph, { groupOf: Array.from(fused.nodes, (node) => device[node]!) }),
          nodes: fused.nodes,
          least: leastWork(graph, { fuses: true, library: true }),
        },
      ];
      for (const { work, nodes, least } of kernels) {
        const stands = new Set(nodes);
        for (const [i, node] of nodes.entries()) {
          expect(work[i]!.flops).toBeGreaterThanOrEqual(least[node]!.flops);
          expect(work[i]!.bytesRead).toBeGreaterThanOrEqual(least[node]!.bytesRead);
          expect(work[i]!.bytesWritten).toBeGreaterThanOrEqual(least[node]!.bytesWritten);
        }
        for (const [node, { class: kind }] of least.entries())
          if (!stands.has(node)) expect(kind).toBe('none');
      }
    }),
    { numRuns: 300, seed: 7 },
  );
});
