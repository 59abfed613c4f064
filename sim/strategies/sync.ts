import { requiredCount } from './options.ts';
import type { Strategy } from './strategy.ts';
import { synchronousGroups } from './synchronous-groups.ts';

export const synchronous: Strategy = {
  kind: 'sync',
  description: 'an update takes the mean gradient of all workers; everybody waits for the slowest',
  options: {},
  usesServers: true,
  hasNumbers: true,
  refuses: () => undefined,
  replicas: ({ workers }) => workers,
  gradientsPerUpdate: ({ workers }) => workers,
  label: () => 'synchronous',
  plan: (input) => synchronousGroups(input, 1, input.workers),
};

const backupOptions = {
  backups: requiredCount(1, 10_000, 'So many of the workers are not waited for.'),
};

export const backupWorkers: Strategy<typeof backupOptions> = {
  kind: 'backup',
  description: 'an update takes the first n − b gradients of n workers; the b late ones are dropped',
  options: backupOptions,
  usesServers: true,
  hasNumbers: true,
  refuses: ({ workers, options: { backups } }) =>
    workers > backups ? undefined : `${backups} of ${workers} workers as backups leaves none to wait for`,
  replicas: ({ workers }) => workers,
  gradientsPerUpdate: ({ workers, options: { backups } }) => workers - backups,
  label: ({ backups }) => `synchronous, ${backups} backup${backups === 1 ? '' : 's'}`,
  plan: (input) => synchronousGroups(input, 1, input.workers - input.options.backups),
};
