import { getOrMake } from '../../../../base/get-or-make.ts';
import type { Catalog } from '../../../../devices/catalog/catalog.ts';
import type { Cluster } from '../../../../devices/cluster.ts';
import type { DeviceModel } from '../../../../devices/device.ts';
import type { CollectiveGroup } from '../../../../graph/plan.ts';
import { ActivityGraphBuilder } from '../../../../sim/activity-graph.ts';
import { exchangeTime } from '../../../../sim/exchange-times.ts';
import { idleMakespan } from '../../../../sim/idle-makespan.ts';
import { computingKind, experimentCluster } from '../../../experiment-cluster.ts';
import type { Scenario } from '../../../schema.ts';

/** Extents of a mesh whose ranks are numbered as Megatron-LM's: tensor, then data, then pipeline. */
interface Extents {
  readonly tensor: number;
  readonly data: number;
  readonly pipeline: number;
}

/** What a mesh's ranks have between them: of the first stage, which stands for all. */
export interface MeshNetwork {
  readonly cluster: Cluster;
  readonly device: DeviceModel;
  readonly exchangeSeconds: (among: 'tensor' | 'data', collective: string, bytes: number) => number;
  /** The bytes over the slowest link's nominal rate, as a ring sends them. */
  readonly nominalExchangeSeconds: (among: 'tensor' | 'data', collective: string, bytes: number) => number;
  /**
   * From every device of a host to those of the next stage, all at once. Tensor ranks have the tensor alike: each sends its
   * part, and the receivers gather it among them (Narayanan et al. 2021, section 4.1).
   */
  readonly transferSeconds: (bytes: number) => number;
  /** Whether replicas, or tensor ranks, are on several hosts. */
  readonly crossesHosts: (among: 'tensor' | 'data' | 'stages') => boolean;
}

type Choice = Scenario['cluster'];

const known = new WeakMap<Catalog, Map<string, MeshNetwork>>();

/** Networks are made once per hardware and extents: groups and clusters are compared by identity where times are kept. */
export function meshNetwork(choice: Choice, extents: Extents, catalog: Catalog): MeshNetwork {
  const ofCatalog = known.get(catalog) ?? new Map<string, MeshNetwork>();
  known.set(catalog, ofCatalog);
  const { tensor, data, pipeline } = extents;
  const key = JSON.stringify([choice, tensor, data, pipeline > 1]);
  return getOrMake(ofCatalog, key, () => makeNetwork(choice, extents, catalog));
}

function makeNetwork(choice: Choice, { tensor, data, pipeline }: Extents, catalog: Catalog): MeshNetwork {
  const perHost = Math.max(1, choice.workers.accelerators);
  const ofStage = tensor * data;
  // All devices of the first stage, and those that the first host's send to.
  const needed = pipeline > 1 ? ofStage + Math.min(perHost, ofStage) : ofStage;
  const cluster = experimentCluster(choice, Math.ceil(needed / perHost), 0, catalog);
  const kind = computingKind(choice);
  const devices = cluster.devices.flatMap(({ model }, i) => (model.kind === kind ? [i] : []));
  const group = (
    name: string,
    ranks: readonly number[],
    alike: readonly (readonly number[])[],
  ): CollectiveGroup => ({
    name,
    devices: ranks.map((rank) => devices[rank]!),
    alike: alike.map((others) => others.map((rank) => devices[rank]!)),
  });
  const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
  const dataGroup = (t: number): number[] => count(data).map((d) => d * tensor + t);
  const groups = {
    tensor: group('tensor', count(tensor), []),
    data: group('data', dataGroup(0), count(tensor).slice(1).map(dataGroup)),
  };
  const transfers = new Map<number, number>();
  return {
    cluster,
    device: cluster.devices[devices[0]!]!.model,
    exchangeSeconds: (among, collective, bytes) =>
      groups[among].devices.length === 1
        ? 0
        : exchangeTime({ collective, algorithm: 'auto', bytes, group: groups[among] }, cluster).seconds,
    nominalExchangeSeconds: (among, collective, bytes) => {
      const ranks = groups[among].devices;
      if (ranks.length === 1) return 0;
      const route = cluster.route(ranks[0]!, ranks.at(-1)!);
      const rate = Math.min(
        ...Array.from(route, (link) => cluster.links[link]!.model.rawBytesPerSecond.value),
      );
      return ((collective === 'all-reduce' ? 2 : 1) * (ranks.length - 1) * bytes) / (ranks.length * rate);
    },
    transferSeconds: (bytes) =>
      getOrMake(transfers, bytes, () => {
        const write = new ActivityGraphBuilder();
        for (const rank of count(Math.min(perHost, ofStage)))
          write.transfer(devices[rank]!, devices[rank + ofStage]!, bytes / tensor);
        return idleMakespan(write.finish(), cluster);
      }),
    crossesHosts: (among) =>
      (among === 'tensor' ? tensor : among === 'data' ? ofStage : 2 * ofStage) > perHost,
  };
}
