// Hot file: a search proposes a move per evaluation.
import type { RandomStream } from '../base/random.ts';
import { deviceWeights } from './device-weights.ts';
import type { OpGroups } from './groups.ts';
import type { Placement } from './placer.ts';
import type { PlacementProblem } from './problem.ts';

export interface MoveOdds {
  /** Share of moves that go to the device of a neighbour; the others go to any device. */
  readonly toNeighbour: number;
  /** Share of moves that take along neighbours on the same device … */
  readonly drag: number;
  /** … at most so many groups in all. */
  readonly dragged: number;
  /** Share of moves that swap the devices of two groups. */
  readonly swap: number;
  /** Share of moves that bring all groups of a block (a layer, say) to one device, where there are blocks. */
  readonly block: number;
}

/**
 * A neighbour's device saves transfers, and what holds together must leave together: without `drag`, published graphs whose
 * transfers take ten times as long as tasks stay 17 % above their optimum after 5,000 evaluations, with it 0.1 %.
 */
export const MOVE_ODDS: MoveOdds = { toNeighbour: 0.6, drag: 0.3, dragged: 8, swap: 0.1, block: 0.2 };

/**
 * A placement by op groups, and small random changes of it that can be taken back.
 *
 *     moves.set(choice);
 *     if (moves.propose(random) && evaluate(moves.placement) > current) moves.undo();
 *
 * Neighbours are op groups between which tensors pass. Where devices differ in nothing, network included, empty ones
 * are all the same place, and only the first of them is ever proposed.
 */
export class GroupMoves {
  readonly groupCount: number;
  /** Device per op group. */
  readonly choice: Int32Array;
  /** Device per task. */
  readonly placement: Placement;
  private readonly groups: OpGroups;
  private readonly odds: MoveOdds;
  private readonly memberStart: Int32Array;
  private readonly member: Int32Array;
  private readonly neighbourStart: Int32Array;
  private readonly neighbour: Int32Array;
  /** Op groups per device. */
  private readonly population: Int32Array;
  /** Per device: its class where devices of one class differ in nothing; otherwise a number of its own. */
  private readonly kind: Int32Array;
  /** The groups of the last move and the devices that they left. */
  private readonly moved: Int32Array;
  private readonly left: Int32Array;
  private movedCount = 0;
  private readonly candidates: number[] = [];
  private readonly seen: Uint8Array;
  /** `[group * deviceCount + device]`: see deviceWeights. */
  private readonly weight: Float64Array;
  private readonly deviceCount: number;
  /** CSR: the groups in each block, and in the blocks within it. */
  private readonly insideStart: Int32Array;
  private readonly inside: Int32Array;

  constructor(problem: PlacementProblem, groups: OpGroups, odds: MoveOdds = MOVE_ODDS) {
    const count = groups.groups.length;
    this.groups = groups;
    this.odds = odds;
    this.groupCount = count;
    this.choice = Int32Array.from(groups.groups, ({ feasible }) => feasible[0]!);
    this.placement = problem.group.map((g) => problem.feasible[g]![0]!);
    this.population = new Int32Array(problem.deviceCount);
    for (const device of this.choice) this.population[device]!++;
    this.kind = hasUniformNetwork(problem)
      ? problem.deviceClass
      : Int32Array.from({ length: problem.deviceCount }, (_, d) => d);
    this.moved = new Int32Array(Math.max(2, count));
    this.left = new Int32Array(Math.max(2, count));
    this.seen = new Uint8Array(Math.max(count, problem.deviceCount));
    [this.memberStart, this.member] = compressed(
      count,
      Array.from(groups.groupOf, (g, task) => [g, task] as const).filter(([g]) => g >= 0),
    );
    this.deviceCount = problem.deviceCount;
    this.weight = deviceWeights(problem, groups);
    [this.insideStart, this.inside] = compressed(groups.blocks.length, enclosingBlocks(groups));
    [this.neighbourStart, this.neighbour] = compressed(count, neighbourPairs(problem, groups));
  }

  /** Takes over a device per op group. */
  set(choice: ArrayLike<number>): void {
    for (let g = 0; g < this.groupCount; g++) this.put(g, choice[g]!);
    this.movedCount = 0;
  }

  /** Moves one or several groups. False where the draw changed nothing. */
  propose(random: RandomStream): boolean {
    this.movedCount = 0;
    if (this.groupCount === 0) return false;
    const first = random.below(this.groupCount);
    const { toNeighbour, drag, swap, block } = this.odds;
    if (this.groups.blocks.length > 1 && random.uniform() < block) return this.moveBlock(random);
    if (random.uniform() < swap) return this.swap(first, random.below(this.groupCount));
    let device = random.uniform() < toNeighbour ? this.deviceOfNeighbour(first, random) : -1;
    if (device < 0) device = this.anyDevice(first, random);
    if (device < 0) return false;
    const home = this.choice[first]!;
    this.move(first, device);
    if (random.uniform() < drag)
      this.takeAlong(home, device, 2 + random.below(this.odds.dragged - 1), random);
    return true;
  }

  /** First task of the group that the last move moved first. */
  get lastTask(): number {
    return this.member[this.memberStart[this.moved[0]!]!]!;
  }

  /** Takes the last move back. */
  undo(): void {
    for (let i = this.movedCount - 1; i >= 0; i--) this.put(this.moved[i]!, this.left[i]!);
    this.movedCount = 0;
  }

  private moveBlock(random: RandomStream): boolean {
    const { insideStart, inside } = this;
    const block = 1 + random.below(this.groups.blocks.length - 1);
    const [from, to] = [insideStart[block]!, insideStart[block + 1]!];
    if (from === to) return false;
    const device = this.anyDevice(inside[from + random.below(to - from)]!, random);
    if (device < 0) return false;
    for (let i = from; i < to; i++) {
      const g = inside[i]!;
      if (this.choice[g] !== device && this.groups.groups[g]!.feasible.includes(device)) this.move(g, device);
    }
    return true;
  }

  private swap(a: number, b: number): boolean {
    const [deviceA, deviceB] = [this.choice[a]!, this.choice[b]!];
    const { groups } = this.groups;
    if (deviceA === deviceB) return false;
    if (!groups[a]!.feasible.includes(deviceB) || !groups[b]!.feasible.includes(deviceA)) return false;
    this.move(a, deviceB);
    this.move(b, deviceA);
    return true;
  }

  /** Another device on which a neighbour is; −1 where the neighbour drawn offers none. */
  private deviceOfNeighbour(g: number, random: RandomStream): number {
    const from = this.neighbourStart[g]!;
    const count = this.neighbourStart[g + 1]! - from;
    if (count === 0) return -1;
    const device = this.choice[this.neighbour[from + random.below(count)]!]!;
    return device !== this.choice[g] && this.groups.groups[g]!.feasible.includes(device) ? device : -1;
  }

  private anyDevice(g: number, random: RandomStream): number {
    const { candidates, choice, kind, population, seen } = this;
    const { feasible } = this.groups.groups[g]!;
    candidates.length = 0;
    for (const d of feasible) {
      if (d === choice[g]) continue;
      if (population[d] === 0) {
        if (seen[kind[d]!] === 1) continue;
        seen[kind[d]!] = 1;
      }
      candidates.push(d);
    }
    for (const d of feasible) seen[kind[d]!] = 0;
    let total = 0;
    for (const d of candidates) total += this.weight[g * this.deviceCount + d]!;
    let left = random.uniform() * total;
    for (const d of candidates) {
      left -= this.weight[g * this.deviceCount + d]!;
      if (left < 0) return d;
    }
    return candidates.at(-1) ?? -1;
  }

  /** Moves up to `most` groups in all: neighbours of moved groups that are on the device that these have left. */
  private takeAlong(home: number, device: number, most: number, random: RandomStream): void {
    for (let i = 0; i < this.movedCount && this.movedCount < most; i++) {
      const from = this.neighbourStart[this.moved[i]!]!;
      const count = this.neighbourStart[this.moved[i]! + 1]! - from;
      const rotation = count > 0 ? random.below(count) : 0;
      for (let k = 0; k < count && this.movedCount < most; k++) {
        const g = this.neighbour[from + ((k + rotation) % count)]!;
        if (this.choice[g] === home && this.groups.groups[g]!.feasible.includes(device)) this.move(g, device);
      }
    }
  }

  private move(g: number, device: number): void {
    this.moved[this.movedCount] = g;
    this.left[this.movedCount++] = this.choice[g]!;
    this.put(g, device);
  }

  private put(g: number, device: number): void {
    this.population[this.choice[g]!]!--;
    this.population[device]!++;
    this.choice[g] = device;
    for (let m = this.memberStart[g]!; m < this.memberStart[g + 1]!; m++)
      this.placement[this.member[m]!] = device;
  }
}

/** Device per op group of a placement that keeps groups together: that of their first members. */
export function choiceOf({ groups, groupOf }: OpGroups, placement: Placement): Int32Array {
  const choice = Int32Array.from(groups, ({ feasible }) => feasible[0]!);
  for (let task = groupOf.length - 1; task >= 0; task--) {
    const g = groupOf[task]!;
    if (g >= 0 && groups[g]!.feasible.includes(placement[task]!)) choice[g] = placement[task]!;
  }
  return choice;
}

/** Both directions of each pair of op groups between which tensors pass. */
function neighbourPairs(
  { taskCount, inputStart, input, producer }: PlacementProblem,
  { groups, groupOf }: OpGroups,
): [number, number][] {
  const known = new Set<number>();
  for (let task = 0; task < taskCount; task++) {
    const b = groupOf[task]!;
    for (let e = inputStart[task]!; e < inputStart[task + 1]!; e++) {
      const a = groupOf[producer[input[e]!]!]!;
      if (a < 0 || b < 0 || a === b) continue;
      known.add(a * groups.length + b);
      known.add(b * groups.length + a);
    }
  }
  return Array.from(known, (key) => [Math.floor(key / groups.length), key % groups.length]);
}

/** (block, group) for each block that a group lies in, however deep; block 0 (all groups) left out. */
function enclosingBlocks({ groups, blocks }: OpGroups): [number, number][] {
  return groups.flatMap(({ block }, g) => {
    const pairs: [number, number][] = [];
    for (let b = block; b > 0; b = blocks[b]!.parent) pairs.push([b, g]);
    return pairs;
  });
}

/** Pairs (row, value) as CSR. */
function compressed(rows: number, pairs: readonly (readonly [number, number])[]): [Int32Array, Int32Array] {
  const start = new Int32Array(rows + 1);
  for (const [row] of pairs) start[row + 1]!++;
  for (let row = 0; row < rows; row++) start[row + 1]! += start[row]!;
  const next = start.slice();
  const value = new Int32Array(pairs.length);
  for (const [row, v] of pairs) value[next[row]!++] = v;
  return [start, value];
}

function hasUniformNetwork({ deviceCount, latencySeconds, secondsPerByte }: PlacementProblem): boolean {
  for (let pair = 0; pair < deviceCount * deviceCount; pair++) {
    if (pair % (deviceCount + 1) === 0) continue;
    if (latencySeconds[pair] !== latencySeconds[1] || secondsPerByte[pair] !== secondsPerByte[1])
      return false;
  }
  return true;
}
