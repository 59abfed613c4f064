import type { LinkModel } from '../device.ts';
import { atTheEnd, type Fabric, nicOf, type Sites, trunkLike, wrongCount } from './fabric.ts';

export interface FatTreeDescription {
  readonly kind: 'fat-tree';
  readonly hostsPerLeaf: number;
  /** Between switches; as the hosts' links unless given. */
  readonly trunk?: LinkModel;
  /** Spines that each leaf is joined to by one trunk each; as many as `oversubscription` asks for unless given. */
  readonly spines?: number;
  /** Bandwidth into a leaf from its hosts, over that to its spines: 1 (none) unless given. */
  readonly oversubscription?: number;
  /** The third level: so many leaves make a pod with spines of its own, and core switches join the pods. */
  readonly pods?: {
    readonly leaves: number;
    /** Core switches that each spine is joined to; as many as `oversubscription` asks for unless given. */
    readonly cores?: number;
    /** Bandwidth into a spine from its leaves, over that to its cores: 1 unless given. */
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
  problem: (description, sites) => {
    const { hostsPerLeaf, spines: given, pods } = description;
    const wrong = wrongCount({
      'hosts per leaf': hostsPerLeaf,
      spines: given,
      'leaves per pod': pods?.leaves,
      'core switches per spine': pods?.cores,
    });
    if (wrong !== undefined) return wrong;
    const spines = spineCount(description, sites);
    if (typeof spines === 'string') return spines;
    const cores = coreCount(description);
    return typeof cores === 'string' ? cores : undefined;
  },
  start: (description, wiring, sites) =>
    atTheEnd((hosts) => {
      const { hostsPerLeaf, pods } = description;
      const trunk = description.trunk ?? trunkLike(sites.nic ?? nicOf(hosts[0]!));
      const spines = Number(spineCount(description, sites));
      const cores = Number(coreCount(description));
      const leaves = Math.ceil(hosts.length / hostsPerLeaf);
      const leavesPerPod = pods?.leaves ?? leaves;
      const prefix = (pod: number): string => (pods === undefined ? '' : `pod-${pod}-`);

      for (let leaf = 0; leaf < leaves; leaf++) {
        const pod = Math.floor(leaf / leavesPerPod);
        const name = wiring.switch(`${prefix(pod)}leaf-${leaf % leavesPerPod}`);
        for (const host of hosts.slice(leaf * hostsPerLeaf, (leaf + 1) * hostsPerLeaf))
          wiring.join(host.name, name, nicOf(host));
        for (let spine = 0; spine < spines; spine++) {
          const above = `${prefix(pod)}spine-${spine}`;
          if (!wiring.nodes.has(above)) wiring.switch(above);
          wiring.join(name, above, trunk);
        }
      }
      if (pods === undefined) return;
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
  { hostsPerLeaf, spines, oversubscription = 1, trunk }: FatTreeDescription,
  { nic }: Sites,
): number | string {
  if (spines !== undefined) return spines;
  if (nic === undefined) return 'hosts without network links join no tree';
  const ratio = nic.bytesPerSecond.value / (trunk ?? nic).bytesPerSecond.value;
  return whole((hostsPerLeaf * ratio) / oversubscription, 'spines', oversubscription);
}

function coreCount({ pods }: FatTreeDescription): number | string {
  if (pods === undefined) return 0;
  const { leaves, cores, oversubscription = 1 } = pods;
  return cores ?? whole(leaves / oversubscription, 'core switches per spine', oversubscription);
}

function whole(count: number, of: string, oversubscription: number): number | string {
  const nearest = Math.max(1, Math.round(count));
  if (Math.abs(count - nearest) < 1e-9 * count) return nearest;
  const exact = (oversubscription * count) / nearest;
  return `an oversubscription of ${oversubscription} needs ${count.toPrecision(3)} ${of}; ${nearest} of them give ${exact.toPrecision(3)}`;
}
