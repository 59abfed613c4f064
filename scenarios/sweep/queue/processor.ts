// The program of a process that runs the jobs of a worker, one after the other: default-exported, as BullMQ wants it.
import { UserError } from '../../../base/errors.ts';
import type { SweepRow } from '../job.ts';
import { runSweepJob } from '../run-job.ts';
import { readJobMessage } from './job-message.ts';

// Where the worker was killed, nobody waits for an answer. BullMQ would try for ever to tell of one that cannot be sent,
// and never come to hear that the worker is gone.
process.on('disconnect', () => process.exit());
process.prependListener('uncaughtException', ({ code }: NodeJS.ErrnoException) => {
  if (!process.connected || code === 'ERR_IPC_CHANNEL_CLOSED' || code === 'EPIPE') process.exit();
});

/** @throws what BullMQ does not try again where the job is none; anything else it tries again. */
export default async function processJob({
  id,
  data,
}: {
  readonly id?: string;
  readonly data: unknown;
}): Promise<SweepRow> {
  try {
    return await runSweepJob(readJobMessage(id, data));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw Object.assign(new Error(error.message), { name: 'UnrecoverableError' });
  }
}
