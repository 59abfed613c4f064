import { AccumulatorState, TokenQueue } from '../graph/resources.ts';
import type { Program } from './program.ts';

/**
 * Accumulators and token queues of a program, and the activities that wait for them (at most one for each: every
 * AccumulatorTake and TokenDequeue has a loop of its own).
 */
export class SharedState {
  private readonly program: Program;
  private readonly accumulators: readonly AccumulatorState[];
  /** Per accumulator: complete sums that nobody has taken yet. */
  private readonly sums: Int32Array;
  private readonly takers: Int32Array;
  private readonly queues: readonly TokenQueue[];
  private readonly dequeuers: Int32Array;

  constructor(program: Program) {
    this.program = program;
    this.accumulators = program.accumulators.map(({ required }) => new AccumulatorState(required));
    this.sums = new Int32Array(program.accumulators.length);
    this.takers = new Int32Array(program.accumulators.length).fill(-1);
    this.queues = program.queues.map(({ first }) => new TokenQueue(first));
    this.dequeuers = new Int32Array(program.queues.length).fill(-1);
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
  }
}
