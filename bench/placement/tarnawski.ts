import type { MaxLoadInstance, Split } from '../../placement/max-load.ts';

/** The JSON of github.com/msr-fiddle/dnn-partitioning; times in milliseconds, sizes in bytes. "FPGA": any accelerator. */
interface Workload {
  readonly maxSizePerFPGA: number;
  readonly maxFPGAs: number;
  readonly maxCPUs: number;
  readonly nodes: readonly {
    readonly id: number;
    readonly name: string;
    readonly supportedOnFpga: number | boolean;
    readonly cpuLatency: number;
    readonly fpgaLatency: number;
    readonly isBackwardNode: number | boolean;
    /** Without one, a node is free. */
    readonly colorClass?: number;
    readonly size: number;
  }[];
  readonly edges: readonly { readonly sourceId: number; readonly destId: number; readonly cost: number }[];
}

export interface TarnawskiInstance extends MaxLoadInstance {
  /** The file's id of each node. */
  readonly ids: readonly number[];
}

/** An instance of Tarnawski et al. 2020, in milliseconds. */
export function readTarnawski(text: string): TarnawskiInstance {
  const { nodes, edges, maxFPGAs, maxCPUs, maxSizePerFPGA } = JSON.parse(text) as Workload;
  const indexOf = new Map(nodes.map(({ id }, i) => [id, i]));
  const transferTime = new Map<number, number>();
  for (const { sourceId, cost } of edges) {
    const known = transferTime.get(sourceId);
    // The authors take a tensor's way to the host to be the same whoever reads it.
    if (known !== undefined && Math.abs(known - cost) > 1e-6)
      throw new Error(`node ${sourceId} has two transfer times`);
    if (known === undefined) transferTime.set(sourceId, cost);
  }
  return {
    ids: nodes.map(({ id }) => id),
    nodes: nodes.map((node, i) => ({
      name: node.name,
      cpuTime: node.cpuLatency,
      acceleratorTime: node.fpgaLatency,
      accelerated: Boolean(node.supportedOnFpga),
      bytes: node.size,
      transferTime: transferTime.get(node.id) ?? 0,
      backward: Boolean(node.isBackwardNode),
      colour: node.colorClass ?? -1 - i,
    })),
    edges: edges.map(({ sourceId, destId }) => [indexOf.get(sourceId)!, indexOf.get(destId)!]),
    accelerators: maxFPGAs,
    cpus: maxCPUs,
    capacityBytes: maxSizePerFPGA,
  };
}

/** An expert's split of it. Nodes that it leaves out, backward ones, go where their colour is. */
export function readExpert(text: string, { ids, nodes, cpus }: TarnawskiInstance): Split {
  type Machine = { readonly nodes: readonly number[] };
  const expert = JSON.parse(text) as {
    readonly cpus: readonly Machine[];
    readonly fpgas: readonly Machine[];
  };
  const indexOf = new Map(ids.map((id, i) => [id, i]));
  const split = new Int32Array(ids.length).fill(-1);
  const deviceOf = new Map<number, number>();
  const devices = [
    ...expert.cpus.map((machine) => [0, machine] as const),
    ...expert.fpgas.map((machine, i) => [cpus + i, machine] as const),
  ];
  for (const [d, machine] of devices) {
    for (const id of machine.nodes) {
      split[indexOf.get(id)!] = d;
      deviceOf.set(nodes[indexOf.get(id)!]!.colour, d);
    }
  }
  return split.map((d, i) => (d >= 0 ? d : deviceOf.get(nodes[i]!.colour)!));
}
