import * as z from 'zod';
import { DEVICES, NODES } from './catalog.ts';
import { servedSchema } from './chosen-model.ts';
import { count, distinct, map, name, quantity } from './fields.ts';
import { INFERENCE_PRECISIONS } from './inference-step.ts';

/* Experiments about inference, as users write them. */

const ids = (list: readonly { readonly id: string }[]) => list.map(({ id }) => id);

const batches = () => z.array(count(1, 1_000_000)).min(1).max(50).superRefine(distinct);

const server = map({
  device: name('device', ids(DEVICES)).optional().describe('One device of the catalog by itself.'),
  node: name('node', ids(NODES))
    .optional()
    .describe('A whole machine of the catalog instead: all of its accelerators, and its power.'),
  precision: z
    .enum(INFERENCE_PRECISIONS)
    .optional()
    .describe('Type of weights and arithmetic. int8 of the 8-bit networks and float32 of others, if absent.'),
  batches: batches().optional().describe("Sizes of batches here, instead of the experiment's."),
  host_share: z
    .number()
    .min(0)
    .max(100)
    .default(0)
    .describe("Time of the host per batch that is not hidden, as a share of the device's."),
}).superRefine((choice, context) => {
  if ((choice.device === undefined) === (choice.node === undefined))
    context.addIssue({ code: 'custom', message: 'set either device or node', path: [], input: choice });
});

export const inferenceFields = {
  kind: z.literal('inference'),
  model: servedSchema.describe('What answers requests.'),
  batches: batches().describe('Sizes of batches to compare.'),
  servers: z
    .array(server)
    .min(1)
    .max(50)
    .describe('What it runs on; the first is what others are compared with.'),
  latency: quantity('seconds', '1 us', '1 h')
    .optional()
    .describe(
      'Within which 99 % of requests are to be answered, e.g. "7 ms". If absent, devices are always busy.',
    ),
};

export type ServerChoice = z.output<typeof server>;
