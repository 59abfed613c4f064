/**
 * What the engine asks of a network model. Transfers are numbers that the engine chooses; each is under way at most
 * once at a time. Time never goes backwards between calls.
 *
 * The engine handles all events of one instant first, then calls `settle` once, then asks `nextSeconds`: models that
 * share links re-rate in `settle`.
 */
export interface Network {
  /**
   * Registers a route (links in order, at least one) and returns its number; equal routes give the same number.
   */
  addRoute(links: Int32Array): number;
  /** Sends `bytes` (≥ 0) over a route: the message leaves at `now`. */
  send(transfer: number, route: number, bytes: number, now: number): void;
  /** Gives up a transfer that is under way: its host has failed. What it carried so far stays counted. */
  cancel(transfer: number, now: number): void;
  /** From `now` on, a link runs at `factor` times its nominal bandwidth (0 ≤ factor); 0 means down. */
  setSpeed(link: number, factor: number, now: number): void;
  /** All changes of the instant `now` are known. */
  settle(now: number): void;
  /** When something happens next inside the network; Infinity where nothing is under way that can move. Valid after `settle`. */
  readonly nextSeconds: number;
  /**
   * Handles what happens at `nextSeconds`, which is now: returns a transfer that has arrived (its last byte is at the
   * end of its route), or −1 where none has (more) at this instant. The engine calls it until it returns −1.
   */
  arrived(now: number): number;
  /** Accounts for all up to `now`; the two columns below are valid then. */
  close(now: number): void;
  /** Per link: bytes carried, and seconds in which it carried something. */
  readonly bytes: Float64Array;
  readonly busySeconds: Float64Array;
}
