import { UserError, unknownName } from '../../base/errors.ts';
import { printable } from '../../base/text.ts';
import type { GraphBuilder, Value } from '../builder.ts';
import type { Graph } from '../graph.ts';
import { softmaxCrossEntropyLoss } from '../ops/loss.ts';
import { placeholder } from '../ops/state.ts';
import { formatSpec } from '../tensor-spec.ts';
import { LABELS, type Model, type ModelFacts, type ModelOutputs } from '../zoo/model.ts';
import type { ImportedModel } from './imported-model.ts';

/** What of a classifier of a file is trained. */
export interface TrainableOptions {
  /** How plans, messages and results call it. */
  readonly name: string;
  /** The output with the scores before softmax, [rows, classes]; the file's first unless given. */
  readonly logits?: string;
}

/**
 * A classifier of a file as a model that strategies train, like those of the zoo: its forward graph, labels, and the mean of
 * −log softmax(logits)[label] as loss. `importFor(batch)` imports it for so many samples; its parameters are its variables.
 *
 *     const model = trainable((batch) => readModelFile('images.onnx', { dims: { batch } }), { name: 'images' });
 *     planBy(STRATEGIES['all-reduce'], { model, batch: 32, cluster, workers: 8, updates: 20 });
 *
 * @throws UserError from `build`, where an output is no logits, nothing can be trained, the file is of one size of batch
 * only, or another type than the file's is asked for.
 */
export function trainable(
  importFor: (batch: number) => ImportedModel,
  { name, logits }: TrainableOptions,
): Model {
  const own: ModelFacts = { name, description: 'a classifier of a file' };
  const withFacts = (facts: ModelFacts): Model => ({
    ...facts,
    trains: true,
    settings: {},
    conflict: () => undefined,
    indivisible: ({ tensor, expert }) =>
      tensor > 1 || expert > 1 ? `${facts.name} is of a file, and cannot be divided among ranks` : undefined,
    build: (builder, { batch, dtype }) => {
      const refuse = (reason: string): never => {
        throw new UserError(`${printable(facts.name)}: ${reason}`);
      };
      if (dtype !== 'float32')
        refuse(`the types of its tensors are the file's; it cannot be trained in ${dtype}`);
      return authoredFrom(importFor(batch), builder, batch, logits, refuse);
    },
    with: (_values, renamed = facts) => withFacts(renamed),
  });
  return withFacts(own);
}

function authoredFrom(
  { graph, inputs, outputs }: ImportedModel,
  builder: GraphBuilder,
  batch: number,
  wanted: string | undefined,
  refuse: (reason: string) => never,
): ModelOutputs {
  const names = outputs.map(({ name }) => name);
  const output = wanted === undefined ? outputs[0] : outputs.find(({ name }) => name === wanted);
  if (output === undefined) return refuse(unknownName('output', wanted ?? '', names));
  const [rows, classes, ...others] = output.spec.shape;
  if (output.spec.dtype !== 'float32' || rows === undefined || classes === undefined || others.length > 0)
    return refuse(
      `logits are float32[rows,classes]; its output ${output.name} is ${formatSpec(output.spec)}`,
    );
  if (!inputs.some(({ spec }) => spec.shape[0] === batch))
    return refuse(`no input has ${batch} samples; bind its dimension of the batch in importFor`);
  const values = copied(graph, builder);
  const ofOp = (op: string): readonly number[] =>
    graph.op.flatMap((name, node) => (name === op ? [node] : []));
  const parameters = ofOp('Variable')
    .filter((node) => graph.attrs[node]!.trainable === true)
    .map((node) => values[graph.outputStart[node]!]!);
  if (parameters.length === 0) return refuse('it has no parameters to train');
  const scores = values[output.tensor]!;
  const labels = builder.add(placeholder, [], { dtype: 'int64', shape: [rows] }, { name: LABELS });
  return {
    feeds: [
      ...ofOp('Placeholder').map((node) => ({ value: values[graph.outputStart[node]!]! })),
      { value: labels, below: classes },
    ],
    labels,
    logits: scores,
    loss: builder.add(softmaxCrossEntropyLoss, [scores, labels], {}, { name: 'loss' }),
    parameters,
  };
}

/** Adds the nodes of a finished graph to a builder; per tensor of the graph: its value there. */
function copied(graph: Graph, builder: GraphBuilder): Value[] {
  const values: Value[] = [];
  const handles: ReturnType<GraphBuilder['node']>[] = [];
  for (let node = 0; node < graph.nodeCount; node++) {
    const given = Array.from(
      graph.input.subarray(graph.inputStart[node]!, graph.inputStart[node + 1]!),
      (tensor) => values[tensor]!,
    );
    const control = Array.from(
      graph.control.subarray(graph.controlStart[node]!, graph.controlStart[node + 1]!),
      (before) => handles[before]!,
    );
    const handle = builder.node(graph.row[node]!, given, graph.attrs[node]! as never, {
      name: graph.name[node]!,
      ...(graph.deviceHint[node] !== '' && { device: graph.deviceHint[node]! }),
      ...(graph.colocation[node] !== node && { colocateWith: handles[graph.colocation[node]!]! }),
      control,
    });
    handles.push(handle);
    values.push(...handle.outputs);
  }
  return values;
}
