import { join } from 'node:path';
import { getOrMake } from '../../../base/get-or-make.ts';
import type { Work } from '../../../base/work.ts';
import { CATALOG } from '../../../devices/catalog/catalog.ts';
import type { DeviceModel } from '../../../devices/device.ts';
import { kernelSeconds } from '../../../devices/kernels/index.ts';
import type { KernelParameters } from '../../../devices/kernels/parameters.ts';
import { claimedCluster, claimedHosts, kernelsOf } from '../kinds/simulated-step.ts';
import { computingPlan } from '../kinds/single-device.ts';
import { type TrainingRun, trainingPlan } from '../kinds/training-plan.ts';
import type { LedgerPoint } from '../ledger-point.ts';
import { loadClaims } from '../load.ts';
import { LEDGER } from './data.ts';

/** A measured step of a network on one device, as the kernels that it consists of. */
export interface MeasuredNetwork {
  readonly model: string;
  readonly kernels: readonly { readonly work: Work; readonly count: number }[];
  /** Of the software: the least that a kernel takes where the host hands it out, and what a step takes beside. */
  readonly dispatchSeconds: number;
  readonly stepSeconds: number;
  readonly seconds: number;
}

/** Points of claims of the kind `single-device` about one hardware of a file of the ledger. */
export function measuredNetworks(
  source: string,
  claims: readonly string[],
  hardware: string,
): readonly MeasuredNetwork[] {
  const { points } = loadClaims(join(LEDGER, `${source}.yaml`));
  const chosen = points.filter(
    (point) => claims.includes(point.claim) && point.hardware === hardware && point.kind === 'single-device',
  );
  return chosen.map(networkOf);
}

type SingleDeviceRun = Omit<TrainingRun, 'workers'> & {
  readonly phase: 'training' | 'forward' | 'forward+backward';
};

function networkOf(point: LedgerPoint): MeasuredNetwork {
  const run = point.fields as unknown as SingleDeviceRun;
  const setting = { cluster: point.cluster, catalog: CATALOG, kernelFactor: 1 };
  const { computesOn } = claimedHosts(point.cluster, 1);
  const stack = run.stack === undefined ? undefined : CATALOG.stack(run.stack);
  const { loops } =
    run.phase === 'training'
      ? trainingPlan({ ...run, workers: 1 }, setting, claimedCluster(setting, 1))
      : computingPlan(run, run.phase, setting);
  const { template } = loops.at(-1)!;
  const counts = new Map<string, { readonly work: Work; count: number }>();
  for (const work of kernelsOf(template, stack, run)) {
    if (work.class === 'none') continue;
    const { call: _, ...alone } = work;
    const known = getOrMake(counts, JSON.stringify(alone), () => ({ work: alone, count: 0 }));
    known.count++;
  }
  return {
    model: run.model,
    kernels: [...counts.values()],
    dispatchSeconds: computesOn === 'CPU' ? 0 : (stack?.dispatchSeconds.value ?? 0),
    stepSeconds: stack?.stepSeconds.value ?? 0,
    seconds: point.metric === 'throughput' ? run.batch / point.measured : point.measured,
  };
}

/** The device that the points are about. */
export function networkDevice(source: string, hardware: string): DeviceModel {
  const { points } = loadClaims(join(LEDGER, `${source}.yaml`));
  const point = points.find((candidate) => candidate.hardware === hardware)!;
  const setting = { cluster: point.cluster, catalog: CATALOG, kernelFactor: 1 };
  const { computesOn } = claimedHosts(point.cluster, 1);
  const cluster = claimedCluster(setting, 1);
  return cluster.devices[cluster.indexOf(`/job:worker/task:0/device:${computesOn}:0`)]!.model;
}

/** Predicted over measured, on a device with these kernels: one kernel after another. */
export function networkRatios(
  device: DeviceModel,
  networks: readonly MeasuredNetwork[],
  parameters: KernelParameters,
): number[] {
  const changed = { ...device, kernels: { default: { parameters, own: {} } } };
  return networks.map(({ kernels, dispatchSeconds, stepSeconds, seconds }) => {
    let sum = stepSeconds;
    for (const { work, count } of kernels) {
      sum += count * Math.max(dispatchSeconds, kernelSeconds(work, changed));
    }
    return sum / seconds;
  });
}
