import { inputSpecs } from '../graph/graph.ts';
import { isInPlace } from '../graph/ops/collective.ts';
import { type PartitionedGraph, recvOf, sendOf } from '../graph/partition.ts';
import { byteCount } from '../graph/tensor-spec.ts';
import { Action, type ActivityGraph } from './activity-graph.ts';

/**
 * What the values of one step occupy, as columns. A block is memory that a node allocates when it starts: an output of
 * its own, or (for a Send) the buffer on the other device. It is freed when the last node that reads it is done.
 * Ops that compute nothing (Reshape, Identity) pass their input's block on, and so do exchanges in place; reads of
 * variables have none, since variables stay.
 */
export interface MemoryTemplate {
  readonly blockBytes: Float64Array;
  /** Per block: role of its device. */
  readonly blockDevice: Int32Array;
  /** Per block: the activity that allocates it. */
  readonly blockOwner: Int32Array;
  /** Per block: how many reads it has to outlive. */
  readonly blockReads: Int32Array;
  /** CSR: the blocks that each activity allocates, and one entry for each of its reads of a block. */
  readonly allocates: { readonly start: Int32Array; readonly block: Int32Array };
  readonly reads: { readonly start: Int32Array; readonly block: Int32Array };
}

const NO_BLOCK = -1;

export function memoryTemplate(template: PartitionedGraph, { action }: ActivityGraph): MemoryTemplate {
  const { graph, nodeCount, slotCount } = template;
  const { tensorCount } = graph;
  const bytes: number[] = [];
  const device: number[] = [];
  const owner: number[] = [];
  /** Per slot: the block that holds its value. */
  const blockOf = new Int32Array(slotCount).fill(NO_BLOCK);
  const reader: number[] = [];
  const readBlock: number[] = [];

  const allocate = (node: number, role: number, size: number): number => {
    if (size === 0) return NO_BLOCK;
    bytes.push(size);
    device.push(role);
    return owner.push(node) - 1;
  };
  const read = (node: number, slot: number): void => {
    const block = blockOf[slot]!;
    if (block === NO_BLOCK) return;
    reader.push(node);
    readBlock.push(block);
  };

  // A node's inputs come before it, and so do the producers of what transfers deliver: slots are known when read.
  const deliveries = byOwner(template.transferProducer, graph.nodeCount);
  for (let node = 0; node < graph.nodeCount; node++) {
    for (let e = graph.inputStart[node]!; e < graph.inputStart[node + 1]!; e++) {
      read(node, template.inputSlot[e]!);
    }
    const firstInput = graph.inputStart[node]!;
    const passesOn = action[node] === Action.instant && graph.inputStart[node + 1]! > firstInput;
    const inPlace = isInPlace(graph.op[node]!, graph.attrs[node]!);
    for (let tensor = graph.outputStart[node]!; tensor < graph.outputStart[node + 1]!; tensor++) {
      // The output of a Variable, and of what changes it, is the variable, which stays.
      if (graph.op[node] === 'Variable' || graph.row[node]!.changes !== undefined) continue;
      const passed = inPlace ? firstInput + tensor - graph.outputStart[node]! : firstInput;
      blockOf[tensor] =
        passesOn || inPlace
          ? blockOf[template.inputSlot[passed]!]!
          : allocate(node, template.device[node]!, byteCount(graph.spec[tensor]!));
    }
    for (let d = deliveries.start[node]!; d < deliveries.start[node + 1]!; d++) {
      const t = deliveries.block[d]!;
      const tensor = template.transferTensor[t]!;
      if (tensor < 0) continue;
      read(sendOf(template, t), tensor);
      const target = template.device[recvOf(template, t)]!;
      blockOf[tensorCount + t] = allocate(sendOf(template, t), target, template.transferBytes[t]!);
    }
  }

  const blockReads = new Int32Array(bytes.length);
  for (const block of readBlock) blockReads[block]!++;
  return {
    blockBytes: Float64Array.from(bytes),
    blockDevice: Int32Array.from(device),
    blockOwner: Int32Array.from(owner),
    blockReads,
    allocates: byOwner(owner, nodeCount),
    reads: byOwner(reader, nodeCount, readBlock),
  };
}

/** CSR: per owner, its blocks in the order given; `block[i]`, or i itself, is one of owner[i]'s. */
function byOwner(owner: ArrayLike<number>, owners: number, block?: ArrayLike<number>) {
  const start = new Int32Array(owners + 1);
  for (let i = 0; i < owner.length; i++) start[owner[i]! + 1]!++;
  for (let o = 0; o < owners; o++) start[o + 1]! += start[o]!;
  const next = start.slice();
  const sorted = new Int32Array(owner.length);
  for (let i = 0; i < owner.length; i++) sorted[next[owner[i]!]!++] = block === undefined ? i : block[i]!;
  return { start, block: sorted };
}

/**
 * Bytes that variables (read by any node) and the sums of accumulators occupy throughout, by role of a device;
 * `name` tells apart those that several loops share.
 */
export function residents({
  graph,
  device,
}: PartitionedGraph): { name: string; role: number; bytes: number }[] {
  const found: { name: string; role: number; bytes: number }[] = [];
  for (let node = 0; node < graph.nodeCount; node++) {
    const role = device[node]!;
    if (graph.op[node] === 'Variable') {
      const bytes = byteCount(graph.spec[graph.outputStart[node]!]!);
      found.push({ name: `variable ${graph.name[node]}`, role, bytes });
    } else if (graph.op[node] === 'AccumulatorApply') {
      const { accumulator, required } = graph.attrs[node]!;
      const [gradient, ids, step] = inputSpecs(graph, node);
      // Gradients of rows are kept side by side, others as their sum.
      const isSparse = step !== undefined;
      const bytes = isSparse
        ? Number(required) * (byteCount(gradient!) + byteCount(ids!))
        : byteCount(gradient!);
      found.push({ name: `accumulator ${accumulator}`, role, bytes });
    }
  }
  return found;
}
