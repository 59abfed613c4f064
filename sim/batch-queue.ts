import type { RandomStream } from '../base/random.ts';
import { quantile } from '../base/statistics.ts';

/*
 * A device that serves requests in batches. Requests come at random (Poisson); whenever the device is free, it takes those
 * that wait, at most a batch, and all of these have their answer after the time of a full batch: a compiled program has one
 * shape, however many of its rows are in use. Each device has a queue of its own. (The batch service queue of Bailey, "On
 * queueing processes with bulk service", 1954, with service of constant length.)
 */

export interface BatchServer {
  /** Most requests at a time. */
  readonly batch: number;
  /** Of a batch, however full. */
  readonly seconds: number;
}

/** Arrivals that are simulated, and how many of them come first, into a queue that is still too short. */
const REQUESTS = 10_000;
const WARM_UP = 1_000;

/** Times of arrival at a rate of one a second. */
export function arrivals(random: RandomStream, count = REQUESTS): Float64Array {
  const times = new Float64Array(count);
  let now = 0;
  for (let i = 0; i < count; i++) {
    now += random.exponential(1);
    times[i] = now;
  }
  return times;
}

/** The q-quantile of times from arrival to answer, in seconds, where requests come at `rate` a second. */
export function responseSeconds(
  unitArrivals: Float64Array,
  rate: number,
  { batch, seconds }: BatchServer,
  q: number,
): number {
  const responses = new Float64Array(unitArrivals.length);
  let free = 0;
  for (let first = 0; first < unitArrivals.length; ) {
    const start = Math.max(free, unitArrivals[first]! / rate);
    free = start + seconds;
    let next = first;
    do {
      responses[next] = free - unitArrivals[next]! / rate;
      next++;
    } while (next < unitArrivals.length && next < first + batch && unitArrivals[next]! / rate <= start);
    first = next;
  }
  return quantile(responses.subarray(Math.min(WARM_UP, responses.length >> 1)), q);
}

/** Beyond this share of what a device could serve, a queue is as good as endless. */
const HIGHEST_LOAD = 0.99;
const LOWEST_LOAD = 1e-3;
const HALVINGS = 20;

/** The highest rate at which the q-quantile of response times is within `bound` seconds; undefined where none is. */
export function highestRate(
  unitArrivals: Float64Array,
  server: BatchServer,
  q: number,
  bound: number,
): number | undefined {
  const most = server.batch / server.seconds;
  const within = (load: number): boolean => responseSeconds(unitArrivals, load * most, server, q) <= bound;
  if (within(HIGHEST_LOAD)) return HIGHEST_LOAD * most;
  if (!within(LOWEST_LOAD)) return undefined;
  let [low, high] = [LOWEST_LOAD, HIGHEST_LOAD];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (within(middle)) low = middle;
    else high = middle;
  }
  return low * most;
}
