import { AccumulatorState, StepClockState, TokenQueue } from '../graph/resources.ts';
import type { Program } from './program.ts';

/**
 * Accumulators, token queues and clocks of a program, and the activities that wait for them (at most one for each
 * accumulator and queue: every AccumulatorTake and TokenDequeue has a loop of its own).
 */
export class SharedState {
  private readonly program: Program;
  private readonly accumulators: readonly AccumulatorState[];
  /** Per accumulator: complete sums that nobody has taken yet. */
  private readonly sums: Int32Array;
  private readonly takers: Int32Array;
  private readonly queues: readonly TokenQueue[];
  private readonly dequeuers: Int32Array;
  private readonly clocks: readonly StepClockState[];
  /** Per clock: who waits for it, in the order of coming. */
  private readonly clockWaiters: { readonly activity: number; readonly worker: number }[][];

  constructor(program: Program) {
    this.program = program;
    this.accumulators = program.accumulators.map(({ required }) => new AccumulatorState(required));
    this.sums = new Int32Array(program.accumulators.length);
    this.takers = new Int32Array(program.accumulators.length).fill(-1);
    this.queues = program.queues.map(({ first }) => new TokenQueue(first));
    this.dequeuers = new Int32Array(program.queues.length).fill(-1);
    const { clocks = [] } = program;
    this.clocks = clocks.map(({ workers, bound }) => new StepClockState(workers, bound));
    this.clockWaiters = clocks.map(() => []);
  }

  /** Whether `worker` may begin its next step; if not, `activity` waits for the clock. */
  waitForClock(clock: number, worker: number, activity: number): boolean {
    if (this.clocks[clock]!.mayBegin(worker)) return true;
    this.clockWaiters[clock]!.push({ activity, worker });
    return false;
  }

  /** `worker` has ended a step: returns the activities that waited for that and may ask again, in the order of coming. */
  tick(clock: number, worker: number): number[] {
    const state = this.clocks[clock]!;
    state.tick(worker);
    const waiters = this.clockWaiters[clock]!;
    const released = waiters.filter((waiter) => state.mayBegin(waiter.worker));
    if (released.length > 0) {
      this.clockWaiters[clock] = waiters.filter((waiter) => !released.includes(waiter));
    }
    return released.map(({ activity }) => activity);
  }

  accumulator(index: number): AccumulatorState {
    return this.accumulators[index]!;
  }

  /** Whether there was a sum to take; if not, `activity` waits for it. */
  take(accumulator: number, activity: number): boolean {
    if (this.sums[accumulator]! === 0) {
      this.takers[accumulator] = activity;
      return false;
    }
    this.sums[accumulator]!--;
    return true;
  }

  /** A sum is complete: returns the activity that waited for it and now has it, or −1. */
  complete(accumulator: number): number {
    const taker = this.takers[accumulator]!;
    if (taker === -1) this.sums[accumulator]!++;
    else this.takers[accumulator] = -1;
    return taker;
  }

  /** The token in the queue; undefined where there is none, and then `activity` waits for it. */
  dequeue(queue: number, activity: number): number | undefined {
    const token = this.queues[queue]!.take();
    if (token === undefined) this.dequeuers[queue] = activity;
    return token;
  }

  /** Puts a token; returns the activity that waits for one and may ask again, or −1. */
  enqueue(queue: number, token: number): number {
    this.queues[queue]!.put(token);
    const dequeuer = this.dequeuers[queue]!;
    this.dequeuers[queue] = -1;
    return dequeuer;
  }

  /** A token that was taken and not used up goes back, unless there is a newer one. */
  giveBack(queue: number, token: number): void {
    const newer = this.queues[queue]!.take();
    this.queues[queue]!.put(newer ?? token);
  }

  /** Those among the activities [from, to) do not wait any more. */
  forget(from: number, to: number): void {
    const drop = (list: Int32Array): void => {
      for (const [i, activity] of list.entries()) if (activity >= from && activity < to) list[i] = -1;
    };
    drop(this.takers);
    drop(this.dequeuers);
    for (const [clock, waiters] of this.clockWaiters.entries()) {
      this.clockWaiters[clock] = waiters.filter(({ activity }) => activity < from || activity >= to);
    }
  }

  /** Activities that wait, and for what, in words. */
  *waiting(): Generator<{ readonly activity: number; readonly waitsFor: string }> {
    for (const [i, { name, required }] of this.program.accumulators.entries()) {
      if (this.takers[i] === -1) continue;
      const waitsFor = `accumulator ${name}: ${this.accumulators[i]!.count} of ${required} gradients`;
      yield { activity: this.takers[i]!, waitsFor };
    }
    for (const [i, { name }] of this.program.queues.entries()) {
      if (this.dequeuers[i] !== -1)
        yield { activity: this.dequeuers[i]!, waitsFor: `a token in queue ${name}` };
    }
    for (const [i, { name, bound }] of (this.program.clocks ?? []).entries()) {
      const waitsFor = `clock ${name}: the slowest worker has ended ${this.clocks[i]!.slowest()} steps, and nobody may be more than ${bound} ahead`;
      for (const { activity } of this.clockWaiters[i]!) yield { activity, waitsFor };
    }
  }
}
