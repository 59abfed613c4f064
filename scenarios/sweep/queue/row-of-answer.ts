import type { SweepJob, SweepRow } from '../job.ts';
import { rowSchema } from '../row-schema.ts';

/**
 * The row of a job from what a worker answered, of which the figures, or the reason why there are none, are believed
 * in their form; or, as text, why the answer is no such row.
 */
export function rowOfAnswer(job: SweepJob, answer: unknown): SweepRow | string {
  const { data: row, error } = rowSchema.safeParse(answer);
  if (row === undefined) {
    const { path, message } = error!.issues[0]!;
    return `a worker's answer is no row: ${[...path.map(String), message].join(': ')}`;
  }
  if (row.key !== job.key) return "a worker's answer is that of another run";
  const { sweep, key, index, values, scenario } = job;
  return { sweep, key, index, seed: scenario.seed, values, error: row.error, figures: row.figures };
}
