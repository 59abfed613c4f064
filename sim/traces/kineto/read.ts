import { UserError } from '../../../base/errors.ts';
import { shortened } from '../../../base/text.ts';
import type { GpuTask, HostCall, HostThread, KinetoTrace } from './trace.ts';

/** An event of the trace event format, as far as it is used. */
interface Event {
  readonly index: number;
  readonly category: string;
  readonly name: string;
  readonly process: string;
  readonly thread: string;
  /** On the clock of the host, in microseconds: seconds would lose digits. */
  readonly micros: number;
  readonly seconds: number;
  readonly arguments: { readonly [name: string]: unknown };
}

const GPU_KINDS: { readonly [category: string]: GpuTask['kind'] } = {
  kernel: 'kernel',
  gpu_memcpy: 'memcpy',
  gpu_memset: 'memset',
  // Before 2022.
  Kernel: 'kernel',
  Memcpy: 'memcpy',
  Memset: 'memset',
};
const CALLS = new Set(['cuda_runtime', 'cuda_driver', 'Runtime']);
const OPERATORS = new Set(['cpu_op', 'Operator']);
const SYNC = 'cuda_sync';

/**
 * The trace of one process, from the JSON that `torch.profiler` exports (trace event format; times in microseconds).
 * Categories as in Kineto, libkineto/src/output_json.cpp. Everything but work on GPUs, operators and CUDA calls is
 * left out.
 *
 * @throws UserError naming `file` and the event: no JSON, no such trace, a time that is no number, no work on a GPU.
 */
export function readKineto(text: string, file: string): KinetoTrace {
  const { events, rank } = parsed(text, file);
  const clockMicros = events.reduce((first, { micros }) => Math.min(first, micros), Number.POSITIVE_INFINITY);
  const startOf = ({ micros }: Event): number => (micros - clockMicros) * 1e-6;
  const threads = new Map<string, Event[]>();
  const threadOf = (event: Event): Event[] => {
    const key = `thread ${event.thread} of process ${event.process}`;
    let busy = threads.get(key);
    if (busy === undefined) {
      busy = [];
      threads.set(key, busy);
    }
    return busy;
  };
  const byStart = (a: Event, b: Event): number => a.micros - b.micros || a.index - b.index;
  events.sort(byStart);

  const syncs = new Map<number, HostCall['sync']>();
  for (const { category, arguments: given } of events) {
    if (category !== SYNC || typeof given.correlation !== 'number') continue;
    syncs.set(given.correlation, {
      // The profiler writes −1 and 2^32 − 1 where there is no one stream.
      ...(isStream(given.stream) && { stream: given.stream }),
      ...(isStream(given.wait_on_stream) && { waitsOn: given.wait_on_stream }),
    });
  }

  const numbers = new Map<Event[], number>();
  const calls: HostCall[] = [];
  const callOf = new Map<number, number>();
  for (const event of events) {
    const isCall = CALLS.has(event.category);
    if (!isCall && !OPERATORS.has(event.category)) continue;
    const busy = threadOf(event);
    if (!numbers.has(busy)) numbers.set(busy, numbers.size);
    busy.push(event);
    if (!isCall) continue;
    const { correlation } = event.arguments;
    const sync = typeof correlation === 'number' ? syncs.get(correlation) : undefined;
    if (typeof correlation === 'number') callOf.set(correlation, calls.length);
    calls.push({
      name: event.name,
      thread: numbers.get(busy)!,
      start: startOf(event),
      seconds: event.seconds,
      ...(sync !== undefined && { sync }),
    });
  }

  const tasks = events
    .filter(({ category }) => Object.hasOwn(GPU_KINDS, category))
    .map((event): GpuTask => {
      const { category, name, process, thread, seconds, arguments: given } = event;
      const { stream, device, correlation } = given;
      return {
        name,
        kind: GPU_KINDS[category]!,
        device: typeof device === 'number' ? device : Number(process),
        stream: typeof stream === 'number' ? stream : Number(thread),
        start: startOf(event),
        seconds,
        call: (typeof correlation === 'number' ? callOf.get(correlation) : undefined) ?? -1,
      };
    });
  if (tasks.length === 0) throw new UserError(`${file}: no work on a GPU in this trace`);
  return {
    file,
    rank,
    clockMicros,
    tasks,
    calls,
    threads: [...threads].map(([name, busy]) => merged(name, busy, startOf)),
  };
}

const isStream = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value < 2 ** 32 - 1;

function parsed(text: string, file: string): { events: Event[]; rank: number | undefined } {
  let json: { traceEvents?: unknown; nodes?: unknown; distributedInfo?: { rank?: unknown } } | null;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UserError(`${file}: not JSON (${shortened((error as Error).message, 100)})`);
  }
  const rows = Array.isArray(json) ? json : json?.traceEvents;
  if (!Array.isArray(rows)) {
    const why =
      !Array.isArray(json) && Array.isArray(json?.nodes)
        ? 'an execution trace of PyTorch has no times; convert it to Chakra (.et)'
        : 'no trace of torch.profiler: it has no traceEvents';
    throw new UserError(`${file}: ${why}`);
  }
  const events: Event[] = [];
  rows.forEach((row: { [field: string]: unknown } | null, index) => {
    if (row?.ph !== 'X' || typeof row.cat !== 'string') return;
    const { cat: category, name, pid, tid, ts, dur, args } = row;
    if (!isUsed(category)) return;
    if (!Number.isFinite(ts) || !Number.isFinite(dur) || (dur as number) < 0) {
      throw new UserError(`${file}: event ${index}: expected times ts and dur in microseconds, 0 or more`);
    }
    events.push({
      index,
      category,
      name: String(name),
      process: String(pid),
      thread: String(tid),
      micros: ts as number,
      seconds: (dur as number) * 1e-6,
      arguments: (args ?? {}) as Event['arguments'],
    });
  });
  const rank = Array.isArray(json) ? undefined : json?.distributedInfo?.rank;
  return { events, rank: typeof rank === 'number' ? rank : undefined };
}

const isUsed = (category: string): boolean =>
  Object.hasOwn(GPU_KINDS, category) || CALLS.has(category) || OPERATORS.has(category) || category === SYNC;

/** When any of the events, in order of their starts, was under way. */
function merged(name: string, events: readonly Event[], startOf: (event: Event) => number): HostThread {
  const from: number[] = [];
  const until: number[] = [];
  for (const event of events) {
    const begin = startOf(event);
    const end = begin + event.seconds;
    if (from.length > 0 && begin <= until.at(-1)!) until[until.length - 1] = Math.max(until.at(-1)!, end);
    else {
      from.push(begin);
      until.push(end);
    }
  }
  return { name, busyFrom: Float64Array.from(from), busyUntil: Float64Array.from(until) };
}
