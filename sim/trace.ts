import { grown } from './grown.ts';

/** What a row of the trace is. */
export const Row = {
  /** A node that occupied a device, or started and ended at once. */
  node: 0,
  /** A whole transfer: from the start of its Send to its arrival. */
  transfer: 1,
  /** A gradient that an accumulator refused because it came late. */
  dropped: 2,
  /** What was under way when its device failed: it came to nothing. */
  lost: 3,
  /** An exchange as one rank sees it: from when all were there until it ended. `bytes` is the size of the exchange. */
  exchange: 4,
} as const;

/**
 * Append-only columns: what happened in a simulation, in the order in which it started. The story of a run is in
 * here and nowhere else: reports, deadlock messages and tests read the same columns.
 */
export class Trace {
  length = 0;
  kind = new Uint8Array(256);
  loop = new Int32Array(256);
  iteration = new Int32Array(256);
  /** Activity of the loop's template; for transfers, the Send. */
  node = new Int32Array(256);
  /** Index of the device in the cluster; of transfers, the one that receives. */
  place = new Int32Array(256);
  start = new Float64Array(256);
  end = new Float64Array(256);
  bytes = new Float64Array(256);
  /** The row that this one could not start before; −1 where there is none. */
  cause = new Int32Array(256);

  /** Appends a row and returns its number. */
  add(
    kind: number,
    loop: number,
    iteration: number,
    node: number,
    place: number,
    start: number,
    end: number,
    bytes: number,
    cause: number,
  ): number {
    const row = this.length++;
    if (row === this.kind.length) this.grow();
    this.kind[row] = kind;
    this.loop[row] = loop;
    this.iteration[row] = iteration;
    this.node[row] = node;
    this.place[row] = place;
    this.start[row] = start;
    this.end[row] = end;
    this.bytes[row] = bytes;
    this.cause[row] = cause;
    return row;
  }

  private grow(): void {
    const capacity = 2 * this.kind.length;
    this.kind = grown(new Uint8Array(capacity), this.kind);
    this.loop = grown(new Int32Array(capacity), this.loop);
    this.iteration = grown(new Int32Array(capacity), this.iteration);
    this.node = grown(new Int32Array(capacity), this.node);
    this.place = grown(new Int32Array(capacity), this.place);
    this.start = grown(new Float64Array(capacity), this.start);
    this.end = grown(new Float64Array(capacity), this.end);
    this.bytes = grown(new Float64Array(capacity), this.bytes);
    this.cause = grown(new Int32Array(capacity), this.cause);
  }
}
