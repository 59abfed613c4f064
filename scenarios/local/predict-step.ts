import type { Work } from '../../base/work.ts';
import type { Cluster } from '../../devices/cluster.ts';
import { buildCluster } from '../../devices/cluster-builder.ts';
import type { LinkModel } from '../../devices/device.ts';
import type { Profile } from '../../devices/profile.ts';
import { profiledDevice } from '../../devices/profiled-device.ts';
import type { RunProgram } from '../../executor/run-program.ts';
import { graphWork } from '../../graph/cost.ts';
import { singleLoopPlan } from '../../graph/plan.ts';
import { byteCount } from '../../graph/tensor-spec.ts';
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
  const step = several ? betweenThreads(program, profile) : profile.dispatch.stepSeconds;
  return simulate(compiled, cluster).seconds + Math.max(...busy) + step;
}

/**
 * What a step costs that several threads take part in: telling them, and giving them what is fed, which is copied four times on
 * the way (cut out, written to a message, read from it, and into the thread's memory), twice as often as what threads exchange.
 */
function betweenThreads({ program: { p } }: RunProgram, { exchange }: Profile): number {
  if (exchange === undefined) return 0;
  let fed = 0;
  for (const { call } of graphWork(p.graph)) {
    if (call?.op === 'Placeholder') for (const spec of call.outputs) fed += byteCount(spec);
  }
  return (exchange.stepSeconds ?? 0) + (2 * fed) / exchange.bytesPerSecond;
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
