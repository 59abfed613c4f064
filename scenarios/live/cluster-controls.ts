import type { DType } from '../../base/dtype.ts';
import { DEVICES, findDevice, findNode, NODES } from '../catalog.ts';
import { computesIn } from '../computes-in.ts';
import { networkLink } from '../experiment-cluster.ts';
import { computingDeviceOf } from '../inference.ts';
import type { Control } from '../results.ts';
import type { Scenario } from '../schema.ts';
import { flow, listControl, type Stop, sliderControl } from './stops.ts';

/* Controls of the machines: what computes, and what joins it. */

/** Of networks since 10 Mb/s Ethernet, in Gb/s. */
const BANDWIDTHS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 40, 50, 100, 200, 400, 800, 1600];
const BITS = 8;

/** The bandwidth between hosts; the latency stays. None where the topology says what its links are. */
export function networkControl({ cluster }: Scenario): Control | undefined {
  if (cluster.topology?.kind === 'custom') return undefined;
  const link = networkLink(cluster);
  const asItIs = (link.bytesPerSecond.value * BITS) / 1e9;
  const latency = `${link.latencySeconds.value * 1e6} us`;
  const { count } = cluster.network;
  const others = BANDWIDTHS.filter((value) => Math.abs(value / asItIs - 1) > 0.02).map((value) => ({
    value,
    text: `${value} Gb/s`,
    set: [
      `cluster.network=${flow({ bandwidth: `${value} Gb/s`, latency, ...(count !== undefined && { count }) })}`,
    ],
  }));
  return sliderControl(
    'network',
    'Network of each host',
    [...others, { value: asItIs, text: `${link.name} (as it is)`, set: [] }],
    asItIs,
  );
}

/** What computes in a type: another whole machine where the scenario names one, else another accelerator, or another CPU. */
export function deviceControl({ cluster }: Scenario, precision: DType): Control | undefined {
  const computes = (id: string): boolean => computesIn(precision, id);
  const { node, accelerator, cpu, profile, more_accelerators } = cluster.workers;
  if (profile !== undefined || more_accelerators !== undefined) return undefined;
  if (node !== undefined) {
    const kept = findNode(node).accelerators === undefined;
    const like = NODES.filter(
      (one) => (one.accelerators === undefined) === kept && computes(computingDeviceOf(one)),
    );
    return listControl('device', 'Machine', stopsOf(like, node, 'cluster.workers.node'), node);
  }
  if (accelerator !== undefined) {
    const like = DEVICES.filter(({ id, kind }) => kind === findDevice(accelerator).kind && computes(id));
    const stops = stopsOf(like, accelerator, 'cluster.workers.accelerator');
    return listControl('device', `${findDevice(accelerator).kind} of each worker`, stops, accelerator);
  }
  const cpus = DEVICES.filter(({ id, kind }) => kind === 'CPU' && computes(id));
  return listControl('device', 'CPU of each worker', stopsOf(cpus, cpu, 'cluster.workers.cpu'), cpu);
}

function stopsOf(
  entries: readonly { readonly id: string; readonly name: string }[],
  start: string,
  path: string,
): Stop<string>[] {
  return entries.map(({ id, name }) => ({
    value: id,
    text: name,
    set: id === start ? [] : [`${path}=${id}`],
  }));
}

const PROBABILITIES = [0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5];
/** Where the scenario has no stragglers of its own: so many times as long. */
const SLOWDOWN = 3;

/** How often a worker straggles, and by how much where the scenario does not say. */
export function stragglerControl({ noise }: Scenario): Control | undefined {
  const { probability, slowdown } = noise.stragglers;
  const factor = slowdown > 1 ? slowdown : SLOWDOWN;
  const stops = [...PROBABILITIES, probability].map((value) => ({
    value,
    text: value === 0 ? 'never' : `${Number((100 * value).toPrecision(3))} %`,
    set: value === probability ? [] : [`noise.stragglers=${flow({ probability: value, slowdown: factor })}`],
  }));
  return sliderControl('stragglers', `Chance of a step ${factor} × as long`, stops, probability);
}
