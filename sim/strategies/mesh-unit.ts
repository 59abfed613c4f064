import { gradients } from '../../graph/autodiff.ts';
import { GraphBuilder, type NodeHandle, type Value } from '../../graph/builder.ts';
import { isConstant } from '../../graph/constant-nodes.ts';
import { AFTER, BEFORE } from '../../graph/micro-batch-unit.ts';
import type { Attrs } from '../../graph/op.ts';
import { slice } from '../../graph/ops/shape.ts';
import { placeholder } from '../../graph/ops/state.ts';
import { effectNodes, prune } from '../../graph/prune.ts';
import type { SegmentedUnit } from '../../graph/recompute.ts';
import { authorStages, type StagedForward } from '../../graph/stages.ts';
import { taskOf } from '../../graph/turns.ts';
import type { ModelPart } from '../../graph/zoo/model.ts';
import { type FeedAttrs, feedsOf } from './mesh-feeds.ts';
import type { MeshOptions } from './mesh-options.ts';
import { groupOn } from './mesh-shape.ts';
import { segments, stageCuts } from './mesh-stages.ts';
import { type MeshGradient, updateMesh } from './mesh-updates.ts';
import { StageHints } from './stage-hints.ts';
import type { ReplicaOutputs, StrategyInput } from './strategy.ts';

/** A micro-batch of one rank, and where its nodes are. */
export interface MeshUnit {
  readonly unit: SegmentedUnit;
  /** The device of the pipeline that a hint means, or, `pipeline` more, the CPU of that one's host. */
  readonly placeOf: (deviceHint: string) => number;
}

/**
 * Authors one micro-batch of a replica as one tensor and expert rank computes it: forward, cut into stages that are about
 * equally long; backward, on the stages of its forward nodes; and, once for all micro-batches, what becomes of the gradients.
 * Inputs come from the host of the stage that is the first to need them.
 *
 * @throws UserError where the model cannot be cut into so many stages.
 */
export function authorUnit(input: StrategyInput, mesh: MeshOptions, part: ModelPart): MeshUnit {
  const { pipeline, microBatches } = mesh;
  const builder = new GraphBuilder();
  const hints = new StageHints(pipeline);
  const inputs = new Set<number>();
  const { outputs, staged } = authorForward(input, mesh, part, { builder, hints, inputs });
  const forwardEnd = builder.nodes.length;
  const loss = staged.valueOf(outputs.loss);
  const copies = outputs.parameters.map((parameter) => staged.copiesOf(parameter));
  const slopes = builder.onDevice(hintOf(builder, loss.node), () =>
    gradients(
      builder,
      loss,
      copies.flatMap((list) => list.map(({ value }) => value)),
      1 / microBatches,
    ),
  );
  const backwardEnd = builder.nodes.length;
  let next = 0;
  const found = outputs.parameters.map((parameter, i): MeshGradient => {
    return {
      isPartial: outputs.partialGradients?.includes(parameter) === true,
      isExpert: mesh.expert > 1 && outputs.expertParameters?.includes(parameter) === true,
      copies: copies[i]!.map(({ stage, value }) => ({
        pipeline: stage % pipeline,
        device: hints.compute(stage, -1),
        parameter: value,
        gradient: slopes[next++]!,
      })),
    };
  });
  updateMesh(builder, found, mesh, input.learningRate);
  const unit = finished({ builder, hints, inputs }, slopes, forwardEnd, backwardEnd);
  return { unit, placeOf: (hint) => hints.placeOf(hint) };
}

/** A unit that is being authored. */
interface Authoring {
  readonly builder: GraphBuilder;
  readonly hints: StageHints;
  /** Ids of the nodes by which a micro-batch comes in. */
  readonly inputs: Set<number>;
}

function authorForward(
  input: StrategyInput,
  mesh: MeshOptions,
  part: ModelPart,
  { builder, hints, inputs }: Authoring,
): { outputs: ReplicaOutputs; staged: StagedForward } {
  const { pipeline, chunks, microBatches } = mesh;
  const forward = new GraphBuilder();
  const outputs = input.replica(forward, { batch: input.batch / microBatches, part });
  const cuts = stageCuts(input, forward, outputs, pipeline * chunks);
  const segmentOf = segments(mesh.recompute, forward, outputs, cuts);
  const feedOf = feedsOf(input, mesh, part, outputs.feeds);
  const staged = authorStages(builder, forward.nodes, forward.authored, {
    cuts,
    homeOf: (stage) => stage % pipeline,
    deviceOf: (stage, node) => hints.compute(stage, node === undefined ? -1 : segmentOf(node, stage)),
    attrsOn: ({ attrs }, stage) => onDevice(attrs, stage % pipeline),
    feed: (_builder, { name, attrs }, stage) => {
      const device = hints.host(stage);
      const { whole, axis } = feedOf(name);
      const own = attrs as FeedAttrs;
      const fed = builder.add(placeholder, [], whole ?? own, { name, device });
      if (whole === undefined) inputs.add(fed.node.id);
      if (axis === undefined) return fed;
      const first = { starts: [0], ends: [own.shape[axis]!], axes: [axis] };
      const taken = builder.add(slice, [fed], first, { name: `${name}/own`, device });
      inputs.add(taken.node.id);
      return taken;
    },
  });
  return { outputs, staged };
}

/** The columns of what was authored, without what nothing needs; nodes from `backwardEnd` on come after all micro-batches. */
function finished(
  { builder, hints, inputs }: Authoring,
  slopes: readonly Value[],
  forwardEnd: number,
  backwardEnd: number,
): SegmentedUnit {
  const whole = builder.finish();
  const { graph, nodes, newNode, newTensor } = prune(whole, effectNodes(whole));
  const constant = isConstant(builder.nodes);
  const isOnce = ({ id, op }: NodeHandle): boolean =>
    op.name === 'Variable' || (op.name === 'Placeholder' && !inputs.has(id)) || constant[id]!;
  const taskOfNode = (node: NodeHandle): number => {
    if (node.id >= backwardEnd) return AFTER;
    if (isOnce(node)) return BEFORE;
    return taskOf(hints.stageOf(hintOf(builder, node)), node.id >= forwardEnd);
  };
  const segmentOfNode = (node: NodeHandle): number =>
    node.id >= backwardEnd ? -1 : hints.segmentOf(hintOf(builder, node));
  const summed = slopes.map(({ node, index }) => newTensor[whole.outputStart[node.id]! + index]!);
  return {
    graph,
    task: nodes.map((id) => taskOfNode(builder.nodes[id]!)),
    summed: new Set(summed.filter((tensor) => tensor >= 0)),
    inputs: new Set([...inputs].map((id) => newNode[id]!).filter((node) => node >= 0)),
    segment: nodes.map((id) => segmentOfNode(builder.nodes[id]!)),
  };
}

function hintOf(builder: GraphBuilder, { name }: NodeHandle): string {
  return builder.authored.getNodeAttribute(name, 'device');
}

/** Collectives on different devices of the pipeline are of different groups. */
function onDevice(attrs: Attrs, pipeline: number): Attrs {
  return typeof attrs.group === 'string' ? { ...attrs, group: groupOn(attrs.group, pipeline) } : attrs;
}
