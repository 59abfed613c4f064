import type { Scenario } from '../../schema.ts';

/** A resolved scenario as a file could have it, so that reading it again gives the same one. */
export function writtenScenario(scenario: Scenario): object {
  const { accelerators, ...workers } = scenario.cluster.workers;
  // Resolved: all accelerators of a host, those of other models among them. Written: those of the one model, if any.
  const own = accelerators - (workers.more_accelerators?.length ?? 0);
  const written = own > 0 ? { ...workers, accelerators: own } : workers;
  return { ...scenario, cluster: { ...scenario.cluster, workers: written } };
}
