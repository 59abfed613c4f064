/** A placed graph, collapsed to scopes of names. */
export interface PlacedGraph {
  readonly of: string;
  /** Names of devices. */
  readonly devices: readonly string[];
  readonly scopes: readonly PlacedScope[];
  readonly edges: readonly PlacedEdge[];
}

export interface PlacedScope {
  readonly name: string;
  /** Nodes that it stands for. */
  readonly nodes: number;
  readonly flops: number;
  /** Per device, in the order of `devices`: how many of its nodes are there. */
  readonly nodesPerDevice: readonly number[];
}

/** Tensors from one scope to another. */
export interface PlacedEdge {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
  /** Of them, what crosses devices. */
  readonly crossingBytes: number;
}
