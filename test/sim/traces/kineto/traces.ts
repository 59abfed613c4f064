import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { simulateActivities } from '../../../../sim/simulate-activities.ts';
import { activityTimes } from '../../../../sim/traces/activity-times.ts';
import type { KinetoChanges } from '../../../../sim/traces/kineto/process.ts';
import { readKineto } from '../../../../sim/traces/kineto/read.ts';
import { type KinetoReplay, kinetoGraph } from '../../../../sim/traces/kineto/replay.ts';
import type { KinetoTrace } from '../../../../sim/traces/kineto/trace.ts';
import { tinyCluster } from '../../tiny.ts';

const SHARED = fileURLToPath(new URL('../../../../../shared/chakra/', import.meta.url));
export const haveShared = existsSync(SHARED);

export function sharedText(file: string): string {
  return gunzipSync(readFileSync(SHARED + file)).toString();
}

/** Times in microseconds. */
interface EventOfTest {
  readonly name: string;
  readonly from: number;
  readonly micros: number;
  readonly correlation?: number;
}

/** An operator of the host: the thread's number, and what it did. */
export const op = (thread: number, name: string, from: number, micros: number) => ({
  ...event('cpu_op', { name, from, micros }),
  pid: 1,
  tid: thread,
});

/** A call of the CUDA runtime. */
export const call = (thread: number, { name, from, micros, correlation }: EventOfTest) => ({
  ...event('cuda_runtime', { name, from, micros }),
  pid: 1,
  tid: thread,
  args: { correlation },
});

/** What a GPU did on a stream. */
export const task = (stream: number, { name, from, micros, correlation }: EventOfTest, cat = 'kernel') => ({
  ...event(cat, { name, from, micros }),
  pid: 0,
  tid: stream,
  args: { correlation, stream, device: 0 },
});

/** A wait as newer profilers note it. */
export const sync = (correlation: number, args: { readonly [name: string]: number }) => ({
  ...event('cuda_sync', { name: 'sync', from: 0, micros: 0 }),
  pid: 0,
  tid: 0,
  args: { ...args, correlation },
});

function event(cat: string, { name, from, micros }: EventOfTest) {
  return { ph: 'X', cat, name, ts: from, dur: micros };
}

export function traceOf(...events: object[]): KinetoTrace {
  return readKineto(JSON.stringify({ traceEvents: events }), 't.json');
}

export interface Replayed {
  readonly replay: KinetoReplay;
  /** The activities that made one end when it did, first to last. */
  readonly pathTo: (last: number) => number[];
  /** Per trace and task: seconds. */
  readonly starts: readonly Float64Array[];
  readonly ends: readonly Float64Array[];
  /** Per trace: from the first start to the last end of a task. */
  readonly spans: readonly number[];
}

export function replayed(traces: readonly KinetoTrace[], changes: KinetoChanges = {}): Replayed {
  const replay = kinetoGraph(traces, changes);
  const cluster = tinyCluster(
    replay.devices.map(({ name }) => name),
    [],
    {},
  );
  const simulation = simulateActivities(replay.graph, cluster, { record: { from: 0, to: 1 } });
  const times = activityTimes(replay.graph, simulation);
  const starts = replay.activities.map((list) =>
    Float64Array.from(list, (activity) => times.start[activity]!),
  );
  const ends = replay.activities.map((list) => Float64Array.from(list, (activity) => times.end[activity]!));
  const spans = starts.map(
    (list, rank) => ends[rank]!.reduce((a, b) => Math.max(a, b)) - list.reduce((a, b) => Math.min(a, b)),
  );
  const { trace } = simulation;
  const pathTo = (last: number): number[] => {
    const path: number[] = [];
    for (let row = trace.node.indexOf(last); row >= 0; row = trace.cause[row]!) path.push(trace.node[row]!);
    return path.reverse();
  };
  return { replay, pathTo, starts, ends, spans };
}
