import { unknownName } from '../base/errors.ts';
import { CATALOG, type Catalog } from '../devices/catalog/catalog.ts';
import { findDevice } from '../devices/catalog/index.ts';
import type { LinkModel } from '../devices/device.ts';
import type { Routing } from '../devices/route-finder.ts';
import type { TopologyDescription } from '../devices/topologies/index.ts';
import { type LinkChoice, linkOf } from './link-schema.ts';
import type { TopologyChoice } from './topology-schema.ts';

const perhaps = <K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } =>
  value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: T });
/** Which ends of links a run has: a custom topology lists them for the largest. */
type Present = (end: string) => boolean;

/** A scenario's topology as the cluster builder takes it. */
export function describeTopology(
  choice: TopologyChoice,
  present: Present,
  catalog: Catalog = CATALOG,
): TopologyDescription {
  const perhapsLink = <K extends string>(key: K, link: LinkChoice | undefined) =>
    perhaps(key, link && linkOf(link, catalog));
  switch (choice.kind) {
    case 'single-switch':
      return { kind: choice.kind };
    case 'fat-tree': {
      const { kind, hosts_per_leaf, leaves_per_pod: leaves } = choice;
      const upwards = {
        ...perhaps('cores', choice.cores_per_spine),
        ...perhaps('oversubscription', choice.core_oversubscription),
      };
      return {
        kind,
        hostsPerLeaf: hosts_per_leaf,
        ...perhapsLink('trunk', choice.trunk),
        ...perhaps('spines', choice.spines),
        ...perhaps('oversubscription', choice.oversubscription),
        ...(leaves !== undefined && { pods: { leaves, ...upwards } }),
      };
    }
    case 'rail':
      return {
        kind: choice.kind,
        spines: choice.spines,
        ...perhaps('hostsPerGroup', choice.hosts_per_group),
        ...perhapsLink('trunk', choice.trunk),
      };
    case 'torus': {
      const { kind, sizes, dimensions, wrap } = choice;
      const shape = {
        ...perhaps('sizes', sizes),
        ...perhaps('dimensions', dimensions),
        ...perhaps('wrap', wrap),
      };
      return { kind, ...shape, ...perhaps('of', choice.of), ...perhapsLink('link', choice.link) };
    }
    case 'ring':
    case 'fully-connected':
      return { kind: choice.kind, ...perhaps('of', choice.of), ...perhapsLink('link', choice.link) };
    case 'dragonfly':
      return {
        kind: choice.kind,
        hostsPerRouter: choice.hosts_per_router,
        routersPerGroup: choice.routers_per_group,
        globalsPerRouter: choice.globals_per_router,
        ...perhapsLink('local', choice.local),
        ...perhapsLink('global', choice.global),
      };
    case 'custom': {
      const links = choice.links.filter(({ between }) => between.every(present));
      return {
        kind: choice.kind,
        switches: choice.switches,
        links: links.map((link) => ({
          between: link.between,
          model: linkOf(link, catalog),
          ...perhaps('distance', link.distance),
        })),
      };
    }
  }
}

export function describeRouting({ routing, hash_seed: seed = 1 }: TopologyChoice): Routing {
  return routing === 'ecmp' ? { kind: 'ecmp', seed } : { kind: 'shortest' };
}

/** Links that the topology names besides the network's own, each once. */
export function topologyLinks(choice: TopologyChoice | undefined): LinkModel[] {
  if (choice === undefined) return [];
  const links: (LinkChoice | undefined)[] = [];
  if (choice.kind === 'custom') links.push(...choice.links);
  if (choice.kind === 'fat-tree' || choice.kind === 'rail') links.push(choice.trunk);
  if (choice.kind === 'dragonfly') links.push(choice.local, choice.global);
  if ('link' in choice) links.push(choice.link);
  const models = new Map<string, LinkModel>();
  for (const link of links) {
    if (link === undefined) continue;
    const model = linkOf(link);
    models.set(model.id, model);
  }
  return [...models.values()];
}

/** The most of each that a scenario has. */
export interface Ends {
  readonly workers: number;
  readonly servers: number;
  readonly accelerator?: string | undefined;
  readonly accelerators: number;
}

const END = /^(worker|ps)\/(\d{1,9})(?:\/([A-Z]+):(\d{1,9}))?$/;

/** Whether a host or accelerator of this name is among them; undefined where it is the name of neither. */
export function hasEnd(
  end: string,
  { workers, servers, accelerator, accelerators }: Ends,
): boolean | undefined {
  const match = END.exec(end);
  if (match === null) return undefined;
  const [, job, task, kind, index] = match;
  if (Number(task) >= (job === 'worker' ? workers : servers)) return false;
  if (kind === undefined) return true;
  return (
    job === 'worker' &&
    accelerator !== undefined &&
    kind === findDevice(accelerator).kind &&
    Number(index) < accelerators
  );
}

/** Why the end of a custom link is nowhere to be found, where it is not. */
export function unknownEnd(end: string, switches: readonly string[], ends: Ends): string | undefined {
  if (switches.includes(end) || hasEnd(end, ends) === true) return undefined;
  const hosts = (job: string, most: number): string[] =>
    Array.from({ length: Math.min(most, 100) }, (_, task) => `${job}/${task}`);
  return unknownName('end of a link', end, [
    ...switches,
    ...hosts('worker', ends.workers),
    ...hosts('ps', ends.servers),
  ]);
}
