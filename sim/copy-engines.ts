import type { Cluster } from '../devices/cluster.ts';

/**
 * The DMA engines that transfers between the devices of one host take: the sender's for sending, the receiver's for
 * receiving. Messages between hosts take none: they reach the host's memory in pieces, which interleave at the engine,
 * so that only the bus limits them.
 *
 * Line 2·d stands for device d's sends and 2·d + 1 for its receives; a device with a single engine has the first only.
 * A transfer takes the line of the lower number first, so that two transfers never wait for each other.
 */
export class CopyEngines {
  /** Per line: how many transfers it serves at a time. */
  readonly width: Int32Array;
  private readonly engines: Int32Array;
  private readonly host: Int32Array;

  /** `engines`: per device; 0 where they are not modelled. */
  constructor(engines: Int32Array, cluster: Cluster) {
    const hosts = new Map<string, number>();
    this.engines = engines;
    this.width = new Int32Array(2 * engines.length).fill(1);
    this.host = Int32Array.from(cluster.devices, ({ host }) => {
      const known = hosts.get(host);
      if (known === undefined) hosts.set(host, hosts.size);
      return known ?? hosts.size - 1;
    });
  }

  /** The line that a transfer takes first, or −1. */
  first(from: number, to: number): number {
    const a = this.sending(from, to);
    const b = this.receiving(from, to);
    return a < 0 || b < 0 ? Math.max(a, b) : Math.min(a, b);
  }

  /** The line that it takes then, or −1. */
  second(from: number, to: number): number {
    const a = this.sending(from, to);
    const b = this.receiving(from, to);
    return a < 0 || b < 0 ? -1 : Math.max(a, b);
  }

  private sending(from: number, to: number): number {
    return this.isCopied(from, to) && this.engines[from]! > 0 ? 2 * from : -1;
  }

  private receiving(from: number, to: number): number {
    if (!this.isCopied(from, to) || this.engines[to] === 0) return -1;
    return this.engines[to] === 1 ? 2 * to : 2 * to + 1;
  }

  /** Within a device nothing moves. */
  private isCopied(from: number, to: number): boolean {
    return from !== to && this.host[from] === this.host[to];
  }
}
