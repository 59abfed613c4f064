import { NO_WORK, type Work } from '../../base/work.ts';
import { graphWork } from '../../graph/cost.ts';
import { fusedAttention } from '../../graph/fused-attention.ts';
import { type Graph, inputSpecs } from '../../graph/graph.ts';
import { libraryKernels } from '../../graph/library-kernels.ts';
import { AFTER } from '../../graph/micro-batch-unit.ts';
import { COLLECTIVE_OF_OP } from '../../graph/ops/collective.ts';
import { recompute } from '../../graph/recompute.ts';
import { byteCount } from '../../graph/tensor-spec.ts';
import { taskOf } from '../../graph/turns.ts';
import type { ModelPart } from '../../graph/zoo/model.ts';
import type { MeshOptions } from './mesh-options.ts';
import { authorUnit } from './mesh-unit.ts';
import type { StrategyInput } from './strategy.ts';

/** What a device does one after the other: kernels, and exchanges with its tensor ranks. */
export interface Block {
  readonly kernels: readonly Work[];
  readonly exchanges: readonly BlockExchange[];
}

export interface BlockExchange {
  /** `all-reduce`, `all-gather` or `reduce-scatter`. */
  readonly collective: string;
  /** Of the whole tensor, as the collective counts. */
  readonly bytes: number;
}

export interface StageBlocks {
  readonly forward: Block;
  readonly backward: Block;
  /** Once per step: exchanges of tensor ranks and updates; those among replicas are not in it. */
  readonly after: Block;
  /** Of all gradients that replicas exchange, in the type that they have. */
  readonly gradientBytes: number;
  /** That go to the next stage with each micro-batch; 0 of the last stage. */
  readonly leavingBytes: number;
}

/**
 * A Transformer's step in its repeating parts: the first stage, one of those between, and the last stage of a pipeline of three
 * with one block each. All blocks being alike, stages of any number of blocks follow: see `condensedStages`. A network of a
 * hundred blocks is authored as fast as one of three.
 */
export interface MeshBlocks {
  readonly first: StageBlocks;
  readonly middle: StageBlocks;
  readonly last: StageBlocks;
}

/** Which kernels a stack has for the graph. */
export interface BlockKernels {
  /** Whether it merges ops: see libraryKernels. */
  readonly compiled?: boolean;
  /** Attention that never writes its scores: see fusedAttention. */
  readonly attention?: { readonly length: number; readonly causal: boolean };
}

/** The input's model must have three blocks, and its batch be one micro-batch. */
export function meshBlocks(
  input: StrategyInput,
  mesh: MeshOptions,
  part: ModelPart,
  { compiled = false, attention }: BlockKernels = {},
): MeshBlocks {
  const shape = { ...mesh, pipeline: 3, data: 1, microBatches: 1, chunks: 1, schedule: '1f1b' };
  const { unit: plain, placeOf } = authorUnit(input, shape, part);
  const unit = mesh.recompute === 'none' ? plain : recompute(plain);
  const { graph, task, summed } = unit;
  const places = graph.deviceHint.map(placeOf);
  const single = compiled ? libraryKernels(graph, { groupOf: task }) : graphWork(graph);
  const work =
    attention === undefined ? single : fusedAttention(graph, single, { groupOf: task, ...attention });

  const blockOf = (nodes: (node: number) => boolean): Block => {
    const kernels: Work[] = [];
    const exchanges: BlockExchange[] = [];
    for (let node = 0; node < graph.nodeCount; node++) {
      if (!nodes(node)) continue;
      const collective = COLLECTIVE_OF_OP[graph.op[node]! as keyof typeof COLLECTIVE_OF_OP];
      if (collective !== undefined) {
        const own = inputSpecs(graph, node).reduce((sum, spec) => sum + byteCount(spec), 0);
        const ranks = (graph.attrs[node]! as { readonly ranks: number }).ranks;
        exchanges.push({ collective, bytes: collective === 'all-gather' ? own * ranks : own });
      } else if (work[node] !== NO_WORK && work[node]!.class !== 'none') kernels.push(work[node]!);
    }
    return { kernels, exchanges };
  };
  const stage = (place: number): StageBlocks => {
    const forward = taskOf(place, false);
    const backward = taskOf(place, true);
    let gradientBytes = 0;
    for (const tensor of summed) {
      if (task[graph.producer[tensor]!] === backward) gradientBytes += byteCount(graph.spec[tensor]!);
    }
    return {
      forward: blockOf((node) => task[node] === forward),
      backward: blockOf((node) => task[node] === backward),
      after: blockOf((node) => task[node] === AFTER && places[node] === place),
      gradientBytes,
      leavingBytes: place === 2 ? 0 : crossing(unit.graph, task, forward, taskOf(place + 1, false)),
    };
  };
  return { first: stage(0), middle: stage(1), last: stage(2) };
}

/** Bytes of the tensors of task `from` that task `to` reads. */
function crossing(graph: Graph, task: Int32Array, from: number, to: number): number {
  const tensors = new Set<number>();
  for (let node = 0; node < graph.nodeCount; node++) {
    if (task[node] !== to) continue;
    for (let e = graph.inputStart[node]!; e < graph.inputStart[node + 1]!; e++) {
      const tensor = graph.input[e]!;
      if (task[graph.producer[tensor]!] === from) tensors.add(tensor);
    }
  }
  return [...tensors].reduce((sum, tensor) => sum + byteCount(graph.spec[tensor]!), 0);
}
