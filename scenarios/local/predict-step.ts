import type { Work } from '../../base/work.ts';
import type { Cluster } from '../../devices/cluster.ts';
import { buildCluster } from '../../devices/cluster-builder.ts';
import type { LinkModel } from '../../devices/device.ts';
import type { Profile } from '../../devices/profile.ts';
import { profiledDevice } from '../../devices/profiled-device.ts';
import { graphWork } from '../../graph/cost.ts';
import { singleLoopPlan } from '../../graph/plan.ts';
import { compilePlan } from '../../sim/compile.ts';
import { simulate } from '../../sim/engine.ts';
import { nodeSeconds } from './local-cost.ts';
import type { LocalStep } from './local-step.ts';

/**
 * Seconds of a step on the profiled machine, by the simulator: each device is a thread, threads are joined by a link as the
 * profile measured it. What the simulator takes to be done at once (reading a variable, reshaping) costs an executor its
 * dispatch; that is added to the step.
 */
export function predictStep({ program }: LocalStep, profile: Profile): number {
  const { p } = program.program;
  const { graph } = p;
  const seconds = nodeSeconds(program, profile);
  const work = graphWork(graph);
  const times = new Map<Work, number>(work.map((one, node) => [one, seconds[node]!]));
  const cluster = machine(p.devices.length, profile);
  const compiled = compilePlan(singleLoopPlan(p), cluster, (one) => times.get(one)!);
  const busy = new Float64Array(p.devices.length);
  for (let node = 0; node < graph.nodeCount; node++) {
    if (work[node]!.class === 'none') busy[p.device[node]!]! += seconds[node]!;
  }
  const several = new Set(p.device).size > 1;
  const step = several ? (profile.exchange?.stepSeconds ?? 0) : profile.dispatch.stepSeconds;
  return simulate(compiled, cluster).seconds + Math.max(...busy) + step;
}

/** One host per device, joined by a switch. */
function machine(devices: number, profile: Profile): Cluster {
  const cpu = profiledDevice(profile);
  return buildCluster({ jobs: [{ name: 'thread', tasks: devices, cpu, nic: exchangeLink(profile) }] });
}

/** Half of the way from one thread to another. */
function exchangeLink({ exchange }: Profile): LinkModel {
  const measured = (value: number) => ({ value, evidence: 'measured', source: 'profile' }) as const;
  const rate = measured(exchange?.bytesPerSecond ?? 1e9);
  return {
    id: 'threads',
    name: 'messages between threads',
    bytesPerSecond: rate,
    rawBytesPerSecond: rate,
    latencySeconds: measured((exchange?.latencySeconds ?? 0) / 2),
  };
}
