import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../base/errors.ts';
import { readRegularFile } from '../regular-file.ts';
import { RESULTS_VERSION } from '../results.ts';
import { version } from '../version.ts';
import { sweepId } from './key.ts';
import type { SweepPlan } from './plan.ts';

const headerSchema = z.object({
  format: z.literal('stepcast sweep'),
  /** sweepId() of its plan: rows that do not say the same are of an earlier form of it. */
  sweep: z.string().regex(/^[0-9a-f]{16}$/),
  /** Version of stepcast that runs it, and that of its results. */
  program: z.string(),
  results: z.int(),
  name: z.string(),
  title: z.string(),
  parameters: z.array(z.string()),
  count: z.int().nonnegative(),
});

/** What sweep.json says: what the runs beside it are of. */
export type SweepHeader = z.infer<typeof headerSchema>;

export function headerOf(plan: SweepPlan): SweepHeader {
  const { name, title, parameters, count } = plan;
  return {
    format: 'stepcast sweep',
    sweep: sweepId(plan),
    program: version,
    results: RESULTS_VERSION,
    name,
    title,
    parameters: [...parameters],
    count,
  };
}

/** sweep.json of a folder. @throws UserError where it has none, or another one than a sweep writes. */
export function readHeader(folder: string): SweepHeader {
  const path = join(folder, 'sweep.json');
  let value: unknown;
  try {
    value = JSON.parse(readRegularFile(path).toString('utf8'));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${path}: is no JSON`);
  }
  const { data } = headerSchema.safeParse(value);
  if (data === undefined) throw new UserError(`${path}: is not what stepcast sweep writes`);
  return data;
}
