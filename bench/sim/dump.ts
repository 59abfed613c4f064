import { closeSync, openSync, writeSync } from 'node:fs';
import { invariant } from '../../base/errors.ts';
import { Action, type ActivityGraph } from '../../sim/activity-graph.ts';
import { LINK_BYTES_PER_SECOND } from './star.ts';

/**
 * Writes a DAG of computations and transfers between hosts around a switch for the peers, in the machine's own byte
 * order: five float64 (activities n, edges m, hosts, pairs p, bytes per second of a link), float64 amount[n], then
 * int32 columns: transfer[n] (1: subject is a pair, amount is bytes; 0: a host, seconds), subject[n],
 * successorStart[n + 1], successor[m], pairFrom[p], pairTo[p].
 */
export function dump(graph: ActivityGraph, file: string): void {
  const { count, successor, pairs } = graph;
  const isTransfer = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const action = graph.action[i]!;
    invariant(
      action === Action.compute || action === Action.transfer,
      'peers compute and send, nothing else',
    );
    isTransfer[i] = action === Action.transfer ? 1 : 0;
  }
  graph.streamDevice.forEach((device, stream) => {
    invariant(device === stream && graph.streamWidth[stream] === 1, 'peers have one stream per host');
  });
  const hosts = graph.streamDevice.length;
  const header = Float64Array.of(count, successor.length, hosts, pairs.from.length, LINK_BYTES_PER_SECOND);
  const columns = [
    header,
    graph.amount,
    isTransfer,
    graph.subject,
    graph.successorStart,
    successor,
    pairs.from,
    pairs.to,
  ];
  const out = openSync(file, 'w');
  try {
    for (const column of columns) {
      const bytes = new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
      for (let at = 0; at < bytes.length; ) at += writeSync(out, bytes, at);
    }
  } finally {
    closeSync(out);
  }
}
