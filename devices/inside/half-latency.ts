import type { LinkModel } from '../device.ts';

/** One of the two links that lead over something in the middle where the catalog gives the latency of the whole way. */
export function halfLatency(link: LinkModel): LinkModel {
  return { ...link, latencySeconds: { ...link.latencySeconds, value: link.latencySeconds.value / 2 } };
}
