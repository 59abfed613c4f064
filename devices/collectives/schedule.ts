import { invariant } from '../../base/errors.ts';

/**
 * A collective operation as the messages that ranks exchange, in rounds, as a program of point-to-point calls has
 * them: in a round, a rank sends and receives all its messages at once; its next round begins when they are done.
 * Ranks are not held together otherwise: a round is no barrier, and a rank may sit rounds out.
 *
 * Vectors are split evenly, to fractions of a byte, as the closed forms do.
 */
export interface CollectiveSchedule {
  readonly kind: 'messages';
  readonly ranks: number;
  /** Messages `roundStart[r]` up to `roundStart[r + 1]` are those of round r. */
  readonly roundStart: Int32Array;
  /** Per message: who sends it. */
  readonly from: Int32Array;
  /** Per message: who receives it, another rank. */
  readonly to: Int32Array;
  readonly bytes: Float64Array;
  /** Per message: 1 where the receiver adds it to its own elements, 0 where it only stores it. */
  readonly reduces: Uint8Array;
}

/** Writes a schedule message by message, for algorithms in which ranks differ. */
export class ScheduleBuilder {
  private readonly ranks: number;
  private readonly roundStart = [0];
  private readonly from: number[] = [];
  private readonly to: number[] = [];
  private readonly bytes: number[] = [];
  private readonly reduces: number[] = [];

  constructor(ranks: number) {
    this.ranks = ranks;
  }

  /** A message of the current round. */
  send(from: number, to: number, bytes: number, reduces: boolean): void {
    invariant(
      from !== to && this.has(from) && this.has(to),
      `no message leads from rank ${from} to rank ${to}`,
    );
    this.from.push(from);
    this.to.push(to);
    this.bytes.push(bytes);
    this.reduces.push(reduces ? 1 : 0);
  }

  /** Ends the current round; one without messages leaves no trace. */
  endRound(): void {
    if (this.from.length > this.roundStart.at(-1)!) this.roundStart.push(this.from.length);
  }

  finish(): CollectiveSchedule {
    this.endRound();
    return {
      kind: 'messages',
      ranks: this.ranks,
      roundStart: Int32Array.from(this.roundStart),
      from: Int32Array.from(this.from),
      to: Int32Array.from(this.to),
      bytes: Float64Array.from(this.bytes),
      reduces: Uint8Array.from(this.reduces),
    };
  }

  private has(rank: number): boolean {
    return Number.isInteger(rank) && rank >= 0 && rank < this.ranks;
  }
}
