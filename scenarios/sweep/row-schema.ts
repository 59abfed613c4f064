import { z } from 'zod';
import type { SweepFigures, SweepRow } from './job.ts';

/* Rows read back: from files that anybody may have touched, and from other machines. */

const text = z.string().max(10_000);
const count = z.int().nonnegative();
const amount = z.number().nullable();

const figuresSchema: z.ZodType<SweepFigures> = z.strictObject({
  experiment: text,
  kind: z.enum(['training', 'placement', 'inference']),
  label: text,
  workers: count.nullable(),
  parameterServers: count.nullable(),
  batch: count.nullable(),
  stepSeconds: amount,
  stepSecondsP99: amount,
  samplesPerSecond: amount,
  speedUp: amount,
  efficiency: amount,
  dollarsPerMillionSamples: amount,
  joulesPerStep: amount,
  outOfMemory: z.boolean(),
  stopped: text.nullable(),
});

/** What one line of the results of a sweep must be. */
export const rowSchema: z.ZodType<SweepRow> = z.strictObject({
  sweep: z.string().regex(/^[0-9a-f]{16}$/),
  key: z.string().regex(/^[0-9a-f]{64}$/),
  index: count,
  seed: z.int().nullable(),
  values: z.record(z.string(), z.unknown()),
  error: text.nullable(),
  figures: z.array(figuresSchema).max(10_000),
});
