import type { Cluster } from '../../devices/cluster.ts';
import { idleRoute, idleSeconds } from '../../devices/idle-route.ts';

/**
 * Whole ticks: how programs count that keep time in integers (ASTRA-sim: nanoseconds) and cut what is left over.
 */
export interface MessageClock {
  /** One tick, in seconds. */
  readonly seconds: number;
  /** Routes, for the time of messages. */
  readonly cluster: Cluster;
}

/** What is nearer to a whole number of ticks than rounding could have moved it is that number. */
const ROUNDING = 1e-12;

/** `seconds`, cut to whole ticks. */
export function wholeTicks(seconds: number, tick: number): number {
  return Math.floor((seconds / tick) * (1 + ROUNDING)) * tick;
}

/** Per pair of devices and size: the bytes whose time on the idle network is that of `bytes`, cut to whole ticks. */
export function bytesOfWholeTicks({
  seconds: tick,
  cluster,
}: MessageClock): (from: number, to: number, bytes: number) => number {
  return (from, to, bytes) => {
    const route = idleRoute(cluster.links, cluster.route(from, to));
    if (route.bytesPerSecond === Number.POSITIVE_INFINITY) return bytes;
    const seconds = wholeTicks(idleSeconds(route, bytes), tick) - idleSeconds(route, 0);
    return Math.max(0, seconds * route.bytesPerSecond);
  };
}
