import type { DType } from '../base/dtype.ts';
import { UserError } from '../base/errors.ts';
import { graphWork, totalFlops } from '../graph/cost.ts';
import type { Graph } from '../graph/graph.ts';
import { formatSpec } from '../graph/tensor-spec.ts';
import { servedNetwork } from './chosen-model.ts';
import { fileModel } from './file-model.ts';
import type { ServedFileChoice } from './file-model-schema.ts';
import type { ServerChoice } from './inference-schema.ts';
import { type InferencePrecision, inferenceGraph } from './inference-step.ts';
import { summariseModel } from './model-summary.ts';
import type { ModelSummary } from './results.ts';
import type { InferenceScenario } from './schema.ts';

/** What answers requests: a network of the zoo, or a model of a file. */
export interface ServedModel {
  readonly model: ModelSummary;
  /** Of its arithmetic, where a server does not say otherwise. */
  readonly precision: string;
  graph(batch: number, precision: InferencePrecision | undefined): Graph;
}

/** @throws UserError where a file cannot be read, or not in batches of these sizes. */
export function servedModel(
  choice: InferenceScenario['model'],
  batches: readonly number[],
  servers: readonly ServerChoice[],
): ServedModel {
  if ('file' in choice) {
    return servedFile(choice, [
      ...new Set([...batches, ...servers.flatMap((server) => server.batches ?? [])]),
    ]);
  }
  const network = servedNetwork(choice);
  return {
    model: summariseModel(network, 1, 'float32'),
    precision: network.trains ? 'float32' : 'int8',
    graph: (batch, precision) => inferenceGraph({ network, batch, precision }),
  };
}

function servedFile({ batch_dim, ...choice }: ServedFileChoice, batches: readonly number[]): ServedModel {
  const of = (batch: number) => fileModel({ ...choice, dims: { ...choice.dims, [batch_dim]: batch } });
  const models = new Map(batches.map((batch) => [batch, of(batch)]));
  const [[batch, { graph, summary }]] = models as unknown as [[number, ReturnType<typeof of>]];
  const inputs = inputsOf(graph);
  // Of one size only: that has to be the one that is asked for.
  if (inputs === inputsOf(of(batch + 1).graph)) {
    const sizes = placeholders(graph).map(({ shape }) => shape[0]);
    const other = batches.find((size) => !sizes.includes(size));
    if (other !== undefined) {
      throw new UserError(
        `${choice.file}: not to be had in batches of ${other}: no input has a dimension called "${batch_dim}" (inputs: ${inputs}); name it in batch_dim, or give other batches`,
      );
    }
  }
  return {
    model: { ...summary, forwardFlopsPerSample: totalFlops(graph) / batch },
    precision: arithmeticOf(graph),
    graph: (size) => models.get(size)!.graph,
  };
}

const placeholders = (graph: Graph) =>
  graph.op.flatMap((op, node) => (op === 'Placeholder' ? [graph.spec[graph.outputStart[node]!]!] : []));
const inputsOf = (graph: Graph): string => placeholders(graph).map(formatSpec).join(', ');

/** The type of most of its arithmetic. */
function arithmeticOf(graph: Graph): string {
  const flops = new Map<DType, number>();
  for (const { dtype, flops: own } of graphWork(graph)) flops.set(dtype, (flops.get(dtype) ?? 0) + own);
  return [...flops].reduce((most, other) => (other[1] > most[1] ? other : most), ['float32', 0])[0];
}
