import type { PaperRow, PaperSeconds } from './paper-tables.ts';

/** Differences below this share are none. */
const TOLERANCE = 0.01;
const WORSE = 1 + TOLERANCE;

/** Something that a row of the papers' tables says of which placement is faster. Undefined: the row does not say. */
interface Ordering {
  readonly statement: string;
  readonly holds: (seconds: PaperSeconds) => boolean | undefined;
}

const isNumber = (value: number | undefined): value is number => value !== undefined && value < Infinity;

export const ORDERINGS: readonly Ordering[] = [
  {
    statement: 'one GPU is faster than the CPU',
    holds: ({ cpu, gpu }) => (cpu === undefined || gpu === Infinity ? undefined : gpu! < cpu),
  },
  { statement: 'one GPU has too little memory', holds: ({ gpu }) => gpu === Infinity },
  {
    statement: 'nothing is faster than one GPU',
    holds: ({ gpu, minCut, expert, learned }) =>
      isNumber(gpu) ? gpu <= WORSE * Math.min(minCut, expert, learned) : undefined,
  },
  {
    statement: 'the expert’s placement is no faster than one GPU',
    holds: ({ gpu, expert }) => (isNumber(gpu) ? gpu <= WORSE * expert : undefined),
  },
  {
    statement: 'min-cut is slower than one GPU',
    holds: ({ gpu, minCut }) => (isNumber(gpu) ? minCut > WORSE * gpu : undefined),
  },
  {
    statement: 'min-cut is slower than the expert’s placement',
    holds: ({ minCut, expert }) => minCut > WORSE * expert,
  },
  {
    statement: 'min-cut is slower than the learned placement',
    holds: ({ minCut, learned }) => minCut > WORSE * learned,
  },
  {
    statement: 'the learned placement is at least as good as the expert’s',
    holds: ({ expert, learned }) => learned <= WORSE * expert,
  },
];

/** What a paper's row says, and whether simulation says so too. */
export interface Verdict {
  readonly statement: string;
  readonly holds: boolean;
}

/** Of the statements that the published row makes. */
export function verdicts(published: PaperRow, simulated: PaperSeconds): Verdict[] {
  return ORDERINGS.filter(({ holds }) => holds(published) === true).map(({ statement, holds }) => ({
    statement,
    holds: holds(simulated) === true,
  }));
}
