import { GainQueue } from './gain-queue.ts';
import type { PartLimits, WeightedGraph } from './k-way.ts';

const PASSES = 8;
/** A pass ends after so many moves in a row that did not make the partition better. */
const PATIENCE = 100;

/** A partition, and moves of single nodes that make it better: first within its limits, then of less cut weight. */
export class Partition {
  readonly partOf: Int32Array;
  /** Weight of the edges between parts. */
  cut = 0;
  /** Sum over parts of the shares by which they exceed their limits. */
  excess = 0;
  private readonly graph: WeightedGraph;
  private readonly limits: PartLimits;
  private readonly weight: Float64Array;
  private readonly bytes: Float64Array;
  /** Weight of the edges from one node to each part. */
  private readonly tied: Float64Array;
  /** More than any move saves. */
  private readonly allEdges: number;

  constructor(graph: WeightedGraph, limits: PartLimits, partOf: Int32Array) {
    this.graph = graph;
    this.limits = limits;
    this.partOf = partOf;
    this.weight = new Float64Array(limits.weight.length);
    this.bytes = new Float64Array(limits.weight.length);
    this.tied = new Float64Array(limits.weight.length);
    const { nodeCount, nodeWeight, nodeBytes, start, neighbour, edgeWeight } = graph;
    this.allEdges = 1 + edgeWeight.reduce((a, b) => a + b, 0);
    for (let node = 0; node < nodeCount; node++) {
      this.weight[partOf[node]!]! += nodeWeight[node]!;
      this.bytes[partOf[node]!]! += nodeBytes[node]!;
      for (let e = start[node]!; e < start[node + 1]!; e++) {
        if (partOf[neighbour[e]!] !== partOf[node]) this.cut += edgeWeight[e]! / 2;
      }
    }
    for (let part = 0; part < this.weight.length; part++) this.excess += this.excessOf(part, 0, 0);
  }

  isBetterThan(other: { readonly cut: number; readonly excess: number }): boolean {
    // Excess adds up rounding errors.
    const less = this.excess - other.excess;
    return less < -1e-9 || (less <= 1e-9 && this.cut < other.cut * (1 - 1e-12));
  }

  /**
   * Passes after Fiduccia & Mattheyses 1982, for several parts: in each, the best move of a node that has not moved yet is
   * made, be it good or bad, and in the end what came after the best partition is taken back.
   */
  refine(): void {
    for (let pass = 0; pass < PASSES; pass++) if (!this.pass()) return;
  }

  private pass(): boolean {
    const { graph, partOf } = this;
    const { nodeCount, start, neighbour } = graph;
    const moved = new Uint8Array(nodeCount);
    const moves: { node: number; from: number }[] = [];
    let best = { cut: this.cut, excess: this.excess, moves: 0 };
    let improved = false;
    const queue = new GainQueue(nodeCount);
    const look = (node: number): void => {
      const { gain, to } = this.bestMove(node);
      if (to < 0) queue.delete(node);
      else queue.set(node, gain);
    };
    for (let node = 0; node < nodeCount; node++) look(node);
    while (queue.length > 0 && moves.length - best.moves < PATIENCE) {
      const node = queue.pop();
      moved[node] = 1;
      const { to } = this.bestMove(node);
      // What has moved since may have filled the parts that it could go to.
      if (to < 0) continue;
      moves.push({ node, from: partOf[node]! });
      this.move(node, to);
      if (this.isBetterThan(best)) {
        best = { cut: this.cut, excess: this.excess, moves: moves.length };
        improved = true;
      }
      for (let e = start[node]!; e < start[node + 1]!; e++)
        if (moved[neighbour[e]!] === 0) look(neighbour[e]!);
    }
    for (const { node, from } of moves.slice(best.moves).reverse()) this.move(node, from);
    return improved;
  }

  /**
   * The part to which a node had best move, and the gain: cut weight saved, and where excess is relieved more than any cut
   * weight. −1 if it may go nowhere: excess may not grow, and inner nodes of a part stay unless that is too full.
   */
  private bestMove(node: number): { gain: number; to: number } {
    const { graph, limits, partOf, tied } = this;
    const { nodeWeight, nodeBytes, start, neighbour, edgeWeight } = graph;
    const from = partOf[node]!;
    tied.fill(0);
    let isInner = true;
    for (let e = start[node]!; e < start[node + 1]!; e++) {
      const part = partOf[neighbour[e]!]!;
      tied[part]! += edgeWeight[e]!;
      if (part !== from) isInner = false;
    }
    const [weight, bytes] = [nodeWeight[node]!, nodeBytes[node]!];
    const relief = this.excessOf(from, 0, 0) - this.excessOf(from, -weight, -bytes);
    let to = -1;
    let gain = Number.NEGATIVE_INFINITY;
    for (let part = 0; part < limits.weight.length; part++) {
      if (part === from) continue;
      const net = relief - (this.excessOf(part, weight, bytes) - this.excessOf(part, 0, 0));
      if (net < -1e-12 || (isInner && net < 1e-12)) continue;
      const value = tied[part]! - tied[from]! + (net > 1e-12 ? this.allEdges : 0);
      if (value < gain || (value === gain && this.fullness(part) >= this.fullness(to))) continue;
      to = part;
      gain = value;
    }
    return { gain, to };
  }

  private fullness(part: number): number {
    return this.weight[part]! / this.limits.weight[part]!;
  }

  private excessOf(part: number, moreWeight: number, moreBytes: number): number {
    const { limits, weight, bytes } = this;
    const over = (value: number, limit: number): number =>
      value <= limit ? 0 : limit > 0 ? value / limit - 1 : value > 0 ? 1 : 0;
    return (
      over((weight[part]! + moreWeight) * (1 - 1e-12), limits.weight[part]!) +
      over((bytes[part]! + moreBytes) * (1 - 1e-12), limits.bytes[part]!)
    );
  }

  private move(node: number, to: number): void {
    const { graph, partOf, weight, bytes } = this;
    const { nodeWeight, nodeBytes, start, neighbour, edgeWeight } = graph;
    const from = partOf[node]!;
    this.excess -= this.excessOf(from, 0, 0) + this.excessOf(to, 0, 0);
    weight[from]! -= nodeWeight[node]!;
    weight[to]! += nodeWeight[node]!;
    bytes[from]! -= nodeBytes[node]!;
    bytes[to]! += nodeBytes[node]!;
    this.excess += this.excessOf(from, 0, 0) + this.excessOf(to, 0, 0);
    partOf[node] = to;
    for (let e = start[node]!; e < start[node + 1]!; e++) {
      if (partOf[neighbour[e]!] === from) this.cut += edgeWeight[e]!;
      else if (partOf[neighbour[e]!] === to) this.cut -= edgeWeight[e]!;
    }
  }
}
