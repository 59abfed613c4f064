import type { StoreAndForwardNetwork } from './network.ts';
import { Row, type Trace } from './trace.ts';

/** What a stretch of service on a link belongs to. */
interface Transfer {
  readonly loop: number;
  readonly iteration: number;
  readonly node: number;
}

/** Records the service of links in a trace: consecutive segments of one transfer make one row. */
export class LinkBars {
  private readonly trace: Trace;
  private readonly open: (Transfer | undefined)[];
  private readonly start: Float64Array;
  private readonly end: Float64Array;
  private readonly bytes: Float64Array;

  constructor(trace: Trace, links: number) {
    this.trace = trace;
    this.open = new Array<Transfer | undefined>(links).fill(undefined);
    this.start = new Float64Array(links);
    this.end = new Float64Array(links);
    this.bytes = new Float64Array(links);
  }

  /** Notes the service that `network` has just given on `link`. */
  add(
    link: number,
    network: StoreAndForwardNetwork,
    loop: number,
    iteration: number,
    node: number,
    bytes: number,
  ): void {
    const { serviceStart, serviceEnd } = network;
    const open = this.open[link];
    const same =
      open !== undefined && open.loop === loop && open.node === node && open.iteration === iteration;
    if (same && this.end[link] === serviceStart) {
      this.end[link] = serviceEnd;
      this.bytes[link]! += bytes;
      return;
    }
    this.close(link);
    this.open[link] = { loop, iteration, node };
    this.start[link] = serviceStart;
    this.end[link] = serviceEnd;
    this.bytes[link] = bytes;
  }

  /** Writes what is still open. */
  closeAll(): void {
    for (let link = 0; link < this.open.length; link++) this.close(link);
  }

  private close(link: number): void {
    const open = this.open[link];
    if (open === undefined) return;
    this.open[link] = undefined;
    const { loop, iteration, node } = open;
    this.trace.add(
      Row.link,
      loop,
      iteration,
      node,
      link,
      this.start[link]!,
      this.end[link]!,
      this.bytes[link]!,
    );
  }
}
