// Hot file: searches call it a hundred thousand times. See bench/sim.bench.ts.
import { invariant } from '../base/errors.ts';
import type { Cluster } from '../devices/cluster.ts';
import { Action } from './activity-graph.ts';
import { simulate } from './engine.ts';
import { EventQueue } from './event-queue.ts';
import { makeNetwork, type NetworkKind } from './network/index.ts';
import type { Program } from './program.ts';

/**
 * Seconds of one step of a program of one loop, undisturbed, first ready first served: `simulate(…).seconds` to the last
 * bit, sooner, because nobody keeps account of anything. All happens in the engine's order, ties included; a test holds
 * the two together.
 *
 * @throws DeadlockError as `simulate` does; InternalError where the program has several loops, accumulators or queues.
 */
export function makespan(program: Program, cluster: Cluster, kind: NetworkKind = 'fluid'): number {
  const [loop] = program.loops;
  invariant(program.loops.length === 1 && loop !== undefined, 'makespan is of programs of one loop');
  const { activities } = loop;
  const { action, subject, amount, successorStart, successor, count, parts } = activities;
  const stream = loop.stream;
  const network = makeNetwork(kind, cluster.links, count);
  const routeOf = Int32Array.from(loop.route, (links) => (links.length === 0 ? -1 : network.addRoute(links)));
  invariant(program.sharedLaunchSeconds === undefined, 'makespan knows no shared streams');
  invariant(program.accumulators.length + program.queues.length === 0, 'makespan knows no shared state');

  const queue = new EventQueue();
  const pending = activities.pending.slice();
  const free = program.streamWidth.slice();
  const head = new Int32Array(free.length).fill(-1);
  const tail = new Int32Array(free.length).fill(-1);
  /** Who is behind an activity: in line for its stream, or among those that are ready. An activity is in one at a time. */
  const behind = new Int32Array(count);
  /** In a circle, with one place more than can be taken: full is not empty. */
  const ready = new Int32Array(count + 1);
  let readyHead = 0;
  let readyTail = 0;
  let left = count;
  /** Seconds; in an array, where a number of its own would be a new object at every change. */
  const clock = new Float64Array(1);

  for (let i = 0; i < count; i++) if (pending[i] === 0) ready[readyTail++] = i;
  startReady();
  while (left > 0) {
    network.settle(clock[0]!);
    const next = Math.min(queue.nextTime, network.nextSeconds);
    // The engine tells what is blocked.
    if (next === Number.POSITIVE_INFINITY) return simulate(program, cluster, { network: kind }).seconds;
    clock[0] = next;
    while (queue.nextTime === next) {
      queue.pop();
      const activity = queue.a;
      done(activity);
      if (occupiesStream(action[activity]!)) leave(stream[subject[activity]!]!);
      startReady();
      if (left === 0) return next;
    }
    if (network.nextSeconds > next) continue;
    for (let transfer = network.arrived(next); transfer >= 0; transfer = network.arrived(next)) {
      done(transfer);
      startReady();
      if (left === 0) return next;
    }
  }
  return clock[0]!;

  function startReady(): void {
    while (readyHead !== readyTail) {
      const activity = ready[readyHead++]!;
      if (readyHead > count) readyHead = 0;
      switch (action[activity]) {
        case Action.compute:
        case Action.update: {
          const line = stream[subject[activity]!]!;
          if (free[line]! > 0) {
            free[line]!--;
            occupy(activity);
          } else {
            behind[activity] = -1;
            if (head[line] === -1) head[line] = activity;
            else behind[tail[line]!] = activity;
            tail[line] = activity;
          }
          break;
        }
        case Action.transfer: {
          const route = routeOf[subject[activity]!]!;
          if (route < 0) queue.push(clock[0]!, 0, activity, 0);
          else network.send(activity, route, amount[activity]!, clock[0]!);
          break;
        }
        case Action.delay:
          queue.push(clock[0]! + amount[activity]!, 0, activity, 0);
          break;
        default:
          done(activity);
      }
    }
  }

  function done(activity: number): void {
    left--;
    for (let e = successorStart[activity]!, end = successorStart[activity + 1]!; e < end; e++) {
      const next = successor[e]!;
      if (--pending[next]! > 0) continue;
      ready[readyTail++] = next;
      if (readyTail > count) readyTail = 0;
    }
  }

  function leave(line: number): void {
    const following = head[line]!;
    if (following === -1) {
      free[line]!++;
      return;
    }
    head[line] = behind[following]!;
    occupy(following);
  }

  function occupy(activity: number): void {
    let end = clock[0]! + amount[activity]!;
    if (parts !== undefined) {
      end = clock[0]!;
      for (let p = parts.start[activity]!; p < parts.start[activity + 1]!; p++) end += parts.amount[p]!;
    }
    queue.push(end, 0, activity, 0);
  }
}

const occupiesStream = (action: number): boolean => action === Action.compute || action === Action.update;
