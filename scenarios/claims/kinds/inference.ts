import * as z from 'zod';
import { UserError } from '../../../base/errors.ts';
import { getOrMake } from '../../../base/get-or-make.ts';
import type { Catalog } from '../../../devices/catalog/catalog.ts';
import type { DeviceModel } from '../../../devices/device.ts';
import { withSockets } from '../../../devices/sockets.ts';
import type { Graph } from '../../../graph/graph.ts';
import { DEVICES, INFERENCE_MODELS, MODELS } from '../../catalog.ts';
import { count, map, name } from '../../fields.ts';
import { INFERENCE_PRECISIONS, inferenceGraph, inferenceStep, weightCount } from '../../inference-step.ts';
import type { ClaimKind, Setting } from './kind.ts';

const NETWORKS = { ...MODELS, ...INFERENCE_MODELS };

const fields = map({
  model: name('model', Object.keys(NETWORKS)).describe(
    'A network of the zoo (`stepcast models` lists them).',
  ),
  batch: count(1, 10_000_000).describe('Samples that are inferred at a time.'),
  precision: z
    .enum(INFERENCE_PRECISIONS)
    .optional()
    .describe('int8 of the 8-bit networks and float32 of others, if absent.'),
  device: name(
    'device',
    DEVICES.map(({ id }) => id),
  )
    .optional()
    .describe('Device of the catalog that computes; that of the hardware, if absent.'),
  stack: z.string().optional().describe('Software, by its id in the catalog.'),
  host_share: z
    .number()
    .min(0)
    .max(100)
    .default(0)
    .describe("Time of the host that is not hidden, as a share of the device's."),
});
type Fields = z.output<typeof fields>;

const graphs = new Map<string, Graph>();
const weights = new Map<string, number>();

/** One batch through a network, on one device that has its inputs, and the host's time besides. */
export const inference: ClaimKind<Fields> = {
  name: 'inference',
  what: 'a batch of inferences on one device',
  fields: fields as unknown as z.ZodType<Fields>,
  predict: ({ model, batch, precision, device: id, stack, host_share }, setting) => {
    const { catalog, kernelFactor } = setting;
    const software = stack === undefined ? undefined : catalog.stack(stack);
    const graph = getOrMake(graphs, JSON.stringify([model, batch, precision]), () =>
      inferenceGraph({ network: NETWORKS[model]!, batch, precision }),
    );
    const device = id === undefined ? deviceOf(setting) : catalog.device(id);
    const { seconds, productFlops, peakFlops, rooflineSeconds } = inferenceStep(graph, device, {
      kernelFactor,
      ...(software !== undefined && {
        dispatchSeconds: device.kind === 'CPU' ? 0 : software.dispatchSeconds.value,
        fuses: software.fusesElementwise,
      }),
    });
    return {
      seconds: seconds * (1 + host_share) + (software?.stepSeconds.value ?? 0),
      devices: 1,
      samples: batch,
      modelFlops: productFlops,
      peakFlops,
      rooflineSeconds,
      idealSeconds: productFlops / peakFlops,
    };
  },
  sizes: ({ model, batch }) => ({
    devices: 1,
    batch,
    parameters: getOrMake(weights, model, () => weightCount(NETWORKS[model]!)),
  }),
};

/** What workers of the claim's hardware compute on. */
function deviceOf({ cluster, catalog }: { cluster: Setting['cluster']; catalog: Catalog }): DeviceModel {
  if (cluster === undefined)
    throw new UserError('which device? the claim names neither hardware nor `device`');
  const { accelerator, cpu, cpus = 1 } = cluster.workers;
  return accelerator === undefined ? withSockets(catalog.device(cpu), cpus) : catalog.device(accelerator);
}
