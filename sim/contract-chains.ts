import { Action, type ActivityGraph } from './activity-graph.ts';
import { activityOrder } from './activity-order.ts';

/**
 * The same step with fewer activities and no time changed, not even by rounding: runs of activities that follow one
 * another on a stream become one that takes their times in turn.
 *
 * `a` and `b` become one where b waits for a alone, nothing else waits for a, and everything on their stream is in a
 * line (each activity waits for the one before it there): then the stream is never wanted by another between them.
 * Only where events of different streams fall on the same instant may their order, first come first served, be
 * another. Activities of the result are not those of `graph`, and a device that changes speed does so for what starts
 * later: so this is for makespans of undisturbed runs, not for traces.
 */
export function contractChains(graph: ActivityGraph): ActivityGraph {
  const { count, action, subject, amount, pending, successorStart, successor } = graph;
  const isLine = streamsInLine(graph);
  /** Per activity: the one that continues it, or −1; and whether it continues another. */
  const next = new Int32Array(count).fill(-1);
  const continues = new Uint8Array(count);
  let contracted = 0;
  for (let a = 0; a < count; a++) {
    if (action[a] !== Action.compute || isLine[subject[a]!] === 0) continue;
    if (successorStart[a + 1]! - successorStart[a]! !== 1) continue;
    const b = successor[successorStart[a]!]!;
    if (action[b] !== Action.compute || subject[b] !== subject[a] || pending[b] !== 1) continue;
    next[a] = b;
    continues[b] = 1;
    contracted++;
  }
  if (contracted === 0) return graph;

  const left = count - contracted;
  const number = new Int32Array(count);
  let length = 0;
  for (let i = 0; i < count; i++) if (continues[i] === 0) number[i] = length++;
  const kept = {
    action: new Uint8Array(left),
    subject: new Int32Array(left),
    amount: new Float64Array(left),
    pending: new Int32Array(left),
  };
  const partStart = new Int32Array(left + 1);
  const part = new Float64Array(count);
  const starts = new Int32Array(left + 1);
  const follows = new Int32Array(successor.length - contracted);
  const original = new Int32Array(left);
  let parts = 0;
  let edges = 0;
  for (let i = 0; i < count; i++) {
    if (continues[i] === 1) continue;
    const n = number[i]!;
    original[n] = i;
    kept.action[n] = action[i]!;
    kept.subject[n] = subject[i]!;
    kept.pending[n] = pending[i]!;
    partStart[n] = parts;
    let last = i;
    let total = 0;
    for (let at = i; at !== -1; at = next[at]!) {
      part[parts++] = amount[at]!;
      total += amount[at]!;
      last = at;
    }
    kept.amount[n] = total;
    starts[n] = edges;
    for (let e = successorStart[last]!; e < successorStart[last + 1]!; e++)
      follows[edges++] = number[successor[e]!]!;
  }
  partStart[left] = parts;
  starts[left] = edges;
  return {
    count: left,
    ...kept,
    successorStart: starts,
    successor: follows,
    parts: { start: partStart, amount: part.subarray(0, parts) },
    pairs: graph.pairs,
    streamDevice: graph.streamDevice,
    streamWidth: graph.streamWidth,
    nameOf: (activity) => graph.nameOf(original[activity]!),
    kindOf: (activity) => graph.kindOf(original[activity]!),
  };
}

/** Per stream: 1 where it computes one at a time, and each activity on it waits for the one before it there. */
function streamsInLine(graph: ActivityGraph): Uint8Array {
  const { action, subject, successorStart, successor, streamWidth } = graph;
  const inLine = Uint8Array.from(streamWidth, (width) => (width === 1 ? 1 : 0));
  const before = new Int32Array(streamWidth.length).fill(-1);
  for (const i of activityOrder(graph)) {
    if (!occupiesStream(action[i]!)) continue;
    const stream = subject[i]!;
    const previous = before[stream]!;
    if (previous !== -1 && inLine[stream] === 1 && !leadsTo(previous, i)) inLine[stream] = 0;
    before[stream] = i;
  }
  return inLine;

  function leadsTo(from: number, to: number): boolean {
    for (let e = successorStart[from]!; e < successorStart[from + 1]!; e++)
      if (successor[e] === to) return true;
    return false;
  }
}

const occupiesStream = (action: number): boolean =>
  action === Action.compute || (action >= Action.update && action <= Action.accumulatorTake);
