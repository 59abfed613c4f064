import { countOf, fact } from './facts.ts';
import { checkReach } from './hardware.ts';
import type { Mapped, Said } from './mapped.ts';
import { required } from './refusal.ts';
import { deviceBatch, mapped, replicaOf } from './replica.ts';

/** Whether parameters live on servers, of their own or within the hosts of workers. */
export const isParameterServer = ({ strategy, facts }: Said): boolean =>
  countOf(facts, 'servers') !== undefined ||
  /parameter[\s_-]?server|\b(a?sync|sync)_ps\b|in-host ps|backup_workers|distributed_replicated/i.test(
    strategy,
  );

/** A point of training by parameter servers. @throws Refusal */
export function parameterServerPoint(said: Said): Mapped {
  const { facts, strategy, claim } = said;
  const workers = required(countOf(facts, 'workers'), 'how many workers: not stated');
  const inHost = /\(cpu\)|in-host/i.test(strategy);
  const inDevice = /\(gpu\)/i.test(strategy);
  const colocated = /co-?located|distributed_replicated/i.test(`${claim.what} ${strategy}`);
  const servers = required(
    countOf(facts, 'servers') ?? (inHost || inDevice ? 1 : undefined),
    'how many parameter servers: not stated',
  );
  const { batch } = deviceBatch(said);
  const replica = replicaOf(said, batch);
  checkReach(said.hardware, workers, inHost || inDevice || colocated ? 0 : servers);
  return mapped('parameter-server', replica, {
    workers,
    servers,
    placement: inDevice ? 'in-device' : inHost || colocated ? 'in-host' : 'hosts',
    ...(/distributed_replicated/i.test(strategy) && { summed_in_hosts: true }),
    updates: /\basync/i.test(strategy) ? 'async' : 'sync',
    backups: fact(facts, 'backups') === undefined ? undefined : countOf(facts, 'backups'),
  });
}
