import type { RunProgram } from '../../executor/run-program.ts';
import { graphWork } from '../../graph/cost.ts';
import type { Graph } from '../../graph/graph.ts';
import { byteCount } from '../../graph/tensor-spec.ts';
import { complete, startStep } from '../../graph/walk.ts';
import { RecencyStack } from './recency-stack.ts';

/** Share of a tensor's bytes that are not in a cache, where so many bytes were touched since it was last. */
export type MissShare = (bytesSince: number) => number;

/** What the caches of this machine hold, from what an addition reaches by the bytes of its operands (ascending). */
export function missShare(memory: readonly { bytes: number; bytesPerSecond: number }[]): MissShare {
  if (memory.length === 0) return () => 0;
  const costs = memory.map(({ bytesPerSecond }) => 1 / bytesPerSecond);
  const best = costs.indexOf(Math.min(...costs));
  const worst = costs.at(-1)!;
  // Rising from the best on: a later measurement that is a little faster is luck.
  const rising: number[] = [];
  for (const cost of costs.slice(best)) rising.push(Math.max(cost, rising.at(-1) ?? 0));
  const shares = rising.map((cost) =>
    worst === rising[0] ? 0 : Math.min(1, (cost - rising[0]!) / (worst - rising[0]!)),
  );
  const sizes = memory.slice(best).map(({ bytes }) => Math.log(bytes));
  return (bytesSince) => {
    const at = Math.log(Math.max(1, bytesSince));
    const next = sizes.findIndex((size) => size > at);
    if (next === 0) return 0;
    if (next < 0) return shares.at(-1)!;
    const part = (at - sizes[next - 1]!) / (sizes[next]! - sizes[next - 1]!);
    return shares[next - 1]! + part * (shares[next]! - shares[next - 1]!);
  };
}

/** The nodes of one device in the order in which the executor runs them, where all are on one device. */
export function executionOrder({ dependencies, program: { p } }: RunProgram): number[] {
  const pending = new Int32Array(p.nodeCount);
  const ready = new Int32Array(p.nodeCount);
  const queue = Array.from(ready.subarray(0, startStep(dependencies, pending, 0, ready)));
  for (let at = 0; at < queue.length; at++) {
    const count = complete(dependencies, pending, 0, queue[at]!, ready);
    for (let i = 0; i < count; i++) queue.push(ready[i]!);
  }
  return queue;
}

/**
 * Per node: bytes of its inputs, and of what its results are written over, that come from beyond the caches, by the bytes that were touched since (the stack distance
 * of Mattson et al., "Evaluation techniques for storage hierarchies", 1970, of whole tensors). The step repeats, so what
 * it ended with is there when it begins, unless `flushed`.
 */
export function missedBytes(run: RunProgram, share: MissShare, flushed = false): Float64Array {
  const { p } = run.program;
  const { graph } = p;
  const work = graphWork(graph);
  const missed = new Float64Array(graph.nodeCount);
  const order = executionOrder(run).filter((node) => node < graph.nodeCount);
  const { owner, lasting } = storageOf(graph, order);
  const stack = new RecencyStack();
  for (const last of flushed ? [true] : [false, true]) {
    const reads = new Int32Array(graph.tensorCount);
    for (let t = 0; t < graph.tensorCount; t++) reads[owner[t]!]! += run.program.reads[t]!;
    for (const node of order) {
      const inputs = graph.input.subarray(graph.inputStart[node], graph.inputStart[node + 1]);
      if (work[node]!.class !== 'none') {
        for (const storage of new Set(inputs.map((tensor) => owner[tensor]!))) {
          const bytes = byteCount(graph.spec[storage]!);
          const since = stack.touch(storage, bytes);
          if (last) missed[node]! += bytes * share(since);
        }
      }
      for (let t = graph.outputStart[node]!; t < graph.outputStart[node + 1]!; t++) {
        if (lasting[t] === 1 || (owner[t] !== t && work[node]!.class === 'none')) continue;
        // A change of a variable writes its new value beside the old one, which is free then.
        const bytes = byteCount(graph.spec[t]!);
        const since = stack.write(t === owner[t] ? t : NEW_VALUE, bytes);
        if (last) missed[node]! += bytes * share(since);
        if (t !== owner[t]) stack.replace(owner[t]!, NEW_VALUE);
      }
      for (const tensor of inputs) {
        const storage = owner[tensor]!;
        if (--reads[storage]! === 0 && lasting[storage] === 0) stack.kill(storage);
      }
    }
  }
  return missed;
}

/** Stands for the storage of a variable's next value while its last is still there. */
const NEW_VALUE = -2;

/** Per tensor: the first with the same storage; and whether that outlives the step (variables and constants). */
function storageOf(graph: Graph, order: readonly number[]): { owner: Int32Array; lasting: Uint8Array } {
  const owner = Int32Array.from({ length: graph.tensorCount }, (_, tensor) => tensor);
  const lasting = new Uint8Array(graph.tensorCount);
  const work = graphWork(graph);
  for (const node of order) {
    const first = graph.inputStart[node]!;
    const shares = (graph.row[node]!.changes ?? 0) > 0 || work[node]!.class === 'none';
    const output = graph.outputStart[node]!;
    if (output === graph.outputStart[node + 1]!) continue;
    if (shares && graph.inputStart[node + 1]! > first) owner[output] = owner[graph.input[first]!]!;
    else if (graph.op[node] === 'Variable' || graph.op[node] === 'Constant') lasting[output] = 1;
  }
  return { owner, lasting };
}
