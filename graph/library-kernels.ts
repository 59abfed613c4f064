import type { Work } from '../base/work.ts';
import { NO_WORK } from '../base/work.ts';
import { graphWork } from './cost.ts';
import { FUSABLE } from './fuse.ts';
import { type Graph, inputSpecs } from './graph.ts';
import { bytesOf } from './ops/costs.ts';
import { byteCount, type TensorSpec } from './tensor-spec.ts';

/*
 * What a training library's own kernels ask of a device for a graph of single ops. Megatron-LM, Apex and what compiles graphs
 * (XLA, torch.compile) make one kernel of several ops; the graph, its numbers and its memory stay as they are, so this is about
 * time only, and holds for every type of element (fuseElementwise makes nodes that run, of float32 only).
 */

/** Ops that read and write memory once per element, whatever they compute: they join what alone uses their results. */
export const PASSES: ReadonlySet<string> = new Set([
  ...FUSABLE,
  ...['Cast', 'Identity', 'GeluGrad', 'Swish', 'Dropout', 'DropoutGrad', 'Transpose', 'Reshape', 'Slice'],
]);

/** Ops that can be the last of a pass, but whose result is not at hand element by element. */
export const LAST: ReadonlySet<string> = new Set([
  'Softmax',
  'LayerNormalization',
  'RMSNormalization',
  'BatchNormalizationGrad',
]);

/** Ops that can be the first of a pass: they need all of their input before they can write any of their result. */
export const FIRST: ReadonlySet<string> = new Set(['BatchNormalization']);

export interface LibraryKernelOptions {
  /** Per node: what is compiled together, e.g. a task of a device; nodes of −1 stay as they are. */
  readonly groupOf: ArrayLike<number>;
  /** Whether what makes a tensor also makes the sums that batch normalisation and its gradient need of it; not unless given. */
  readonly mergesStatistics?: boolean;
}

/**
 * The work of each node where
 *
 * - memory-bound ops whose results only one other of them uses are one pass with it: bias, dropout and residual; mask and softmax;
 *   the four ops of softmax's gradient (Megatron-LM's fused kernels); batch normalisation with the residual and the ReLU after
 *   it, and its gradient with that of the ReLU (cuDNN's CUDNN_BATCHNORM_OPS_BN_ADD_ACTIVATION). What a later group needs of the results inside is
 *   computed again there (as Megatron-LM's bias + GELU does), so only the last result is written, and masks of Dropout;
 * - products that share their left operand are one wider product, and products whose results are only added are one with a longer
 *   sum: query, key and value are one matrix there.
 *
 * Nodes that are merged into others have no work.
 */
export function libraryKernels(
  graph: Graph,
  { groupOf, mergesStatistics = false }: LibraryKernelOptions,
): Work[] {
  const work = [...graphWork(graph)];
  if (mergesStatistics) mergeStatistics(graph, groupOf, work);
  const readers = readersIn(graph, groupOf);
  mergeProducts(graph, groupOf, readers, work);
  mergePasses(graph, groupOf, readers, work);
  return work;
}

/** Batch normalisation goes over its inputs once. */
function mergeStatistics(graph: Graph, groupOf: ArrayLike<number>, work: Work[]): void {
  for (let node = 0; node < graph.nodeCount; node++) {
    if (groupOf[node]! < 0 || !graph.op[node]!.startsWith('BatchNormalization')) continue;
    work[node] = { ...work[node]!, bytesRead: bytesOf(inputSpecs(graph, node)) };
  }
}

/** Per node: the nodes of its own group that read any of its tensors. */
function readersIn(graph: Graph, groupOf: ArrayLike<number>): number[][] {
  const readers: number[][] = Array.from({ length: graph.nodeCount }, () => []);
  for (let node = 0; node < graph.nodeCount; node++) {
    for (let e = graph.inputStart[node]!; e < graph.inputStart[node + 1]!; e++) {
      const tensor = graph.input[e]!;
      const from = graph.producer[tensor]!;
      // Running statistics are by the way.
      if (FIRST.has(graph.op[from]!) && tensor !== graph.outputStart[from]) continue;
      if (groupOf[from] === groupOf[node] && !readers[from]!.includes(node)) readers[from]!.push(node);
    }
  }
  return readers;
}

function mergePasses(
  graph: Graph,
  groupOf: ArrayLike<number>,
  readers: readonly number[][],
  work: Work[],
): void {
  const last = Int32Array.from({ length: graph.nodeCount }, (_, node) => node);
  for (let node = graph.nodeCount - 1; node >= 0; node--) {
    if (groupOf[node]! < 0 || readers[node]!.length === 0) continue;
    if (!isPass(graph, node, work) && !FIRST.has(graph.op[node]!)) continue;
    const ends = new Set(readers[node]!.map((reader) => last[reader]!));
    const joins = ends.size === 1 && readers[node]!.every((reader) => takesPasses(graph, reader, work));
    if (joins) last[node] = [...ends][0]!;
  }
  const members = new Map<number, number[]>();
  for (let node = 0; node < graph.nodeCount; node++) {
    const group = members.get(last[node]!) ?? [];
    members.set(last[node]!, group);
    group.push(node);
  }
  for (const [end, group] of members) if (group.length > 1) mergeGroup(graph, end, group, work);
}

/** Whether a node may join what uses its result. */
export function isPass(graph: Graph, node: number, work: readonly Work[]): boolean {
  const isReduction = graph.op[node] === 'ReduceSum' && reducesRows(graph, node);
  return (PASSES.has(graph.op[node]!) || isReduction) && isMemoryBound(work[node]!);
}

/** Whether what makes a node's inputs may join it. */
export function takesPasses(graph: Graph, node: number, work: readonly Work[]): boolean {
  return isPass(graph, node, work) || (LAST.has(graph.op[node]!) && isMemoryBound(work[node]!));
}

function isMemoryBound({ class: kind }: Work): boolean {
  return kind === 'vector' || kind === 'data' || kind === 'none';
}

/** Whether a sum is over the last axis, so that a row of it can stay in registers. */
function reducesRows(graph: Graph, node: number): boolean {
  const { shape } = graph.spec[graph.input[graph.inputStart[node]!]!]!;
  const { axes } = graph.attrs[node]! as { readonly axes?: readonly number[] };
  return axes?.length === 1 && (axes[0] === -1 || axes[0] === shape.length - 1);
}

function mergeGroup(graph: Graph, end: number, group: readonly number[], work: Work[]): void {
  const inside = new Set(group);
  const read = new Set<number>();
  let flops = 0;
  let bytesWritten = 0;
  /** By ops that go over their inputs more than once. */
  let readAgain = 0;
  for (const node of group) {
    if (work[node]!.class === 'none' && node !== end) continue;
    flops += work[node]!.flops;
    for (let e = graph.inputStart[node]!; e < graph.inputStart[node + 1]!; e++) {
      const tensor = sourceOf(graph, graph.input[e]!, inside, work);
      if (!inside.has(graph.producer[tensor]!)) read.add(tensor);
    }
    readAgain += Math.max(0, work[node]!.bytesRead - bytesOf(inputSpecs(graph, node)));
    if (graph.op[node] === 'Dropout') bytesWritten += byteCount(graph.spec[graph.outputStart[node]! + 1]!);
  }
  const kernel = group.findLast((node) => work[node]!.class !== 'none');
  if (kernel === undefined) return;
  bytesWritten += byteCount(graph.spec[graph.outputStart[end]!]!);
  const bytesRead = [...read].reduce((sum, tensor) => sum + byteCount(graph.spec[tensor]!), readAgain);
  const merged: Work = { ...work[kernel]!, class: 'vector', flops, bytesRead, bytesWritten };
  for (const node of group) work[node] = NO_WORK;
  work[end] = merged;
}

/** The tensor that `tensor` is a mere view of, within the group. */
function sourceOf(graph: Graph, tensor: number, inside: ReadonlySet<number>, work: readonly Work[]): number {
  let source = tensor;
  for (;;) {
    const node = graph.producer[source]!;
    if (!inside.has(node) || work[node]!.class !== 'none') return source;
    if (graph.inputStart[node] === graph.inputStart[node + 1]) return source;
    source = graph.input[graph.inputStart[node]!]!;
  }
}

function mergeProducts(
  graph: Graph,
  groupOf: ArrayLike<number>,
  readers: readonly number[][],
  work: Work[],
): void {
  const siblings = new Map<string, number[]>();
  for (let node = 0; node < graph.nodeCount; node++) {
    if (groupOf[node]! < 0 || !isMatrixProduct(graph, node, work)) continue;
    const { m, k } = work[node]!.gemm!;
    const key = `${groupOf[node]} ${sourceOfViews(graph, graph.input[graph.inputStart[node]!]!)} ${m} ${k}`;
    siblings.set(key, [...(siblings.get(key) ?? []), node]);
  }
  for (const group of siblings.values()) if (group.length > 1) widen(graph, group, work);
  for (let node = graph.nodeCount - 1; node >= 0; node--) {
    if (groupOf[node]! >= 0 && graph.op[node] === 'Add') lengthen(graph, node, readers, work);
  }
}

/** Whether a node is one product of two matrices, which others may widen or lengthen. */
export function isMatrixProduct(graph: Graph, node: number, work: readonly Work[]): boolean {
  const { class: kind, gemm } = work[node]!;
  return (
    kind === 'matmul' &&
    gemm !== undefined &&
    (gemm.count ?? 1) === 1 &&
    graph.inputStart[node + 1]! - graph.inputStart[node]! === 2
  );
}

/** Copies to ranks are the tensor itself. */
export function sourceOfViews(graph: Graph, tensor: number): number {
  let source = tensor;
  while (graph.op[graph.producer[source]!] === 'CopyToRanks')
    source = graph.input[graph.inputStart[graph.producer[source]!]!]!;
  return source;
}

function widen(graph: Graph, group: readonly number[], work: Work[]): void {
  const [first, ...others] = group as [number, ...number[]];
  const left = byteCount(graph.spec[graph.input[graph.inputStart[first]!]!]!);
  let merged = work[first]!;
  for (const node of others) {
    const { gemm, flops, bytesRead, bytesWritten } = work[node]!;
    merged = {
      ...merged,
      flops: merged.flops + flops,
      bytesRead: merged.bytesRead + bytesRead - left,
      bytesWritten: merged.bytesWritten + bytesWritten,
      gemm: { ...merged.gemm!, n: merged.gemm!.n + gemm!.n },
    };
    work[node] = NO_WORK;
  }
  work[first] = merged;
}

/** a·b + c·d + …, where nothing else uses the products, as one product with a longer sum. */
function lengthen(graph: Graph, sum: number, readers: readonly number[][], work: Work[]): void {
  if (work[sum]!.class === 'none') return;
  const terms = Array.from(inputsOf(graph, sum), (tensor) => graph.producer[tensor]!);
  const [x, y] = terms;
  if (x === undefined || y === undefined || x === y) return;
  const leaves = [...productsOf(graph, x, readers, work), ...productsOf(graph, y, readers, work)];
  if (leaves.some((leaf) => leaf < 0)) return;
  const shapes = leaves.map((leaf) => work[leaf]!.gemm!);
  if (shapes.some(({ m, n }) => m !== shapes[0]!.m || n !== shapes[0]!.n)) return;
  const result = byteCount(graph.spec[graph.outputStart[sum]!]! as TensorSpec);
  const flops = leaves.reduce((total, leaf) => total + work[leaf]!.flops, 0);
  const bytesRead = leaves.reduce((total, leaf) => total + work[leaf]!.bytesRead, 0);
  const merged: Work = {
    ...work[leaves[0]!]!,
    flops,
    bytesRead,
    bytesWritten: result,
    gemm: { ...shapes[0]!, k: shapes.reduce((total, { k }) => total + k, 0) },
  };
  for (const node of [...leaves, ...sumsBelow(graph, sum)]) work[node] = NO_WORK;
  work[sum] = merged;
}

/** The products that `node` is or sums; −1 among them where it is something else, or is used elsewhere. */
function productsOf(
  graph: Graph,
  node: number,
  readers: readonly number[][],
  work: readonly Work[],
): number[] {
  if (readers[node]!.length !== 1) return [-1];
  if (isMatrixProduct(graph, node, work)) return [node];
  if (graph.op[node] !== 'Add' || work[node]!.class === 'none') return [-1];
  return Array.from(inputsOf(graph, node)).flatMap((tensor) =>
    productsOf(graph, graph.producer[tensor]!, readers, work),
  );
}

function sumsBelow(graph: Graph, sum: number): number[] {
  return Array.from(inputsOf(graph, sum), (tensor) => graph.producer[tensor]!)
    .filter((node) => graph.op[node] === 'Add')
    .flatMap((node) => [node, ...sumsBelow(graph, node)]);
}

function inputsOf(graph: Graph, node: number): Int32Array {
  return graph.input.subarray(graph.inputStart[node]!, graph.inputStart[node + 1]!);
}
