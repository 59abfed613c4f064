import type { ClusterLink } from './cluster.ts';

/**
 * What one message meets on a route that nobody else uses, cut through: it joins after the latencies, all links carry
 * it at the same time, the narrowest sets the pace, and overheads overlap as bytes do, so the largest is what counts.
 */
export interface IdleRoute {
  /** Sum over the links. */
  readonly latencySeconds: number;
  /** Nominal, of the narrowest link; Infinity within a device. */
  readonly bytesPerSecond: number;
  /** What the message takes besides its latency and bytes: the most of any link. */
  readonly messageSeconds: number;
}

/** @param route numbers of links in order; empty within a device. */
export function idleRoute(links: readonly ClusterLink[], route: Int32Array): IdleRoute {
  let latencySeconds = 0;
  let bytesPerSecond = Number.POSITIVE_INFINITY;
  let messageSeconds = 0;
  for (let hop = 0; hop < route.length; hop++) {
    const { model } = links[route[hop]!]!;
    latencySeconds += model.latencySeconds.value;
    bytesPerSecond = Math.min(bytesPerSecond, model.bytesPerSecond.value);
    messageSeconds = Math.max(messageSeconds, model.messageSeconds?.value ?? 0);
  }
  return { latencySeconds, bytesPerSecond, messageSeconds };
}

/** Seconds of a message of so many bytes over the route: what the fluid network says where nothing else is under way. */
export function idleSeconds(
  { latencySeconds, bytesPerSecond, messageSeconds }: IdleRoute,
  bytes: number,
): number {
  return latencySeconds + messageSeconds + bytes / bytesPerSecond;
}

/** The overhead as bytes that flow with the message: on an idle route, they take exactly `messageSeconds`. */
export function overheadBytes({ bytesPerSecond, messageSeconds }: IdleRoute): number {
  return messageSeconds === 0 ? 0 : messageSeconds * bytesPerSecond;
}
