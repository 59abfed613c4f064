import { UserError } from '../../base/errors.ts';
import { kernelSeconds } from '../../devices/kernels/index.ts';
import { attentionCores } from '../../graph/attention-cores.ts';
import type { GraphBuilder, NodeHandle } from '../../graph/builder.ts';
import { graphWork } from '../../graph/cost.ts';
import { balancedCuts, possibleCuts } from '../../graph/stage-boundaries.ts';
import { deviceIndex } from './parameter-servers.ts';
import type { ReplicaOutputs, StrategyInput } from './strategy.ts';

/**
 * Ids of the forward nodes behind which each but the first stage begins.
 *
 * @throws UserError where the model cannot be cut into so many stages.
 */
export function stageCuts(
  input: StrategyInput,
  forward: GraphBuilder,
  { cuts = [] }: ReplicaOutputs,
  stages: number,
): readonly number[] {
  if (stages === 1) return [];
  const graph = forward.finish();
  const { model } = input.cluster.devices[deviceIndex(input, input.workerDevices[0]!.compute)]!;
  const seconds = graphWork(graph).map((work) => kernelSeconds(work, model));
  const ends = cuts.map(({ node }) => node.id).sort((a, b) => a - b);
  const possible = ends.length >= stages - 1 ? ends : possibleCuts(forward.nodes, stages - 1);
  const chosen = balancedCuts(seconds, possible, stages);
  if (chosen !== undefined) return chosen;
  throw new UserError(
    `${input.model.name} can be cut into at most ${possible.length + 1} stages, not ${stages}; use fewer stages or chunks`,
  );
}

/** Which segment a forward node is of, for recomputation; −1 for none. */
export function segments(
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
