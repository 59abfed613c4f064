import { quantile } from '../../../base/statistics.ts';
import type { KinetoTrace } from './trace.ts';
import { type GpuWaits, streamsOf } from './waits.ts';

/** What delays tasks besides waiting for each other, per task, in seconds. */
export interface TaskTiming {
  /** From the launching call's start until the task could begin on an idle stream. */
  readonly launchSeconds: Float64Array;
  /** From the end of what it waited for on GPUs until its start. */
  readonly gapSeconds: Float64Array;
}

/**
 * Each recorded delay belongs to what the task waited for last. A task whose stream was busy, or held up, until after
 * its launch had reached the GPU was late by a gap; any other was late by its launch. A launch reaches an idle GPU in
 * the shortest time of the trace.
 */
export function recordedTiming({ tasks, calls }: KinetoTrace, waits: GpuWaits): TaskTiming {
  const launchSeconds = new Float64Array(tasks.length);
  const gapSeconds = new Float64Array(tasks.length);
  const sinceCall = tasks.map(({ call, start }) =>
    call < 0 ? Number.POSITIVE_INFINITY : start - calls[call]!.start,
  );
  const shortest = Math.max(
    0,
    sinceCall.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
  );
  for (const stream of streamsOf(tasks).values()) {
    stream.forEach((task, place) => {
      const { start, call } = tasks[task]!;
      const before = place === 0 ? waits.tasks[task]! : [stream[place - 1]!, ...waits.tasks[task]!];
      const ready = before.reduce(
        (last, other) => Math.max(last, tasks[other]!.start + tasks[other]!.seconds),
        Number.NEGATIVE_INFINITY,
      );
      if (call < 0) {
        gapSeconds[task] = Math.max(0, start - Math.max(0, ready));
      } else if (ready > calls[call]!.start + shortest) {
        launchSeconds[task] = shortest;
        gapSeconds[task] = Math.max(0, start - ready);
      } else {
        launchSeconds[task] = Math.max(0, sinceCall[task]!);
      }
    });
  }
  return { launchSeconds, gapSeconds };
}

/**
 * The same for every task: the medians of what was recorded. Delays that no rule of `gpuWaits` explains go with it, so
 * that a replay tells how much of a trace the rules and two numbers explain.
 */
export function typicalTiming({ tasks }: KinetoTrace, { launchSeconds, gapSeconds }: TaskTiming): TaskTiming {
  const late = tasks.map(({ call }, task) => call >= 0 && gapSeconds[task] === 0);
  const launches = launchSeconds.filter((_, task) => late[task]);
  const gaps = gapSeconds.filter((_, task) => !late[task]);
  const launch = launches.length === 0 ? 0 : quantile([...launches], 0.5);
  const gap = gaps.length === 0 ? 0 : quantile([...gaps], 0.5);
  return {
    launchSeconds: launchSeconds.map((_, task) => (tasks[task]!.call < 0 ? 0 : launch)),
    gapSeconds: gapSeconds.map((own, task) => (late[task] ? 0 : Math.min(own, gap))),
  };
}
