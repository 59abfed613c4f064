// Hot data: a step of a million activities is one of these. Columns only; see bench/sim.bench.ts.
import { InternalError, UserError } from '../base/errors.ts';

/** What the engine does when an activity starts. */
export const Action = {
  /** Occupies a stream for its seconds. */
  compute: 0,
  /** Takes no time and no stream. */
  instant: 1,
  /** Moves its bytes from one device to another. */
  transfer: 2,
  /** Takes its seconds, and occupies nothing. */
  delay: 3,
  /** Instant; notes which version of the variable was read. */
  read: 4,
  /** Occupies its stream; makes a new version of the variable from a gradient. */
  update: 5,
  /** Occupies its stream unless the gradient is late. */
  accumulatorApply: 6,
  /** Waits for the accumulator, then occupies its stream. */
  accumulatorTake: 7,
  tokenEnqueue: 8,
  /** Waits for the queue. */
  tokenDequeue: 9,
  /** Waits until all ranks of its group are there, and exchanges with them; occupies no stream. */
  exchange: 10,
  /** Waits until the clock lets its worker begin a step. */
  clockWait: 11,
  clockTick: 12,
} as const;

const ACTION_NAMES = Object.keys(Action);

/**
 * What is to happen, and what waits for what: the timing of a step without its tensors. Partitioned graphs, collectives,
 * and traces of other programs are lowered to it, and the engine knows nothing else. It is a template: streams and
 * devices are roles (indices that each replica maps to its own), so that replicas share one.
 *
 * Successors of an activity are in CSR form. Ids need not be in topological order.
 */
export interface ActivityGraph {
  readonly count: number;
  /** Per activity: one of Action. */
  readonly action: Uint8Array;
  /** Per activity: role of its stream (what occupies one); for transfers, index into `pairs`; −1 for neither. */
  readonly subject: Int32Array;
  /** Per activity: seconds on its stream (or of its delay), undisturbed; for transfers, bytes. */
  readonly amount: Float64Array;
  /** CSR: where an activity stands for several in turn, the seconds of each; their sum is `amount`. */
  readonly parts?: { readonly start: Int32Array; readonly amount: Float64Array };
  /** Per activity: how many others must be done before it starts. */
  readonly pending: Int32Array;
  readonly successorStart: Int32Array;
  readonly successor: Int32Array;
  /** Roles of devices between which transfers run: pair p leads from device `from[p]` to device `to[p]`. */
  readonly pairs: { readonly from: Int32Array; readonly to: Int32Array };
  /** Per role of a stream: role of its device. */
  readonly streamDevice: Int32Array;
  /** Per role of a stream: how many activities it computes at a time. */
  readonly streamWidth: Int32Array;
  /** For messages to people: the activity's name, and what it is (its op, or what the engine does with it). */
  nameOf(activity: number): string;
  kindOf(activity: number): string;
}

/** Columns that grow as an activity graph is written. */
class Column<T extends Float64Array | Int32Array | Uint8Array> {
  array: T;
  length = 0;
  private readonly make: (length: number) => T;

  constructor(make: (length: number) => T) {
    this.make = make;
    this.array = make(64);
  }

  push(value: number): number {
    if (this.length === this.array.length) {
      const longer = this.make(2 * this.length);
      longer.set(this.array);
      this.array = longer;
    }
    this.array[this.length] = value;
    return this.length++;
  }

  finish(): T {
    return this.array.slice(0, this.length) as T;
  }
}

const ints = (length: number): Int32Array => new Int32Array(length);

/**
 * Writes an activity graph by hand, in any order:
 *
 *     const write = new ActivityGraphBuilder();
 *     const forward = write.compute(write.stream(0), 2e-3, 'forward');
 *     const push = write.transfer(0, 1, 4e6, 'push');
 *     write.after(forward, push);
 *     const graph = write.finish();
 *
 * Devices are the cluster's indices, unless the graph is made a template by whoever maps its roles.
 */
export class ActivityGraphBuilder {
  private readonly action = new Column((length) => new Uint8Array(length));
  private readonly subject = new Column(ints);
  private readonly amount = new Column((length) => new Float64Array(length));
  private readonly before = new Column(ints);
  private readonly behind = new Column(ints);
  private readonly pairFrom = new Column(ints);
  private readonly pairTo = new Column(ints);
  private readonly streamDevice = new Column(ints);
  private readonly streamWidth = new Column(ints);
  private readonly pairOf = new Map<number, Map<number, number>>();
  private readonly names = new Map<number, string>();

  get count(): number {
    return this.action.length;
  }

  /** A new stream of a device, which computes `width` activities at a time; returns its number. */
  stream(device: number, width = 1): number {
    this.streamDevice.push(device);
    return this.streamWidth.push(width);
  }

  /** Work of so many seconds on a stream. @throws UserError where the duration is negative or no number. */
  compute(stream: number, seconds: number, name?: string): number {
    if (!(stream >= 0 && stream < this.streamDevice.length))
      throw new InternalError(`there is no stream ${stream}`);
    return this.add(Action.compute, stream, amountOf(seconds, 'seconds', name), name);
  }

  /** Seconds that pass and occupy nothing. @throws UserError where they are negative or no number. */
  delay(seconds: number, name?: string): number {
    return this.add(Action.delay, -1, amountOf(seconds, 'seconds', name), name);
  }

  /** A point at which several activities meet. */
  join(name?: string): number {
    return this.add(Action.instant, -1, 0, name);
  }

  /** A message from one device to another. @throws UserError where its size is negative or no number. */
  transfer(from: number, to: number, bytes: number, name?: string): number {
    return this.add(Action.transfer, this.pair(from, to), amountOf(bytes, 'bytes', name), name);
  }

  /** `activity` starts only when `before` is done. */
  after(before: number, activity: number): void {
    const { count } = this;
    if (!(before >= 0 && before < count)) throw new InternalError(`there is no activity ${before}`);
    if (!(activity >= 0 && activity < count)) throw new InternalError(`there is no activity ${activity}`);
    this.before.push(before);
    this.behind.push(activity);
  }

  /** Gives up the builder: it may not be used afterwards. */
  finish(): ActivityGraph {
    const count = this.count;
    const edges = this.before.length;
    const before = this.before.array;
    const behind = this.behind.array;
    const pending = new Int32Array(count);
    const successorStart = new Int32Array(count + 1);
    for (let e = 0; e < edges; e++) {
      pending[behind[e]!]!++;
      successorStart[before[e]! + 1]!++;
    }
    for (let i = 0; i < count; i++) successorStart[i + 1]! += successorStart[i]!;
    const successor = new Int32Array(edges);
    const cursor = successorStart.slice(0, count);
    for (let e = 0; e < edges; e++) successor[cursor[before[e]!]!++] = behind[e]!;
    const { names } = this;
    const action = this.action.finish();
    return {
      count,
      action,
      subject: this.subject.finish(),
      amount: this.amount.finish(),
      pending,
      successorStart,
      successor,
      pairs: { from: this.pairFrom.finish(), to: this.pairTo.finish() },
      streamDevice: this.streamDevice.finish(),
      streamWidth: this.streamWidth.finish(),
      nameOf: (activity) => names.get(activity) ?? `activity ${activity}`,
      kindOf: (activity) => ACTION_NAMES[action[activity]!]!,
    };
  }

  private add(action: number, subject: number, amount: number, name: string | undefined): number {
    this.action.push(action);
    this.subject.push(subject);
    const activity = this.amount.push(amount);
    if (name !== undefined) this.names.set(activity, name);
    return activity;
  }

  private pair(from: number, to: number): number {
    let targets = this.pairOf.get(from);
    if (targets === undefined) {
      targets = new Map();
      this.pairOf.set(from, targets);
    }
    let pair = targets.get(to);
    if (pair === undefined) {
      this.pairFrom.push(from);
      pair = this.pairTo.push(to);
      targets.set(to, pair);
    }
    return pair;
  }
}

function amountOf(value: number, unit: 'seconds' | 'bytes', name: string | undefined): number {
  if (value >= 0 && value < Number.POSITIVE_INFINITY) return value;
  const what = unit === 'seconds' ? 'a duration' : 'a size';
  throw new UserError(`${name ?? 'an activity'}: ${what} of ${value} ${unit}; expected 0 or more`);
}
