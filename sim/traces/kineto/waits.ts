import type { HostCall, KinetoTrace } from './trace.ts';

/** What waits for what on GPUs, besides the order of streams and launches. Tasks and calls are indices. */
export interface GpuWaits {
  /** Per task: tasks of other streams that it waits for. */
  readonly tasks: readonly (readonly number[])[];
  /** Per call that holds the host up: the tasks that it waits for. */
  readonly calls: ReadonlyMap<number, readonly number[]>;
}

const STREAM_WAITS = /^cu(da)?StreamWaitEvent/;
const HOST_WAITS = /^cu(da)?(Stream|Event|Device|Ctx)Synchronize/;
const ALL_STREAMS = /^cu(da)?(Device|Ctx)Synchronize/;
const COPIES = /^cu(da)?Mem(cpy|set)/;

/** Clocks of host and GPU differ by so much. */
const TOLERANCE = 1.5e-6;

/** Whether a call may hold the host or a stream up, apart from launching. */
export const mayWait = ({ name }: HostCall): boolean => STREAM_WAITS.test(name) || HOST_WAITS.test(name);

/**
 * Reads the waiting off a trace. Which event a call waits for is not in it, and which stream only in some; where it is
 * not, it is what the times allow and explain best:
 *
 * - a stream that waits for another waits for the last task there that was launched before, and had ended in time;
 * - a call that makes an unnamed stream wait means that of its thread's next launch, and the stream whose last task
 *   ended latest before that launch's task began;
 * - a host that waits for an unnamed stream waits for the one whose last task ended latest during the call, or else
 *   for that of its thread's last launch;
 * - a copy whose call returns after the copy has ended has waited for it.
 */
export function gpuWaits({ tasks, calls }: KinetoTrace): GpuWaits {
  const streams = streamsOf(tasks);
  const launchOf = (task: number): number => {
    const { call, start } = tasks[task]!;
    return call < 0 ? start : calls[call]!.start;
  };
  const endOf = (task: number): number => tasks[task]!.start + tasks[task]!.seconds;
  /** How many tasks of a stream were launched before `time`. */
  const launchedBefore = (stream: readonly number[], time: number): number => {
    let low = 0;
    let high = stream.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (launchOf(stream[middle]!) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  /** The last task of a stream that was launched before `time` and had ended at `by`; −1 where there is none. */
  const lastOf = (stream: readonly number[], time: number, by: number): number => {
    let behind = launchedBefore(stream, time);
    while (behind > 0 && endOf(stream[behind - 1]!) > by + TOLERANCE) behind--;
    return behind > 0 ? stream[behind - 1]! : -1;
  };
  const latest = (candidates: Iterable<readonly number[]>, time: number, by: number): number => {
    let best = -1;
    for (const stream of candidates) {
      const task = lastOf(stream, time, by);
      if (task >= 0 && (best < 0 || endOf(task) > endOf(best))) best = task;
    }
    return best;
  };

  const taskOfCall = new Map<number, number>();
  tasks.forEach(({ call }, task) => {
    if (call >= 0 && !taskOfCall.has(call)) taskOfCall.set(call, task);
  });
  const forTasks: Set<number>[] = tasks.map(() => new Set());
  const forCalls = new Map<number, readonly number[]>();
  /** Per thread: waits that the next launch is to obey, and the stream of the last launch. */
  const open = new Map<number, number[]>();
  const lastStream = new Map<number, readonly number[]>();

  calls.forEach((call, index) => {
    const { name, thread, start, seconds, sync } = call;
    const end = start + seconds;
    const task = taskOfCall.get(index);
    if (task !== undefined) {
      const { device, stream, start: begins } = tasks[task]!;
      const own = streams.get(`${device} ${stream}`)!;
      for (const wait of open.get(thread) ?? []) {
        const others = [...streams.values()].filter((other) => other !== own);
        const awaited = latest(others, wait, begins);
        if (awaited >= 0) forTasks[task]!.add(awaited);
      }
      open.delete(thread);
      lastStream.set(thread, own);
      if (COPIES.test(name) && endOf(task) <= end) forCalls.set(index, [task]);
    } else if (STREAM_WAITS.test(name)) {
      if (sync?.stream === undefined || sync.waitsOn === undefined) {
        open.set(thread, [...(open.get(thread) ?? []), start]);
        return;
      }
      for (const [, waiting] of named(streams, sync.stream)) {
        const next = waiting[launchedBefore(waiting, start)];
        if (next === undefined) continue;
        const awaited = latest(
          [...named(streams, sync.waitsOn)].map(([, stream]) => stream),
          start,
          tasks[next]!.start,
        );
        if (awaited >= 0) forTasks[next]!.add(awaited);
      }
    } else if (HOST_WAITS.test(name)) {
      forCalls.set(index, awaitedByHost(call, thread, start, end));
    }
  });
  return { tasks: forTasks.map((awaited) => [...awaited]), calls: forCalls };

  function awaitedByHost({ name, sync }: HostCall, thread: number, start: number, end: number): number[] {
    if (ALL_STREAMS.test(name)) {
      const all = [...streams.values()].map((stream) => lastOf(stream, start, end));
      return all.filter((task) => task >= 0);
    }
    if (sync?.stream !== undefined) {
      const awaited = latest(
        [...named(streams, sync.stream)].map(([, stream]) => stream),
        start,
        end,
      );
      return awaited < 0 ? [] : [awaited];
    }
    const during = latest(streams.values(), start, end);
    if (during >= 0 && endOf(during) > start) return [during];
    const own = lastOf(lastStream.get(thread) ?? [], start, end);
    return own < 0 ? [] : [own];
  }
}

/** Tasks of each stream in order, by `device stream`. */
export function streamsOf(tasks: KinetoTrace['tasks']): Map<string, number[]> {
  const streams = new Map<string, number[]>();
  tasks.forEach(({ device, stream }, task) => {
    const key = `${device} ${stream}`;
    const list = streams.get(key);
    if (list === undefined) streams.set(key, [task]);
    else list.push(task);
  });
  return streams;
}

/** The streams of that number, one per device. */
function named(streams: Map<string, number[]>, number: number): [string, number[]][] {
  return [...streams].filter(([key]) => key.endsWith(` ${number}`));
}
