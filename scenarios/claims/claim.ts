import * as z from 'zod';
import { map, words } from '../fields.ts';

/*
 * A file of the ledger: measurements that one source published, each with where it is from and with all that it takes to predict it.
 * `workload`, `strategy` and the point itself are merged, later ones winning, to the fields that the claim's `kind` has
 * (kinds/*.ts): so a key may stand wherever it is least often repeated.
 */

export const FORMAT = 'stepcast-claims/1';

/** Where a figure was read. `recalled`: from memory; such points show orderings and are never gates. */
const provenance = map({
  kind: z.enum(['seen', 'recalled']),
  tier: z
    .enum(['primary', 'secondary'])
    .optional()
    .describe('The source itself, or a document that quotes it.'),
  read_from: words(200).optional().describe('Table, text, log or figure.'),
  where: words(1000).optional(),
  confidence: words(100).optional(),
});

const scalar = z.union([z.string(), z.number(), z.boolean()]);
/** Keys of the kind's fields; `kinds/*.ts` checks them once they are merged. */
const settings = z.record(z.string(), z.union([scalar, z.array(scalar)]));

/** What `value` is; the predicted step is converted to it. */
export const METRICS = {
  step_time: 'time of a step, a collective or a batch',
  throughput: 'samples (images, sequences, inferences) per second, of all devices',
  tokens_throughput: 'words per second, of all devices',
  tokens_throughput_per_device: 'words per second and device',
  flops_per_device: "the model's flops, per second and device",
  flops: "the model's flops per second, of all devices",
  utilization: "the model's flops, as a share of the devices' peak",
  bus_bandwidth: 'bytes per second of a collective, as nccl-tests count them (busbw)',
  algorithm_bandwidth: 'bytes per second of a collective (algbw)',
  speedup: 'throughput over that of `relative_to`',
  efficiency: 'throughput per device over that of `relative_to`',
  time_ratio: 'time of a step over that of `relative_to`',
} as const;
export type Metric = keyof typeof METRICS;

const point = z.looseObject({
  value: z.number().gt(0),
  hardware: z.string().optional(),
  relative_to: settings
    .optional()
    .describe('Fields in which the step that this one is compared with differs.'),
  note: words(1000).optional(),
});

const claim = map({
  id: z.string().regex(/^[\w.-]{1,120}$/),
  kind: z.string().describe('Kind of question; says which fields there are.'),
  what: words(1000),
  provenance,
  hardware: z.string().optional().describe('One of the file’s hardware; points may name their own.'),
  workload: settings.prefault({}),
  strategy: settings.prefault({}),
  metric: z.enum(Object.keys(METRICS) as [Metric, ...Metric[]]),
  unit: z.string().describe('Of the values: ms, s, images/s, GB/s, TFLOP/s, x, % …'),
  anchor: z
    .enum(['none', 'single-device'])
    .default('none')
    .describe(
      'single-device: predictions start from the time that the claim itself gives for one device, so only scaling is predicted; the points of one device are then not counted.',
    ),
  bound: z
    .number()
    .gt(0)
    .optional()
    .describe('Mean absolute percentage error that this claim may have; `validate` fails beyond it.'),
  caveats: z.array(words(2000)).optional(),
  points: z.array(point).min(1),
});

export const claimFileSchema = map({
  format: z.literal(FORMAT),
  id: z.string().regex(/^[\w.-]{1,80}$/),
  source: map({
    title: words(500),
    authors: words(500).optional(),
    venue: words(200).optional(),
    year: z.union([z.number(), z.string()]).optional(),
    url: words(500).optional(),
    arxiv: words(50).optional(),
    licence: words(500).optional(),
    retrieved: words(1000).optional(),
  }),
  hardware: z
    .record(z.string(), z.unknown())
    .prefault({})
    .describe('By name: a `cluster` section as scenario files have it.'),
  claims: z.array(claim).min(1),
  left_out: z
    .array(map({ claim: z.string(), points: z.number().optional(), why: words(1000) }))
    .optional()
    .describe('Claims of the source that are not here, and why.'),
});

export type ClaimFile = z.output<typeof claimFileSchema>;
export type Claim = ClaimFile['claims'][number];
export type Point = Claim['points'][number];
