import { flagOption, requiredCount } from './options.ts';
import { homesLabel, serverOptions, serverRefusal } from './server-options.ts';
import type { Strategy } from './strategy.ts';
import { synchronousGroups } from './synchronous-groups.ts';

export const synchronous: Strategy<typeof serverOptions> = {
  kind: 'sync',
  description: 'an update takes the mean gradient of all workers; everybody waits for the slowest',
  options: serverOptions,
  usesServers: true,
  refuses: serverRefusal,
  replicas: ({ workers }) => workers,
  gradientsPerUpdate: ({ workers }) => workers,
  label: (options) => `synchronous${homesLabel(options)}`,
  plan: (input) => synchronousGroups(input, 1, input.workers),
};

const backupOptions = {
  ...serverOptions,
  backups: requiredCount(1, 10_000, 'So many of the workers are not waited for.'),
  extra: flagOption(
    false,
    'Whether the backups come on top of the workers that a scenario asks for, rather than being some of them.',
  ),
};

export const backupWorkers: Strategy<typeof backupOptions> = {
  kind: 'backup',
  description: 'an update takes the first n − b gradients of n workers; the b late ones are dropped',
  options: backupOptions,
  usesServers: true,
  refuses: (setting) => {
    const { workers, options } = setting;
    if (workers > options.backups) return serverRefusal(setting);
    return `${options.backups} of ${workers} workers as backups leaves none to wait for`;
  },
  extraWorkers: ({ extra, backups }) => (extra ? backups : 0),
  replicas: ({ workers }) => workers,
  gradientsPerUpdate: ({ workers, options: { backups } }) => workers - backups,
  label: (options) =>
    `synchronous, ${options.backups} ${options.extra ? 'extra ' : ''}backup${options.backups === 1 ? '' : 's'}${homesLabel(options)}`,
  plan: (input) => synchronousGroups(input, 1, input.workers - input.options.backups),
};
