import { invariant, UserError } from '../../base/errors.ts';
import { rooflineSeconds } from '../../devices/cost-model.ts';
import { gradients } from '../../graph/autodiff.ts';
import { GraphBuilder, type NodeHandle } from '../../graph/builder.ts';
import { isConstant } from '../../graph/constant-nodes.ts';
import { graphWork } from '../../graph/cost.ts';
import { AFTER, BEFORE } from '../../graph/micro-batch-unit.ts';
import type { Attrs } from '../../graph/op.ts';
import { slice } from '../../graph/ops/shape.ts';
import { placeholder } from '../../graph/ops/state.ts';
import { effectNodes, prune } from '../../graph/prune.ts';
import type { SegmentedUnit } from '../../graph/recompute.ts';
import { attentionCores } from '../../graph/segments.ts';
import { balancedCuts, possibleCuts } from '../../graph/stage-boundaries.ts';
import { authorStages } from '../../graph/stages.ts';
import { sameShape } from '../../graph/tensor-spec.ts';
import { taskOf } from '../../graph/turns.ts';
import type { Feed, ModelPart } from '../../graph/zoo/model.ts';
import type { MeshOptions } from './mesh-options.ts';
import { groupOn } from './mesh-shape.ts';
import { type MeshGradient, updateMesh } from './mesh-updates.ts';
import { deviceIndex } from './parameter-servers.ts';
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
  const { pipeline, chunks, microBatches } = mesh;
  const stages = pipeline * chunks;
  const forward = new GraphBuilder();
  const batch = input.batch / microBatches;
  const outputs = input.replica(forward, { batch, part });
  const cuts = stageCuts(input, forward, outputs, stages);
  const segmentOf = segments(mesh.recompute, forward, outputs, cuts);
  const feedOf = feedsOf(input, mesh, part, outputs.feeds);
  const hints = new Hints(pipeline);
  const builder = new GraphBuilder();
  const inputs = new Set<number>();

  const staged = authorStages(builder, forward.nodes, forward.authored, {
    cuts,
    homeOf: (stage) => stage % pipeline,
    deviceOf: (stage, node) => hints.compute(stage, node === undefined ? -1 : segmentOf(node, stage)),
    attrsOn: ({ attrs }, stage) => onDevice(attrs, stage % pipeline),
    feed: (_builder, { name, attrs }, stage) => {
      const { whole, axis } = feedOf(name);
      const device = hints.host(stage);
      const fed = builder.add(placeholder, [], whole ?? (attrs as FeedAttrs), { name, device });
      if (axis === undefined) {
        if (whole === undefined) inputs.add(fed.node.id);
        return fed;
      }
      const ends = [(attrs as FeedAttrs).shape[axis]!];
      const own = builder.add(
        slice,
        [fed],
        { starts: [0], ends, axes: [axis] },
        { name: `${name}/own`, device },
      );
      inputs.add(own.node.id);
      return own;
    },
  });
  const forwardEnd = builder.nodes.length;
  const loss = staged.valueOf(outputs.loss);
  const lossDevice = builder.authored.getNodeAttribute(loss.node.name, 'device');
  const copies = outputs.parameters.map((parameter) => staged.copiesOf(parameter));
  const slopes = builder.onDevice(lossDevice, () =>
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

  const whole = builder.finish();
  const { graph, nodes } = prune(whole, effectNodes(whole));
  const constant = isConstant(builder.nodes);
  const isOnce = ({ id, op }: NodeHandle): boolean =>
    op.name === 'Variable' || (op.name === 'Placeholder' && !inputs.has(id)) || constant[id]!;
  const taskOfNode = (old: number): number => {
    if (old >= backwardEnd) return AFTER;
    const node = builder.nodes[old]!;
    if (isOnce(node)) return BEFORE;
    return taskOf(hints.stageOf(hintOf(builder, node)), old >= forwardEnd);
  };
  const now = new Map(Array.from(nodes, (old, id) => [old, id]));
  const kept = slopes.filter(({ node }) => now.has(node.id));
  return {
    unit: {
      graph,
      task: Int32Array.from(nodes, taskOfNode),
      summed: new Set(kept.map(({ node, index }) => graph.outputStart[now.get(node.id)!]! + index)),
      inputs: new Set([...inputs].filter((id) => now.has(id)).map((id) => now.get(id)!)),
      segment: Int32Array.from(nodes, (old) =>
        old >= backwardEnd ? -1 : hints.segmentOf(hintOf(builder, builder.nodes[old]!)),
      ),
    },
    placeOf: (hint) => hints.placeOf(hint),
  };
}

type FeedAttrs = Parameters<typeof placeholder.infer>[1];

function hintOf(builder: GraphBuilder, { name }: NodeHandle): string {
  return builder.authored.getNodeAttribute(name, 'device');
}

/** Collectives on different devices of the pipeline are of different groups. */
function onDevice(attrs: Attrs, pipeline: number): Attrs {
  return typeof attrs.group === 'string' ? { ...attrs, group: groupOn(attrs.group, pipeline) } : attrs;
}

/** Ids of the forward nodes behind which each but the first stage begins. */
function stageCuts(
  input: StrategyInput,
  forward: GraphBuilder,
  { cuts = [] }: ReplicaOutputs,
  stages: number,
): readonly number[] {
  if (stages === 1) return [];
  const graph = forward.finish();
  const { model } = input.cluster.devices[deviceIndex(input, input.workerDevices[0]!.compute)]!;
  const seconds = graphWork(graph).map((work) => rooflineSeconds(work, model));
  const ends = cuts.map(({ node }) => node.id).sort((a, b) => a - b);
  const possible = ends.length >= stages - 1 ? ends : possibleCuts(forward.nodes, stages - 1);
  const chosen = balancedCuts(seconds, possible, stages);
  if (chosen !== undefined) return chosen;
  throw new UserError(
    `${input.model.name} can be cut into at most ${possible.length + 1} stages, not ${stages}; use fewer stages or chunks`,
  );
}

/** Which segment a forward node is of, for recomputation; −1 for none. */
function segments(
  recompute: string,
  { nodes }: GraphBuilder,
  { cuts = [] }: ReplicaOutputs,
  stageEnds: readonly number[],
): (node: NodeHandle, stage: number) => number {
  if (recompute === 'stage') return (_node, stage) => stage;
  if (recompute === 'selective') {
    const cores = attentionCores(nodes);
    return ({ id }) => cores[id]!;
  }
  if (recompute === 'none') return () => -1;
  const ends = [...new Set([...cuts.map(({ node }) => node.id), ...stageEnds])].sort((a, b) => a - b);
  const segment = new Int32Array(nodes.length);
  for (let id = 0, current = 0; id < nodes.length; id++) {
    segment[id] = current;
    if (id === ends[current]) current++;
  }
  return ({ id }) => segment[id]!;
}

/** What a feed of a micro-batch is taken from. */
interface FeedSource {
  /** The feed of the whole batch, where there is one. */
  readonly whole?: FeedAttrs;
  /** The axis along which the micro-batches lie in it; none where all have all of it. */
  readonly axis?: number;
}

/**
 * Where micro-batches get a feed from. Of a feed whose rows go sample by sample, each takes its rows; one that does not
 * depend on the batch is shared. Of others (time comes before samples, or their integers count through the batch) each
 * micro-batch has a feed of its own, named `micro<k>/…`.
 */
function feedsOf(
  input: StrategyInput,
  { microBatches }: MeshOptions,
  part: ModelPart,
  own: readonly Feed[],
): (name: string) => FeedSource {
  const attrsOf = ({ value }: Feed): FeedAttrs => value.node.attrs as FeedAttrs;
  const wholes = microBatches === 1 ? own : input.replica(new GraphBuilder(), { part }).feeds;
  const isBySample = own.every(({ value }, i) => {
    const [rows] = value.spec.shape;
    const whole = wholes[i]!.value.spec.shape;
    return rows === undefined || sameShape(whole, value.spec.shape) || whole[0] === rows * microBatches;
  });
  const sources = new Map<string, FeedSource>();
  for (const [i, feed] of own.entries()) {
    const whole = wholes[i]!;
    const shape = feed.value.spec.shape;
    const isEqual = sameShape(shape, whole.value.spec.shape);
    const countsThrough = feed.below !== whole.below;
    if (isEqual && !countsThrough) sources.set(feed.value.node.name, { whole: attrsOf(whole) });
    else if (isBySample && !countsThrough)
      sources.set(feed.value.node.name, { whole: attrsOf(whole), axis: 0 });
    else sources.set(feed.value.node.name, {});
  }
  return (name) => {
    const source = sources.get(name);
    invariant(source !== undefined, `${name} is no feed of the model`);
    return source;
  };
}

/** Device hints of a unit: they say which stage and segment a node is of, and whether it is on the host. */
class Hints {
  private readonly pipeline: number;
  private readonly known = new Map<string, { stage: number; segment: number; onHost: boolean }>();

  constructor(pipeline: number) {
    this.pipeline = pipeline;
  }

  compute(stage: number, segment: number): string {
    return this.hint(`stage:${stage}/segment:${segment}`, { stage, segment, onHost: false });
  }

  host(stage: number): string {
    return this.hint(`stage:${stage}/host`, { stage, segment: -1, onHost: true });
  }

  stageOf(hint: string): number {
    return this.of(hint).stage;
  }

  segmentOf(hint: string): number {
    return this.of(hint).segment;
  }

  placeOf(hint: string): number {
    const { stage, onHost } = this.of(hint);
    return (stage % this.pipeline) + (onHost ? this.pipeline : 0);
  }

  private hint(text: string, means: { stage: number; segment: number; onHost: boolean }): string {
    this.known.set(text, means);
    return text;
  }

  private of(hint: string): { stage: number; segment: number; onHost: boolean } {
    const means = this.known.get(hint);
    invariant(means !== undefined, `the hint ${hint || '(none)'} names no stage`);
    return means;
  }
}
