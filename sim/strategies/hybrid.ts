import { divisorsNear } from '../../base/divisors.ts';
import { asynchronousPlan } from './async.ts';
import { countOption, requiredCount } from './options.ts';
import { homesLabel, serverOptions, serverRefusal } from './server-options.ts';
import type { Strategy } from './strategy.ts';
import { synchronousGroups } from './synchronous-groups.ts';

const options = {
  ...serverOptions,
  groups: requiredCount(1, 10_000, 'Groups into which the workers are divided.'),
  backups: countOption(0, 0, 10_000, 'So many of the workers of each group are not waited for.'),
};

/**
 * Groups of workers, synchronous inside and asynchronous between (e.g. Kurth et al., "Deep learning at 15PF", SC 2017). One
 * group is synchronous training. A group of one has nobody to wait for: it applies its gradient at once, as asynchronous
 * workers do.
 */
export const hybrid: Strategy<typeof options> = {
  kind: 'hybrid',
  description: 'groups of workers: an update takes the mean gradient of a group, whatever the others do',
  options,
  usesServers: true,
  refuses: (setting) => {
    const { workers } = setting;
    const { groups, backups } = setting.options;
    if (workers % groups !== 0)
      return `${groups} groups do not divide ${workers} workers; ${divisorsNear(workers, groups)} do`;
    const members = workers / groups;
    if (backups < members) return serverRefusal(setting);
    return `${backups} of the ${members} worker${members === 1 ? '' : 's'} of a group as backups leaves none to wait for`;
  },
  replicas: ({ workers }) => workers,
  gradientsPerUpdate: ({ workers, options: { groups, backups } }) => workers / groups - backups,
  label: (chosen) => {
    const { groups, backups } = chosen;
    const spare = backups === 0 ? '' : `, ${backups} backup${backups === 1 ? '' : 's'} each`;
    return `hybrid, ${groups} group${groups === 1 ? '' : 's'}${spare}${homesLabel(chosen)}`;
  },
  plan: (input) => {
    const { workers } = input;
    const { groups, backups } = input.options;
    return groups === workers
      ? asynchronousPlan(input)
      : synchronousGroups(input, groups, workers / groups - backups);
  },
};
