// Hot file: every message of every collective passes here; a ring all-reduce over 1,024 ranks is 2.1 million.
import { invariant } from '../../base/errors.ts';
import { type CollectivePlan, messagesOf } from '../../devices/collectives/rounds.ts';
import type { CollectiveSchedule } from '../../devices/collectives/schedule.ts';
import type { ActivityGraphBuilder } from '../activity-graph.ts';
import { bytesOfWholeTicks } from './message-clock.ts';
import { type ReceiveCosts, type ReceiveSetting, receiveCosts } from './receive-costs.ts';

/** How the ranks of a collective live on devices. */
export interface CollectiveSetting extends ReceiveSetting {
  /** Per rank: its device. */
  readonly devices: ArrayLike<number>;
  /** Per rank: the activity that must be done before the rank takes part; −1 for none. */
  readonly after?: ArrayLike<number>;
  /** Per rank: the stream that adds up and takes in; one of its own, one at a time, unless given. */
  readonly streams?: ArrayLike<number>;
  /** The vector is cut into so many parts, each of which goes through the whole algorithm: 1 unless given. */
  readonly splits?: number;
  /** So many of these parts are under way at a time: 1 unless given. */
  readonly splitsAtOnce?: number;
}

/**
 * Writes a collective's messages and returns, per rank, the activity after which it is done with it:
 *
 *     const plan = planCollective('all-reduce', 'ring', { ranks: 4, bytes: 1e6 });
 *     const done = writeCollective(write, plan, { devices: [0, 1, 2, 3], after: gradients });
 */
export function writeCollective(
  write: ActivityGraphBuilder,
  plan: CollectivePlan,
  setting: CollectiveSetting,
): Int32Array {
  const schedule = messagesOf(plan);
  const { ranks } = schedule;
  const { devices, after, splits = 1, splitsAtOnce = 1 } = setting;
  invariant(devices.length === ranks, `${ranks} ranks on ${devices.length} devices`);
  invariant(after === undefined || after.length === ranks, `${after?.length} beginnings of ${ranks} ranks`);
  invariant(Number.isInteger(splits) && splits >= 1, `a collective in ${splits} parts`);
  invariant(Number.isInteger(splitsAtOnce) && splitsAtOnce >= 1, `${splitsAtOnce} parts at once`);
  const costs = receiveCosts(setting);
  const streams = costs.free ? undefined : (setting.streams ?? ownStreams(write, devices));

  const begin = Int32Array.from({ length: ranks }, (_, rank) => after?.[rank] ?? -1);
  const parts: Int32Array[] = [];
  for (let part = 0; part < splits; part++) {
    const previous = parts[part - splitsAtOnce] ?? begin;
    parts.push(writePart(write, schedule, setting, costs, streams, previous, 1 / splits));
  }
  const last = parts.slice(-splitsAtOnce);
  if (last.length === 1) return last[0]!;
  const endsOf = (rank: number): number[] => last.map((done) => done[rank]!);
  return begin.map((_, rank) => meet(write, endsOf(rank)));
}

function ownStreams(write: ActivityGraphBuilder, devices: ArrayLike<number>): Int32Array {
  return Int32Array.from(devices, (device) => write.stream(device));
}

function meet(write: ActivityGraphBuilder, activities: readonly number[]): number {
  const join = write.join();
  for (const activity of activities) write.after(activity, join);
  return join;
}

/** One run through the schedule, with all sizes times `scale`. */
function writePart(
  write: ActivityGraphBuilder,
  schedule: CollectiveSchedule,
  { devices, clock }: CollectiveSetting,
  costs: ReceiveCosts,
  streams: ArrayLike<number> | undefined,
  begin: Int32Array,
  scale: number,
): Int32Array {
  const { ranks, roundStart, from, to, bytes, reduces } = schedule;
  const sizeOf = clock === undefined ? undefined : bytesOfWholeTicks(clock);
  /** Per rank: the one or two activities that end its latest round; −1 for none. */
  const ready = begin.slice();
  const readyToo = new Int32Array(ranks).fill(-1);
  /** The same for the round being written, with the number of the rank's messages in it. */
  const next = new Int32Array(ranks);
  const nextToo = new Int32Array(ranks);
  const touches = new Int32Array(ranks);
  /** Ranks that take part in the round being written. */
  const taking = new Int32Array(ranks);
  let takingCount = 0;

  /** `activity` starts when the latest rounds of both ranks are over. */
  const afterRounds = (activity: number, a: number, b: number): void => {
    const first = ready[a]!;
    const second = readyToo[a]!;
    if (first >= 0) write.after(first, activity);
    if (second >= 0) write.after(second, activity);
    const third = ready[b]!;
    const fourth = readyToo[b]!;
    if (third >= 0 && third !== first && third !== second) write.after(third, activity);
    if (fourth >= 0 && fourth !== first && fourth !== second) write.after(fourth, activity);
  };
  const endsWith = (rank: number, activity: number): void => {
    const count = touches[rank]!++;
    if (count === 0) {
      taking[takingCount++] = rank;
      next[rank] = activity;
      nextToo[rank] = -1;
    } else if (count === 1) {
      nextToo[rank] = activity;
    } else {
      // Many messages meet in one activity: their successors would be products otherwise.
      if (count === 2) {
        next[rank] = meet(write, [next[rank]!, nextToo[rank]!]);
        nextToo[rank] = -1;
      }
      write.after(activity, next[rank]!);
    }
  };

  if (costs.begin > 0) {
    for (let rank = 0; rank < ranks; rank++) {
      const start = write.compute(streams![rank]!, costs.begin);
      afterRounds(start, rank, rank);
      ready[rank] = start;
    }
  }
  for (let round = 0; round + 1 < roundStart.length; round++) {
    for (let m = roundStart[round]!; m < roundStart[round + 1]!; m++) {
      const source = from[m]!;
      const target = to[m]!;
      const size = bytes[m]! * scale;
      const sender = devices[source]!;
      const receiver = devices[target]!;
      const message = write.transfer(sender, receiver, sizeOf?.(sender, receiver, size) ?? size);
      afterRounds(message, source, target);
      endsWith(source, message);
      const seconds = costs.free ? 0 : costs.message(size, reduces[m] === 1);
      if (seconds === 0) {
        endsWith(target, message);
      } else {
        const taken = write.compute(streams![target]!, seconds);
        write.after(message, taken);
        endsWith(target, taken);
      }
    }
    for (let i = 0; i < takingCount; i++) {
      const rank = taking[i]!;
      ready[rank] = next[rank]!;
      readyToo[rank] = nextToo[rank]!;
      touches[rank] = 0;
    }
    takingCount = 0;
  }
  return ready.map((activity, rank) => {
    const ends = [activity, readyToo[rank]!].filter((each) => each >= 0);
    return ends.length === 1 ? ends[0]! : meet(write, ends);
  });
}
