import { UserError } from '../../../base/errors.ts';

/** The packages of queues: optional, since sweeps on one machine need none of them. */
export interface QueuePackages {
  readonly bullmq: Pick<typeof import('bullmq'), 'Queue' | 'Worker'>;
  readonly ioredis: Pick<typeof import('ioredis'), 'Redis'>;
}

/** @throws UserError with what to type where they are not installed. */
export async function queuePackages(load: () => Promise<QueuePackages> = installed): Promise<QueuePackages> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new UserError('sweeps on many machines need two more packages: npm install bullmq ioredis');
  }
}

async function installed(): Promise<QueuePackages> {
  const [bullmq, ioredis] = await Promise.all([import('bullmq'), import('ioredis')]);
  return { bullmq, ioredis };
}
