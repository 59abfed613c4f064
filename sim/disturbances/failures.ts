import { stream } from '../../base/random.ts';
import type { Cluster, ClusterDevice } from '../../devices/cluster.ts';
import type { Change } from './disturbances.ts';
import { matches } from './pattern.ts';

/** Failures at random. */
export interface RandomFailures {
  /** Mean seconds from a repair to the next failure, of a host (with all its devices) and of a device by itself. */
  readonly hostSeconds: number;
  readonly deviceSeconds: number;
  /** From a failure until the machine or a spare one is there; Infinity: never. */
  readonly repairSeconds: number;
  /** Hosts that fail, and whose devices do, e.g. `worker/*`. */
  readonly hosts: string;
}

/**
 * Exponential times between failures (constant hazard rates, as in Schroeder & Gibson, "A large-scale study of failures
 * in high-performance computing systems", DSN 2006, to first order; Weibull with decreasing rates fits their data
 * better). The k-th failure of a machine comes from a stream of its name: it is the same whatever runs on it and however
 * many others there are.
 */
export function randomFailures(
  { hostSeconds, deviceSeconds, repairSeconds, hosts }: RandomFailures,
  { devices }: Cluster,
  seed: number | string,
): Iterator<Change>[] {
  function* failing(kind: string, what: string, mean: number, lost: readonly number[]): Generator<Change> {
    const random = stream(seed, 'failure', kind, what);
    for (let seconds = 0; ; seconds += repairSeconds) {
      seconds += random.exponential(mean);
      yield { kind: 'failure', seconds, devices: lost, what, repairSeconds };
      if (repairSeconds === Number.POSITIVE_INFINITY) return;
    }
  }
  const processes: Iterator<Change>[] = [];
  if (hostSeconds < Number.POSITIVE_INFINITY) {
    for (const [host, lost] of devicesByHost(devices)) {
      if (matches(hosts, host)) processes.push(failing('host', host, hostSeconds, lost));
    }
  }
  if (deviceSeconds < Number.POSITIVE_INFINITY) {
    for (const [device, { name, host }] of devices.entries()) {
      if (matches(hosts, host)) processes.push(failing('device', name, deviceSeconds, [device]));
    }
  }
  return processes;
}

/** One failure of a script. */
export interface ScriptedFailure {
  readonly seconds: number;
  /** A host with all its devices, or a device: names, in which * stands for anything (one failure of each). */
  readonly host?: string;
  readonly device?: string;
  readonly repairSeconds: number;
}

/** In order of time, then of the script. What the cluster does not have (a smaller one of a comparison) cannot fail. */
export function* scriptedFailures(
  script: readonly ScriptedFailure[],
  { devices }: Cluster,
): Generator<Change> {
  const hosts = devicesByHost(devices);
  for (const { seconds, host, device, repairSeconds } of script.toSorted((a, b) => a.seconds - b.seconds)) {
    const failure = (what: string, lost: readonly number[]): Change => {
      return { kind: 'failure', seconds, devices: lost, what, repairSeconds };
    };
    if (host !== undefined) {
      for (const [name, lost] of hosts) if (matches(host, name)) yield failure(name, lost);
    }
    if (device !== undefined) {
      for (const [d, { name }] of devices.entries()) if (matches(device, name)) yield failure(name, [d]);
    }
  }
}

function devicesByHost(devices: readonly ClusterDevice[]): Map<string, number[]> {
  const hosts = new Map<string, number[]>();
  for (const [device, { host }] of devices.entries()) {
    const of = hosts.get(host);
    if (of === undefined) hosts.set(host, [device]);
    else of.push(device);
  }
  return hosts;
}
