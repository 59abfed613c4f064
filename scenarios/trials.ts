import * as z from 'zod';
import { meanEstimate, relativeHalfWidth } from '../base/confidence.ts';
import { count, map, sentence, show } from './fields.ts';

/* Repetitions of all runs under other seeds, until means are known well enough: part of the scenario file. */

const MOST_TRIALS = 1000;

/**
 * Trials before their spread is believed: with fewer, chance agreement would end the repetition too early
 * (Law, Simulation Modeling and Analysis, section 9.4.1).
 */
const LEAST_TRIALS = 5;

export const DEFAULT_CONFIDENCE = 0.95;

const goal = map({
  relative_error: z
    .number()
    .min(1e-4)
    .max(0.5)
    .describe("Half the width of the interval of each run's mean step time, over the mean; 0.02 is 2 %."),
  confidence: z
    .number()
    .min(0.5)
    .max(0.999)
    .default(DEFAULT_CONFIDENCE)
    .describe('Share of such intervals that hold the true mean.'),
  at_most: count(LEAST_TRIALS, MOST_TRIALS).default(50).describe('Trials, whatever the error then.'),
});

export const trialsSchema = z.union([count(1, MOST_TRIALS), goal], {
  error: ({ input }) => {
    // A union keeps the problems of its members to itself.
    const isMap = typeof input === 'object' && input !== null && !Array.isArray(input);
    const problems = isMap ? (goal.safeParse(input, { error: sentence }).error?.issues ?? []) : [];
    // A misspelt key is missing too.
    const problem = problems.find(({ code }) => code === 'unrecognized_keys') ?? problems[0];
    if (problem === undefined) {
      return `expected a number of trials such as 10, or a map such as {relative_error: 0.02}, got ${show(input)}`;
    }
    const key = problem.code === 'unrecognized_keys' ? problem.keys[0] : problem.path[0];
    return `${String(key)}: ${problem.message.split('\n')[0]}`;
  },
});

export type TrialsChoice = z.output<typeof trialsSchema>;

export function confidenceOf(choice: TrialsChoice): number {
  return typeof choice === 'number' ? DEFAULT_CONFIDENCE : choice.confidence;
}

/** Most trials that there may be. */
export function mostTrials(choice: TrialsChoice): number {
  return typeof choice === 'number' ? choice : choice.at_most;
}

/**
 * Seed of trial `trial`: the scenario's for the first, and independent ones for the others. All runs of a trial share
 * it, so strategies are compared under the same luck (common random numbers).
 */
export function trialSeed(seed: number, trial: number): number | string {
  return trial === 0 ? seed : `${seed}, trial ${trial}`;
}

/**
 * Runs trials until there are as many as asked for, or until the mean over trials of every run is known as well as
 * asked for. `trial(t)` returns a figure per run. Returns these figures by run, then trial.
 */
export function repeatTrials(choice: TrialsChoice, trial: (t: number) => readonly number[]): number[][] {
  const figures = trial(0).map((figure) => [figure]);
  for (let t = 1; t < mostTrials(choice) && !isEnough(choice, figures); t++) {
    for (const [run, figure] of trial(t).entries()) figures[run]!.push(figure);
  }
  return figures;
}

function isEnough(choice: TrialsChoice, figures: readonly (readonly number[])[]): boolean {
  if (typeof choice === 'number' || (figures[0]?.length ?? 0) < LEAST_TRIALS) return false;
  return figures.every(
    (ofRun) => relativeHalfWidth(meanEstimate(ofRun, choice.confidence)) <= choice.relative_error,
  );
}
