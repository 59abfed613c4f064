import { mean } from '../base/statistics.ts';
import { clusterEconomy } from './economy.ts';
import { computingKind } from './experiment-cluster.ts';
import type { Economy } from './results.ts';
import type { Scenario } from './schema.ts';
import type { Simulated } from './training-run.ts';

/** What a run of training costs and draws; null where it has no steps to speak of. */
export function trainingEconomy(
  { cluster: choice }: Scenario,
  run: Simulated,
  { stepSeconds, samplesPerSecond }: { readonly stepSeconds: number; readonly samplesPerSecond: number },
): Economy | null {
  if (stepSeconds === 0 || samplesPerSecond === 0) return null;
  const { cluster, setting } = run;
  // Servers that the strategy has no use for are not rented.
  const servers = new Set(Array.from({ length: setting.parameterServers }, (_, i) => `ps/${i}`));
  const devices = cluster.devices.flatMap(({ host }, d) =>
    host.startsWith('worker/') || servers.has(host) ? [d] : [],
  );
  const busy = busyShares(run, computingKind(choice));
  return clusterEconomy(choice, { cluster, devices, busy, stepSeconds, samplesPerSecond });
}

/** Per device; workers that others stood for are as busy as these. */
function busyShares({ cluster, setting, simulation }: Simulated, kind: string): Float64Array {
  const { deviceUse, seconds } = simulation;
  const busy = deviceUse.compute.map((computing) => computing / seconds);
  const ofWorkers = cluster.devices
    .flatMap(({ host, model }, d) => (host.startsWith('worker/') && model.kind === kind ? [d] : []))
    .slice(0, setting.workers);
  const active = ofWorkers.filter((d) => deviceUse.compute[d]! + deviceUse.communication[d]! > 0);
  if (active.length === ofWorkers.length) return busy;
  const usual = mean(active.map((d) => busy[d]!));
  for (const d of ofWorkers) if (!active.includes(d)) busy[d] = usual;
  return busy;
}
