import { type ActivityGraph, ActivityGraphBuilder } from '../../activity-graph.ts';
import { meetings } from './collectives.ts';
import { type KinetoChanges, ProcessWriter } from './process.ts';
import type { KinetoTrace } from './trace.ts';

/** A profile as activities, each with the task of the trace that it stands for. */
export interface KinetoReplay {
  readonly graph: ActivityGraph;
  /** What the graph's devices are: per rank, the host and its GPUs. */
  readonly devices: readonly { readonly rank: number; readonly name: string; readonly kind: 'CPU' | 'GPU' }[];
  /** Per trace, per task: its activity. */
  readonly activities: readonly Int32Array[];
  /** Collectives in which all the ranks meet. */
  readonly meetings: number;
}

/**
 * Recorded processes as an activity graph, after Zhu, Phanishayee & Pekhimenko, "Daydream: Accurately estimating the
 * efficacy of optimizations for DNN training" (USENIX ATC 2020): tasks of a thread and of a stream in their
 * recorded order, launches before what they launch, and waiting of hosts and streams; what a host does between its
 * calls takes the time that it took.
 *
 *     const trace = readKineto(text, 'trace.json');
 *     const { graph } = kinetoGraph([trace], { speed: ({ name }) => (name.includes('gemm') ? 2 : 1) });
 *
 * Ranks that were recorded together start as their clocks say and meet in their collectives.
 */
export function kinetoGraph(traces: readonly KinetoTrace[], changes: KinetoChanges = {}): KinetoReplay {
  const write = new ActivityGraphBuilder();
  const devices: KinetoReplay['devices'][number][] = [];
  const meeting = traces.map(() => new Map<number, { readonly join: number; readonly seconds: number }>());
  const together = meetings(traces);
  for (const { tasks, seconds } of together) {
    const join = write.join('collective');
    tasks.forEach((task, rank) => {
      meeting[rank]!.set(task, { join, seconds });
    });
  }
  const offset = clockOffsets(traces);
  const activities = traces.map((trace, rank) => {
    const host = devices.push({ rank, name: `rank ${rank} host`, kind: 'CPU' }) - 1;
    const gpus = new Map<number, number>();
    for (const number of [...new Set(trace.tasks.map(({ device }) => device))].sort((a, b) => a - b)) {
      gpus.set(number, devices.push({ rank, name: `rank ${rank} GPU ${number}`, kind: 'GPU' }) - 1);
    }
    return new ProcessWriter(write, trace, changes, {
      host,
      gpus,
      begin: write.delay(offset[rank]!, 'begin'),
      meeting: meeting[rank]!,
    }).write();
  });
  return { graph: write.finish(), devices, activities, meetings: together.length };
}

/** Seconds from the first process's beginning, where they ran at the same time by their clocks; else 0. */
function clockOffsets(traces: readonly KinetoTrace[]): number[] {
  const starts = traces.map(({ clockMicros }) => clockMicros);
  const ends = traces.map(({ clockMicros, tasks }) =>
    tasks.reduce((end, { start, seconds }) => Math.max(end, clockMicros + (start + seconds) * 1e6), 0),
  );
  const first = Math.min(...starts);
  const overlap = Math.max(...starts) < Math.min(...ends);
  return starts.map((start) => (overlap ? (start - first) * 1e-6 : 0));
}
