import { z } from 'zod';
import { UserError } from '../../../base/errors.ts';
import { sentence } from '../../fields.ts';
import { RESULTS_VERSION } from '../../results.ts';
import { scenarioSchema } from '../../schema.ts';
import { version } from '../../version.ts';
import type { SweepJob } from '../job.ts';
import { sweepKey } from '../key.ts';
import { refuseFiles } from './refuse-files.ts';
import { writtenScenario } from './written-scenario.ts';

/*
 * A job as it travels through a queue. Whoever can write to the Redis can put anything there: a worker believes
 * nothing of it.
 */

/** Bytes of JSON; a scenario file may have one million. */
const MOST_BYTES = 2_000_000;

const messageSchema = z.strictObject({
  program: z.literal(version),
  results: z.literal(RESULTS_VERSION),
  sweep: z.string().regex(/^[0-9a-f]{16}$/),
  index: z.int().nonnegative(),
  values: z.record(z.string(), z.unknown()),
  scenario: z.unknown(),
});

/** What is sent of a job, beside its key, which names it. */
export type JobMessage = Readonly<z.infer<typeof messageSchema>>;

/** @throws UserError where the job could not run on another machine. */
export function jobMessage({ sweep, index, values, scenario }: SweepJob): JobMessage {
  refuseFiles(scenario);
  return {
    program: version,
    results: RESULTS_VERSION,
    sweep,
    index,
    values,
    scenario: writtenScenario(scenario),
  };
}

/**
 * The job of a message, checked as a scenario file is.
 *
 * @throws UserError where it is none that this program would have sent.
 */
export function readJobMessage(key: string | undefined, message: unknown): SweepJob {
  if ((JSON.stringify(message) ?? '').length > MOST_BYTES) throw refused('it is too large');
  const read = messageSchema.safeParse(message);
  if (!read.success) throw refused(firstIssue(read.error));
  const { sweep, index, values, scenario: asked } = read.data;
  // Before it is checked: checks may look into files.
  refuseFiles(asked);
  const checked = scenarioSchema.safeParse(asked, { error: sentence });
  if (!checked.success) throw refused(firstIssue(checked.error));
  const scenario = checked.data;
  refuseFiles(scenario);
  if (sweepKey(scenario) !== key) throw refused('its key is not that of its scenario');
  return { sweep, key, index, values, scenario };
}

function firstIssue({ issues }: z.ZodError): string {
  const { path, message } = issues[0]!;
  return `${path.length === 0 ? '' : `${path.join('.')}: `}${message}`;
}

function refused(why: string): UserError {
  return new UserError(`not a job of stepcast ${version}: ${why}`);
}
