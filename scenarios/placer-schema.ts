import * as z from 'zod';
import { capital } from '../base/text.ts';
import { learnedList } from '../placement/learned-list.ts';
import type { Placer } from '../placement/placer.ts';
import { singleDevice } from '../placement/single-device.ts';
import { PLACERS } from './catalog.ts';
import { count, kinds, map, show, words } from './fields.ts';
import { sha256 } from './file-fields.ts';
import { placementFromFile, placementFromNodes } from './placement-file.ts';
import { readPolicy } from './policy-file.ts';

/* Placers as scenario files name them: made from those that there are. */

export const PLACER_KINDS = [...Object.keys(PLACERS), 'file', 'given'];

const device = z
  .string()
  .regex(/^(\/[a-z]+:[A-Za-z0-9*]+(:\d+|:\*)?)+$/, {
    error: (issue) => `expected a device such as "/device:GPU:0", got ${show(issue.input)}`,
  })
  .optional()
  .describe('e.g. "/device:GPU:0"; absent: the best one.');

const evaluations = count(1, 10_000_000)
  .optional()
  .describe('Simulated steps that the search may use. A default of its own if absent.');

const policy = z
  .string()
  .min(1)
  .max(4096)
  .refine((path) => path !== '-' && !path.startsWith('/dev/'), {
    error: 'expected a file: each draw reads it again, and standard input and pipes can be read only once',
  })
  .optional()
  .describe(
    'A policy that `stepcast pretrain` wrote, to start from. The one that comes with the package if absent.',
  );

const schemas = Object.entries<Placer>(PLACERS).map(([kind, { description, searches }]) => {
  const kindField: { kind: z.ZodLiteral<string> } = { kind: z.literal(kind) };
  return map({
    ...kindField,
    ...(kind === 'single-device' && { device }),
    ...(searches === true && { evaluations }),
    ...(kind === 'learned-list' && { policy, policy_sha256: sha256() }),
  }).describe(`${capital(description)}.`);
});

const file = map({
  kind: z.literal('file'),
  path: z.string().min(1).max(4096).describe('A placement.json that `stepcast place` wrote.'),
  path_sha256: sha256(),
}).describe('A placement that was found before.');

const given = map({
  kind: z.literal('given'),
  label: words(60).min(1).optional().describe('What reports call it, to tell several apart.'),
  nodes: z
    .record(z.string(), z.string())
    .describe('The device of each node, as in a placement.json: "/job:worker/task:0/device:GPU:1".'),
}).describe('A placement that stands here.');

const options = [file, given, ...schemas] as unknown as [typeof file, ...typeof schemas];

/** A placer with its options, or its name alone. */
export const placerSchema = z.preprocess(
  (input) => (typeof input === 'string' ? { kind: input } : input),
  kinds('placer', PLACER_KINDS, options),
);

/** A placer as chosen. */
export type PlacerChoice = {
  readonly kind: string;
  readonly device?: string;
  readonly evaluations?: number;
  readonly path?: string;
  readonly policy?: string;
  readonly label?: string;
  readonly nodes?: { readonly [node: string]: string };
};

/** What editors complete: zod cannot say what a preprocessed value may be. */
export function placerJsonSchema(): object {
  const own = z.toJSONSchema(z.discriminatedUnion('kind', options), {
    io: 'input',
    target: 'draft-7',
  });
  const { $schema: _, ...schema } = own;
  return { anyOf: [{ type: 'string', enum: Object.keys(PLACERS) }, schema] };
}

export function placerOf({ kind, device, path, policy, nodes }: PlacerChoice): Placer {
  if (policy !== undefined) return learnedList({ starts: [readPolicy(policy)] });
  if (kind === 'file') return placementFromFile(path!);
  if (kind === 'given') return placementFromNodes(nodes!);
  return kind === 'single-device'
    ? singleDevice(device)
    : (PLACERS as { readonly [name: string]: Placer })[kind]!;
}

/** Settings that tell two runs of one placer apart. */
export function placerLabel({ kind, device, evaluations, path, policy, label }: PlacerChoice): string {
  if (label !== undefined) return label;
  if (device !== undefined) return `${kind} ${device}`;
  if (path !== undefined) return `${kind} ${path}`;
  const parts = [
    kind,
    ...(policy === undefined ? [] : [policy]),
    ...(evaluations === undefined ? [] : [`${evaluations} evaluations`]),
  ];
  return parts.join(', ');
}
