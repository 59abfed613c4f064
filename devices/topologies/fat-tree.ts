import type { LinkModel } from '../device.ts';
import { atTheEnd, type Fabric, joinHost, nicOf, trunkLike, wrongCount } from './fabric.ts';

export interface FatTreeDescription {
  readonly kind: 'fat-tree';
  readonly hostsPerLeaf: number;
  /** Between switches; as the hosts' links unless given. */
  readonly trunk?: LinkModel;
  /** Spines that each leaf is joined to by one trunk each; the fewest that keep to `oversubscription` unless given. */
  readonly spines?: number;
  /** Bandwidth into a leaf from its hosts, over that to its spines, at most: 1 (none) unless given. */
  readonly oversubscription?: number;
  /** The third level: so many leaves make a pod with spines of its own, and core switches join the pods. */
  readonly pods?: {
    readonly leaves: number;
    /** Core switches that each spine is joined to; the fewest that keep to `oversubscription` unless given. */
    readonly cores?: number;
    /** Bandwidth into a spine from its leaves, over that to its cores, at most: 1 unless given. */
    readonly oversubscription?: number;
  };
}

/**
 * A fat tree (folded Clos network) of two or three levels: Al-Fares, Loukissas and Vahdat, "A scalable, commodity data
 * center network architecture" (SIGCOMM 2008), section 3. Hosts fill leaves in order. Each leaf has a trunk to each
 * spine (of its pod); spine i of every pod has a trunk to each of the same `cores` core switches, those of its plane.
 * Between hosts of different leaves there are as many shortest routes as spines, between pods spines × cores.
 */
export const fatTree: Fabric<FatTreeDescription> = {
  summary: 'Leaf switches joined by spines, and pods of them by core switches where there is a third level.',
  problem: (description, { nic }) => {
    const { hostsPerLeaf, spines: given, pods } = description;
    const wrong = wrongCount({
      'hosts per leaf': hostsPerLeaf,
      spines: given,
      'leaves per pod': pods?.leaves,
      'core switches per spine': pods?.cores,
    });
    if (wrong !== undefined) return wrong;
    for (const ratio of [description.oversubscription, pods?.oversubscription]) {
      if (ratio !== undefined && !(ratio > 0)) return `an oversubscription is more than 0, got ${ratio}`;
    }
    return nic === undefined ? 'hosts without network links join no tree' : undefined;
  },
  start: (description, wiring, sites) =>
    atTheEnd((hosts) => {
      const { hostsPerLeaf, pods } = description;
      const nic = sites.nic ?? nicOf(hosts[0]!);
      const trunk = description.trunk ?? trunkLike(nic);
      const spines = spineCount(description, nic, hosts[0]!.ports.length);
      const leaves = Math.ceil(hosts.length / hostsPerLeaf);
      const leavesPerPod = pods?.leaves ?? leaves;
      const prefix = (pod: number): string => (pods === undefined ? '' : `pod-${pod}-`);

      for (let leaf = 0; leaf < leaves; leaf++) {
        const pod = Math.floor(leaf / leavesPerPod);
        const name = wiring.switch(`${prefix(pod)}leaf-${leaf % leavesPerPod}`);
        for (const host of hosts.slice(leaf * hostsPerLeaf, (leaf + 1) * hostsPerLeaf))
          joinHost(host, name, wiring);
        for (let spine = 0; spine < spines; spine++) {
          const above = `${prefix(pod)}spine-${spine}`;
          if (!wiring.nodes.has(above)) wiring.switch(above);
          wiring.join(name, above, trunk);
        }
      }
      if (pods === undefined) return;
      const cores = coreCount(pods);
      for (let pod = 0; pod < Math.ceil(leaves / leavesPerPod); pod++) {
        for (let spine = 0; spine < spines; spine++) {
          for (let core = 0; core < cores; core++) {
            const top = `core-${spine * cores + core}`;
            if (!wiring.nodes.has(top)) wiring.switch(top);
            wiring.join(`${prefix(pod)}spine-${spine}`, top, trunk);
          }
        }
      }
    }),
};

function spineCount(
  { hostsPerLeaf, spines, oversubscription, trunk }: FatTreeDescription,
  nic: LinkModel,
  nics: number,
): number {
  if (spines !== undefined) return spines;
  const ratio = nic.bytesPerSecond.value / (trunk ?? nic).bytesPerSecond.value;
  return fewest(hostsPerLeaf * nics * ratio, oversubscription);
}

function coreCount({ leaves, cores, oversubscription }: NonNullable<FatTreeDescription['pods']>): number {
  return cores ?? fewest(leaves, oversubscription);
}

/** So many links upwards carry what comes in by `below` equal ones, oversubscribed at most so much. */
function fewest(below: number, oversubscription = 1): number {
  return Math.max(1, Math.ceil((below / oversubscription) * (1 - 1e-12)));
}
