import * as z from 'zod';
import { CATALOG, type Catalog } from '../devices/catalog/catalog.ts';
import { linkModel } from '../devices/catalog/read.ts';
import type { LinkModel } from '../devices/device.ts';
import { LINKS } from './catalog.ts';
import { count, map, name, quantity } from './fields.ts';

/* Links as scenarios write them: one of the catalog, or a bandwidth and a latency. */

const catalogLink = () =>
  name(
    'link',
    LINKS.map(({ id }) => id),
  );

const KEYS = {
  link: catalogLink().optional().describe('A link of the catalog (`stepcast devices` lists them).'),
  bandwidth: quantity('bytes/s', '1 kb/s', '100 Pb/s')
    .optional()
    .describe('What large messages get in each direction, e.g. "10 Gb/s". Instead of `link`.'),
  latency: quantity('seconds', '0 s', '1 h')
    .optional()
    .describe(
      'One way over one such link, e.g. "20 us"; a message between hosts crosses two. With `bandwidth`.',
    ),
  overhead: quantity('seconds', '0 s', '1 h')
    .optional()
    .describe(
      'Time that each message occupies the link besides its bytes, e.g. "10 ns". With `bandwidth`; none if absent.',
    ),
};

/** What a link says in a scenario, `wrongLink` passed: `link`, or `bandwidth` and `latency`. */
export interface LinkChoice {
  readonly link?: string | undefined;
  readonly bandwidth?: string | undefined;
  readonly latency?: string | undefined;
  readonly overhead?: string | undefined;
}

function refuseWrongLink(choice: LinkChoice, context: z.core.$RefinementCtx<LinkChoice>): void {
  if (context.issues.length > 0) return;
  const [key, message] = wrongLink(choice) ?? [];
  if (key !== undefined) context.addIssue({ code: 'custom', message: message!, path: [key], input: choice });
}

/** Which key of a link is wrong, and why. */
export function wrongLink({
  link,
  bandwidth,
  latency,
  overhead,
}: LinkChoice): [key: string, message: string] | undefined {
  if (link === undefined && bandwidth === undefined && latency === undefined)
    return ['link', 'missing; give a link of the catalog, or a bandwidth and a latency'];
  if (link !== undefined && (bandwidth !== undefined || latency !== undefined || overhead !== undefined))
    return ['link', 'give either a link of the catalog or a bandwidth and a latency, not both'];
  if (link === undefined && bandwidth === undefined)
    return ['bandwidth', 'missing; a network without a link needs one, such as "10 Gb/s"'];
  if (link === undefined && latency === undefined)
    return ['latency', 'missing; a network without a link needs one, such as "20 us"'];
  return undefined;
}

const ONE_OF_TWO = { anyOf: [{ required: ['link'] }, { required: ['bandwidth', 'latency'] }] };

/** A link in a map of its own. */
export const linkMap = () => map(KEYS).superRefine(refuseWrongLink).meta(ONE_OF_TWO);

/** The link between hosts: checked once it is known what the hosts themselves have. */
export const networkMap = () =>
  map({
    ...KEYS,
    count: count(1, 128)
      .optional()
      .describe(
        'Such links on each worker host, each on an adapter of its own: adapter i·count/accelerators, rounded down, serves accelerator i. 1 if absent.',
      ),
  }).meta({ anyOf: [...ONE_OF_TWO.anyOf, { required: ['count'] }] });

/** A link between two nodes that are named beside it. */
export const namedLink = () =>
  map({
    between: z.tuple([z.string(), z.string()]).describe('Its ends, e.g. [worker/0, leaf].'),
    ...KEYS,
    distance: z
      .int()
      .min(1)
      .max(1000)
      .optional()
      .describe(
        'How much it counts in the length of routes: 1 if absent, more where other ways are preferred.',
      ),
  })
    .superRefine(refuseWrongLink)
    .meta(ONE_OF_TWO);

/** The model of a link that a scenario has passed. */
export function linkOf(
  { link, bandwidth, latency, overhead }: LinkChoice,
  catalog: Catalog = CATALOG,
): LinkModel {
  if (link !== undefined) return catalog.link(link);
  return linkModel({ bandwidth: bandwidth!, latency: latency!, ...(overhead !== undefined && { overhead }) });
}
