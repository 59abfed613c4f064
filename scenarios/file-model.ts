import { totalFlops } from '../graph/cost.ts';
import { type Graph, parameterCount } from '../graph/graph.ts';
import type { FileModelChoice } from './file-model-schema.ts';
import { readModelFile } from './model-file.ts';
import type { ModelSummary } from './results.ts';

/**
 * One run of a model of a file; its inputs come from a CPU.
 *
 * @throws UserError naming the file, where it cannot be read or its sizes are not known.
 */
export function fileModel({ file, dims = {}, shapes = {}, allow_unknown }: FileModelChoice): {
  readonly graph: Graph;
  readonly summary: ModelSummary;
} {
  const { graph } = readModelFile(file, {
    dims,
    shapes,
    ...(allow_unknown === true && { allowUnknown: true }),
  });
  const deviceHint = graph.op.map((op, node) =>
    op === 'Placeholder' && graph.deviceHint[node] === '' ? '/device:CPU:0' : graph.deviceHint[node]!,
  );
  const { elements, bytes } = parameterCount(graph);
  const summary = {
    name: file,
    parameters: elements,
    parameterBytes: bytes,
    nodes: graph.nodeCount,
    forwardFlopsPerSample: totalFlops(graph),
    trainingFlopsPerSample: null,
  };
  return { graph: { ...graph, deviceHint }, summary };
}
