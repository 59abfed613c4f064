import { printable, shortened } from '../../../base/text.ts';
import type { SweepJob, SweepRow } from '../job.ts';
import { rowSchema } from '../row-schema.ts';

/**
 * The row of a job from what a worker answered, of which only the figures are believed, and these only in their form.
 * An answer that is no row gives a row that says so.
 */
export function rowOfAnswer(job: SweepJob, answer: unknown): SweepRow {
  const { data: row, error } = rowSchema.safeParse(answer);
  if (row === undefined) {
    const { path, message } = error!.issues[0]!;
    return rowOfFailure(job, `a worker's answer is no row: ${[...path.map(String), message].join(': ')}`);
  }
  if (row.key !== job.key) return rowOfFailure(job, "a worker's answer is that of another run");
  return { ...labelsOf(job), error: row.error, figures: row.figures };
}

/** The row of a job that no worker could finish. */
export function rowOfFailure(job: SweepJob, why: string): SweepRow {
  return { ...labelsOf(job), error: shortened(printable(why.replaceAll(/\s+/g, ' ')), 500), figures: [] };
}

function labelsOf({ sweep, key, index, values, scenario: { seed } }: SweepJob) {
  return { sweep, key, index, seed, values };
}
