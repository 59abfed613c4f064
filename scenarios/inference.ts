import { stream } from '../base/random.ts';
import { parseQuantity } from '../base/units.ts';
import type { DeviceModel } from '../devices/device.ts';
import type { NodeModel } from '../devices/node.ts';
import { withSockets } from '../devices/sockets.ts';
import { arrivals, highestRate, responseSeconds } from '../sim/batch-queue.ts';
import { findDevice, findNode } from './catalog.ts';
import { errorBarFor } from './error-bars.ts';
import { serverEconomy } from './inference-economy.ts';
import type { ServerChoice } from './inference-schema.ts';
import { inferenceStep } from './inference-step.ts';
import type { InferenceExperiment, InferenceRun } from './results.ts';
import type { InferenceScenario } from './schema.ts';
import { servedModel } from './served-model.ts';
import type { RunProgress } from './training.ts';

/** Of response times: the percentile that is asked about, and at which load it is told. */
const PERCENTILE = 0.99;
const LOAD = 0.9;

/** Id of the device of a node that computes. */
export const computingDeviceOf = ({ accelerators, cpu }: NodeModel): string => accelerators?.model ?? cpu;

interface Server {
  readonly id: string;
  readonly device: DeviceModel;
  readonly devices: number;
  readonly watts: number | null;
}

/** A device by itself; or the accelerators of a node, else its CPUs as one. */
function serverOf({ device: id, node: nodeId }: ServerChoice): Server {
  if (id !== undefined) {
    const device = findDevice(id);
    return { id, device, devices: 1, watts: device.powerWatts?.value ?? null };
  }
  const node = findNode(nodeId!);
  const model = findDevice(computingDeviceOf(node));
  const watts = node.powerWatts?.value ?? null;
  return node.accelerators === undefined
    ? { id: node.id, device: withSockets(model, node.cpus), devices: 1, watts }
    : { id: node.id, device: model, devices: node.accelerators.count, watts };
}

/** Times every batch on every server, and asks how much each can serve within the latency. */
export function runInference(
  experiment: InferenceScenario,
  seed: number,
  progress: RunProgress,
): InferenceExperiment {
  const { name, title = name, batches, servers, latency } = experiment;
  const served = servedModel(experiment.model, batches, servers);
  const bound = latency === undefined ? null : parseQuantity(latency, 'seconds');
  const unitArrivals = arrivals(stream(seed, 'arrivals', name));
  const { model } = served;
  const total = servers.reduce((sum, choice) => sum + (choice.batches ?? batches).length, 0);
  const runs: InferenceRun[] = [];
  for (const choice of servers) {
    const { id, device, devices, watts } = serverOf(choice);
    for (const batch of choice.batches ?? batches) {
      progress(`${id}, batches of ${batch}`, runs.length, total);
      const { precision } = choice;
      const step = inferenceStep(served.graph(batch, precision), device);
      const server = { batch, seconds: step.seconds * (1 + choice.host_share) };
      const most = batch / server.seconds;
      const bounded = bound === null ? undefined : highestRate(unitArrivals, server, PERCENTILE, bound);
      const sizes = { devices: 1, batch, parameters: model.parameters };
      const busy = bound === null ? 1 : (bounded ?? 0) / most;
      runs.push({
        server: id,
        device: device.name,
        devices,
        watts,
        economy: serverEconomy(choice, { batch, busy, samplesPerSecond: busy * devices * most }),
        precision: precision ?? served.precision,
        batch,
        batchSeconds: server.seconds,
        flopsPerSecond: step.productFlops / step.seconds,
        samplesPerSecond: devices * most,
        boundedSamplesPerSecond: bounded === undefined ? null : devices * bounded,
        responseSeconds: responseSeconds(unitArrivals, LOAD * most, server, PERCENTILE),
        errorBar: errorBarFor({ kind: 'inference', from: 'catalog', device: device.id, sizes }),
      });
    }
  }
  return { name, title, model, latencySeconds: bound, runs, controls: null };
}
