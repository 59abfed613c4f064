import * as z from 'zod';
import { TOPOLOGIES, type TopologyKind } from '../devices/topologies/index.ts';
import { count, kinds, map } from './fields.ts';
import { linkMap, namedLink } from './link-schema.ts';

/* What joins the hosts, as scenarios write it: one map per row of TOPOLOGIES, and what is common to them. */

const MOST_SWITCHES = 10_000;

const COMMON = {
  routing: z
    .enum(['shortest', 'ecmp'])
    .optional()
    .describe(
      'Among equally short routes: always the first (shortest, if absent), or one by a hash of sender and receiver (ecmp).',
    ),
  hash_seed: count(0, 2 ** 32 - 1)
    .optional()
    .describe('Another number spreads flows differently. With ecmp; 1 if absent.'),
};

const trunk = (between: string) =>
  linkMap()
    .optional()
    .describe(`Link between ${between}. If absent: as fast as the network's links, 0.5 us per switch.`);

const oversubscription = (of: string) =>
  z
    .number()
    .gt(0)
    .max(1000)
    .optional()
    .describe(`Bandwidth into ${of}, over that upwards, at most. 1 if absent.`);

const OF = z
  .enum(['hosts', 'accelerators'])
  .optional()
  .describe(
    'What it joins. Accelerators pass messages on; their hosts meet in one switch besides. Hosts if absent.',
  );
const directLink = linkMap()
  .optional()
  .describe('Link between neighbours; needed for accelerators. For hosts, the network link if absent.');

/** The map of one kind, described by its row. */
function kind<K extends TopologyKind, S extends z.core.$ZodLooseShape>(name: K, shape: S) {
  return map({ kind: z.literal(name), ...shape, ...COMMON }).describe(TOPOLOGIES[name].summary);
}

export const topology = kinds('topology', Object.keys(TOPOLOGIES), [
  kind('single-switch', {}),
  kind('fat-tree', {
    hosts_per_leaf: count(1, MOST_SWITCHES).describe('Hosts on each leaf switch.'),
    trunk: trunk('switches'),
    oversubscription: oversubscription('a leaf from its hosts'),
    spines: count(1, MOST_SWITCHES)
      .optional()
      .describe('Instead of `oversubscription`: spines that each leaf is joined to, by one trunk each.'),
    leaves_per_pod: count(1, MOST_SWITCHES)
      .optional()
      .describe('A third level: so many leaves and their spines make a pod, core switches join pods.'),
    core_oversubscription: oversubscription('a spine from its leaves, with `leaves_per_pod`'),
    cores_per_spine: count(1, MOST_SWITCHES)
      .optional()
      .describe('Instead of `core_oversubscription`: core switches that each spine is joined to.'),
  }),
  kind('rail', {
    spines: count(0, MOST_SWITCHES).describe('Switches that join the rails; 0 leaves every rail to itself.'),
    hosts_per_group: count(1, MOST_SWITCHES)
      .optional()
      .describe('Hosts that share one switch per rail. All if absent.'),
    trunk: trunk('rails and spines'),
  }),
  kind('ring', { of: OF, link: directLink }),
  kind('torus', {
    sizes: z
      .array(count(1, MOST_SWITCHES))
      .min(1)
      .max(3)
      .optional()
      .describe('Nodes along each dimension, e.g. [4, 4, 4].'),
    dimensions: count(1, 3)
      .optional()
      .describe('Instead of `sizes`: so many, as equal as the number of nodes allows. 2 if absent.'),
    wrap: z
      .union([z.boolean(), count(2, MOST_SWITCHES)], {
        error: 'expected true, false, or the length from which a dimension closes to a ring',
      })
      .optional()
      .describe(
        'Whether each dimension closes to a ring, or the length from which one does. If absent, each does.',
      ),
    of: OF,
    link: directLink,
  }),
  kind('fully-connected', { of: OF, link: directLink }),
  kind('dragonfly', {
    hosts_per_router: count(1, MOST_SWITCHES).describe('Hosts on each router.'),
    routers_per_group: count(1, MOST_SWITCHES).describe('Routers in each group, every two joined.'),
    globals_per_router: count(1, MOST_SWITCHES).describe('Links of each router to other groups.'),
    local: trunk('routers of a group'),
    global: trunk('groups'),
  }),
  kind('custom', {
    switches: z
      .array(z.string().regex(/^[^/]{1,40}$/, { error: 'expected a name without "/"' }))
      .max(MOST_SWITCHES)
      .default([])
      .describe('Names of switches.'),
    links: z
      .array(namedLink())
      .min(1)
      .max(1_000_000)
      .describe(
        'All there are, each in both directions, between switches, hosts (worker/0, ps/0) and accelerators (worker/0/GPU:1).',
      ),
  }),
]);

export type TopologyChoice = z.output<typeof topology>;

/** What does not go together within one topology. */
export function* topologyConflicts(choice: TopologyChoice): Generator<{ key: string; message: string }> {
  const exclude = (a: string, b: string) => ({ key: b, message: `give ${a} or ${b}, not both` });
  if (choice.hash_seed !== undefined && choice.routing !== 'ecmp')
    yield { key: 'hash_seed', message: 'routes are hashed with routing: ecmp only' };
  if (choice.kind === 'torus' && choice.sizes !== undefined && choice.dimensions !== undefined)
    yield exclude('sizes', 'dimensions');
  if (choice.kind !== 'fat-tree') return;
  if (choice.spines !== undefined && choice.oversubscription !== undefined)
    yield exclude('spines', 'oversubscription');
  if (choice.cores_per_spine !== undefined && choice.core_oversubscription !== undefined)
    yield exclude('cores_per_spine', 'core_oversubscription');
  for (const key of ['cores_per_spine', 'core_oversubscription'] as const) {
    if (choice[key] !== undefined && choice.leaves_per_pod === undefined)
      yield { key, message: 'there are core switches above pods only; set leaves_per_pod too' };
  }
}
