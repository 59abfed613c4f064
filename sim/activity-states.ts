import type { ProgramLoop } from './program.ts';

/** Where an activity is. */
export const State = {
  idle: 0,
  inLine: 1,
  occupying: 2,
  /** A transfer waits for the first copy engine that it needs, or has that and waits for the second. */
  forFirstEngine: 3,
  forSecondEngine: 4,
  onNetwork: 5,
  delayed: 6,
  /** Holds its stream, but its host has yet to dispatch it. */
  forDispatch: 7,
  /** At an exchange, before all ranks are there, and after. */
  forRanks: 8,
  exchanging: 9,
} as const;

/** The activities of all loops of a program, numbered through: those of loop l are base[l] … base[l + 1] − 1. */
export class ActivityStates {
  readonly count: number;
  readonly base: Int32Array;
  /** Per activity: its loop, and where it is. */
  readonly loopOf: Int32Array;
  readonly state: Uint8Array;

  constructor(loops: readonly ProgramLoop[]) {
    this.base = new Int32Array(loops.length + 1);
    for (const [l, { activities }] of loops.entries()) this.base[l + 1] = this.base[l]! + activities.count;
    this.count = this.base[loops.length]!;
    this.loopOf = new Int32Array(this.count);
    for (let l = 0; l < loops.length; l++) this.loopOf.fill(l, this.base[l], this.base[l + 1]);
    this.state = new Uint8Array(this.count);
  }
}
