import type { RandomStream } from '../base/random.ts';
import type { OpGroups } from './groups.ts';

/**
 * A tabular stochastic policy over placements of op groups. Every block and every group has a table of logits of
 * its own and draws one action from their softmax: stay with the enclosing block, or go to device d. So one draw of
 * a block moves all that stays with it, and a group can still go its own way.
 *
 * Vertices are the blocks, then the groups; parents come before children. Action 0 is "stay", action 1 + d
 * "device d". Infeasible actions have probability zero.
 */
export class BlockPolicy {
  readonly vertexCount: number;
  readonly actions: number;
  /** `[vertex * actions + action]` */
  readonly logits: Float64Array;
  private readonly blockCount: number;
  private readonly parent: Int32Array;
  private readonly allowed: Uint8Array;
  private readonly probabilities: Float64Array;

  constructor({ groups, blocks }: OpGroups, deviceCount: number) {
    this.blockCount = blocks.length;
    this.vertexCount = blocks.length + groups.length;
    this.actions = 1 + deviceCount;
    this.parent = Int32Array.from([...blocks.map((b) => b.parent), ...groups.map((g) => g.block)]);
    this.logits = new Float64Array(this.vertexCount * this.actions);
    this.allowed = new Uint8Array(this.logits.length);
    this.probabilities = new Float64Array(this.actions);
    for (const [g, { feasible }] of groups.entries()) {
      for (const d of feasible) {
        for (let v = blocks.length + g; v >= 0; v = this.parent[v]!)
          this.allowed[v * this.actions + 1 + d] = 1;
      }
    }
    // Block 0 has nothing to stay with. Whether a group may stay depends on where its block is.
    for (let v = 1; v < this.vertexCount; v++) this.allowed[v * this.actions] = 1;
  }

  /** Draws an action per vertex; writes the devices of the groups to `devices`. */
  sample(random: RandomStream, action: Int32Array, devices: Int32Array): void {
    this.walk(action, devices, (p) => {
      let u = random.uniform();
      let last = 0;
      for (let a = 0; a < p.length; a++) {
        if (p[a] === 0) continue;
        last = a;
        u -= p[a]!;
        if (u < 0) break;
      }
      return last;
    });
  }

  /** Takes the most probable action of each vertex (ties: the lowest). */
  mode(action: Int32Array, devices: Int32Array): void {
    this.walk(action, devices, (p) => {
      let best = 0;
      for (let a = 1; a < p.length; a++) if (p[a]! > p[best]!) best = a;
      return best;
    });
  }

  private walk(action: Int32Array, devices: Int32Array, choose: (p: Float64Array) => number): void {
    const at = new Int32Array(this.vertexCount);
    for (let v = 0; v < this.vertexCount; v++) {
      const home = v === 0 ? -1 : at[this.parent[v]!]!;
      const a = choose(this.softmax(v, home));
      action[v] = a;
      at[v] = a === 0 ? home : a - 1;
      if (v >= this.blockCount) devices[v - this.blockCount] = at[v]!;
    }
  }

  /**
   * Adds to `gradient` weight · ∂ log P(action) / ∂ logits, which for one softmax is weight · (1[taken] − p).
   */
  addLogGradient(action: Int32Array, weight: number, gradient: Float64Array): void {
    const at = new Int32Array(this.vertexCount);
    for (let v = 0; v < this.vertexCount; v++) {
      const home = v === 0 ? -1 : at[this.parent[v]!]!;
      const a = action[v]!;
      at[v] = a === 0 ? home : a - 1;
      const p = this.softmax(v, home);
      const row = v * this.actions;
      for (let i = 0; i < p.length; i++) gradient[row + i]! -= weight * p[i]!;
      gradient[row + a]! += weight;
    }
  }

  /**
   * Adds weight · ∂ H / ∂ logits, H the sum of the vertices' entropies along `action`:
   * ∂ H / ∂ logit_i = −p_i · (ln p_i + H).
   */
  addEntropyGradient(action: Int32Array, weight: number, gradient: Float64Array): void {
    const at = new Int32Array(this.vertexCount);
    for (let v = 0; v < this.vertexCount; v++) {
      const home = v === 0 ? -1 : at[this.parent[v]!]!;
      at[v] = action[v] === 0 ? home : action[v]! - 1;
      const p = this.softmax(v, home);
      let entropy = 0;
      for (const x of p) if (x > 0) entropy -= x * Math.log(x);
      const row = v * this.actions;
      for (let i = 0; i < p.length; i++) {
        if (p[i]! > 0) gradient[row + i]! -= weight * p[i]! * (Math.log(p[i]!) + entropy);
      }
    }
  }

  /** Probability that the groups land on `devices`, summed over all ways to get there. */
  probability(devices: ArrayLike<number>): number {
    const { actions, vertexCount, blockCount } = this;
    // [vertex * actions + 1 + home]: probability that all groups at or below the vertex land right, given its block's
    // device. Children come after parents, so going backwards has them done.
    const right = new Float64Array(vertexCount * actions).fill(1);
    const inside = new Float64Array(vertexCount * actions).fill(1);
    for (let v = vertexCount - 1; v >= 0; v--) {
      for (let home = v === 0 ? -1 : 0; home < (v === 0 ? 0 : actions - 1); home++) {
        const p = this.softmax(v, home);
        let sum = 0;
        for (let a = 0; a < actions; a++) {
          const device = a === 0 ? home : a - 1;
          if (p[a] === 0) continue;
          if (v < blockCount) sum += p[a]! * inside[v * actions + 1 + device]!;
          else if (device === devices[v - blockCount]) sum += p[a]!;
        }
        right[v * actions + 1 + home] = sum;
        if (v > 0) inside[this.parent[v]! * actions + 1 + home]! *= sum;
      }
    }
    return right[0]!;
  }

  /** Action probabilities of vertex v whose block is on device `home`. The array is reused by the next call. */
  private softmax(v: number, home: number): Float64Array {
    const { actions, allowed, logits, probabilities: p } = this;
    const row = v * actions;
    const mayStay = allowed[row] === 1 && (v < this.blockCount || allowed[row + 1 + home] === 1);
    let largest = Number.NEGATIVE_INFINITY;
    for (let a = mayStay ? 0 : 1; a < actions; a++) {
      if (allowed[row + a] === 1 && logits[row + a]! > largest) largest = logits[row + a]!;
    }
    let sum = 0;
    for (let a = 0; a < actions; a++) {
      const possible = a === 0 ? mayStay : allowed[row + a] === 1;
      p[a] = possible ? Math.exp(logits[row + a]! - largest) : 0;
      sum += p[a]!;
    }
    for (let a = 0; a < actions; a++) p[a]! /= sum;
    return p;
  }
}
