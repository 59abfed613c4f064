import type { ActivityGraphBuilder } from '../../activity-graph.ts';
import { handOvers } from './hand-overs.ts';
import { recordedTiming, type TaskTiming, typicalTiming } from './timing.ts';
import type { GpuTask, KinetoTrace } from './trace.ts';
import { type GpuWaits, gpuWaits, mayWait, streamsOf } from './waits.ts';

/** What is to be different from what was recorded. */
export interface KinetoChanges {
  /** How many times as fast a task runs; 1 unless given. */
  readonly speed?: (task: GpuTask) => number;
  /** How many times as fast the host's threads work: 1 unless given. */
  readonly hostSpeed?: number;
  /** Delays of launches and between tasks as recorded (default), or their medians. */
  readonly delays?: 'recorded' | 'typical';
}

/** Where a process runs, and with whom. */
export interface ProcessPlace {
  readonly host: number;
  readonly gpus: ReadonlyMap<number, number>;
  /** The activity with which the process begins. */
  readonly begin: number;
  readonly meeting: ReadonlyMap<number, { readonly join: number; readonly seconds: number }>;
}

/** A moment in the life of a thread. */
interface Mark {
  readonly time: number;
  /** Order at equal times: a thread goes on before it calls, and calls before it rests. */
  readonly kind: 0 | 1 | 2;
  /** Index of the call, or of the hand-over. */
  readonly index: number;
}
const RESUMES = 0;
const CALLS = 1;
const RESTS = 2;

/** Writes one process. */
export class ProcessWriter {
  private readonly out: ActivityGraphBuilder;
  private readonly trace: KinetoTrace;
  private readonly changes: KinetoChanges;
  private readonly place: ProcessPlace;
  private readonly waits: GpuWaits;
  private readonly timing: TaskTiming;
  /** Per task. */
  private readonly activity: Int32Array;
  /** Per call: its tasks. */
  private readonly launched = new Map<number, number[]>();

  constructor(out: ActivityGraphBuilder, trace: KinetoTrace, changes: KinetoChanges, place: ProcessPlace) {
    this.out = out;
    this.trace = trace;
    this.changes = changes;
    this.place = place;
    this.waits = gpuWaits(trace);
    const recorded = recordedTiming(trace, this.waits);
    this.timing = changes.delays === 'typical' ? typicalTiming(trace, recorded) : recorded;
    this.activity = new Int32Array(trace.tasks.length);
  }

  /** Returns the activity of each task. */
  write(): Int32Array {
    this.writeTasks();
    this.writeThreads();
    return this.activity;
  }

  private writeTasks(): void {
    const { out, trace, place, changes } = this;
    const streams = streamsOf(trace.tasks);
    for (const list of streams.values()) {
      const stream = out.stream(place.gpus.get(trace.tasks[list[0]!]!.device)!);
      for (const task of list) {
        const { name, call } = trace.tasks[task]!;
        const speed = changes.speed?.(trace.tasks[task]!) ?? 1;
        const seconds = place.meeting.get(task)?.seconds ?? trace.tasks[task]!.seconds;
        this.activity[task] = out.compute(stream, seconds / speed, name);
        const meeting = place.meeting.get(task);
        if (meeting !== undefined) out.after(meeting.join, this.activity[task]!);
        const siblings = this.launched.get(call);
        if (siblings !== undefined) siblings.push(task);
        else if (call >= 0) this.launched.set(call, [task]);
      }
    }
    for (const list of streams.values()) {
      list.forEach((task, k) => {
        const before = this.waits.tasks[task]!.map((other) => this.activity[other]!);
        if (k > 0) before.push(this.activity[list[k - 1]!]!);
        if (before.length === 0 && trace.tasks[task]!.call < 0) before.push(place.begin);
        this.waitFor(task, before);
      });
    }
  }

  private waitFor(task: number, before: readonly number[]): void {
    const gap = this.timing.gapSeconds[task]!;
    const entry = this.entry(task);
    if (gap === 0 || before.length === 0) {
      for (const other of before) this.out.after(other, entry);
      return;
    }
    const delay = this.out.delay(gap, 'gap');
    for (const other of before) this.out.after(other, delay);
    this.out.after(delay, entry);
  }

  /** What waits for all that a task waits for: itself, or the meeting that it takes part in. */
  private entry(task: number): number {
    return this.place.meeting.get(task)?.join ?? this.activity[task]!;
  }

  private writeThreads(): void {
    const { trace, out } = this;
    const turns = handOvers(trace.threads);
    const rests = turns.map(() => out.join('rest'));
    const marks: Mark[][] = trace.threads.map(() => []);
    trace.calls.forEach((call, index) => {
      if (this.launched.has(index) || mayWait(call)) {
        marks[call.thread]!.push({ time: call.start, kind: CALLS, index });
      }
    });
    turns.forEach(({ from, at, to, start }, index) => {
      marks[from]!.push({ time: at, kind: RESTS, index });
      marks[to]!.push({ time: start, kind: RESUMES, index });
    });
    marks.forEach((list, thread) => {
      list.sort((a, b) => a.time - b.time || a.kind - b.kind || a.index - b.index);
      this.writeThread(thread, list, (index) => ({ ...turns[index]!, rest: rests[index]! }));
    });
  }

  private writeThread(
    thread: number,
    marks: readonly Mark[],
    turn: (index: number) => { readonly at: number; readonly start: number; readonly rest: number },
  ): void {
    const { out, trace, place } = this;
    const stream = out.stream(place.host);
    const speed = this.changes.hostSpeed ?? 1;
    let last = place.begin;
    let time = 0;
    const work = (until: number): void => {
      if (until <= time) return;
      const done = out.compute(stream, (until - time) / speed, trace.threads[thread]!.name);
      out.after(last, done);
      last = done;
      time = until;
    };
    for (const { time: at, kind, index } of marks) {
      if (kind === RESUMES) {
        const { at: rested, start, rest } = turn(index);
        const woken = out.delay((start - rested) / speed, 'hand-over');
        out.after(rest, woken);
        const resumed = out.join('resumes');
        out.after(woken, resumed);
        out.after(last, resumed);
        last = resumed;
        time = Math.max(time, start);
        continue;
      }
      work(at);
      if (kind === RESTS) {
        out.after(last, turn(index).rest);
        continue;
      }
      for (const task of this.launched.get(index) ?? []) {
        const arrival = out.delay(this.timing.launchSeconds[task]!, 'launch');
        out.after(last, arrival);
        out.after(arrival, this.entry(task));
      }
      const awaited = this.waits.calls.get(index) ?? [];
      if (awaited.length === 0) continue;
      const held = out.join('host waits');
      out.after(last, held);
      let ended = at;
      for (const task of awaited) {
        out.after(this.activity[task]!, held);
        ended = Math.max(ended, trace.tasks[task]!.start + trace.tasks[task]!.seconds);
      }
      last = held;
      time = Math.max(time, ended);
    }
  }
}
