import { basename } from 'node:path';
import type { Results } from '../scenarios/results.ts';
import type { SweepFigures } from '../scenarios/sweep/job.ts';
import { figuresOf } from '../scenarios/sweep/run-job.ts';

/** What `--json` prints of results: the answers, the figures that sweeps keep, too, and where the rest is. */
export interface ResultsSummary {
  readonly title: string;
  readonly seed: number;
  readonly program: string;
  /** A few sentences per experiment. */
  readonly answers: readonly string[];
  /** One entry per run of each experiment. */
  readonly figures: readonly SweepFigures[];
  /** Paths of what was written, by name. */
  readonly files: { readonly [name: string]: string };
}

export function summaryOf(results: Results, files: readonly { readonly path: string }[]): ResultsSummary {
  const { title, seed, program, answers } = results;
  return {
    title,
    seed,
    program,
    answers,
    figures: figuresOf(results),
    files: Object.fromEntries(files.map(({ path }) => [basename(path), path])),
  };
}
