import type { RandomStream } from '../../base/random.ts';
import { type GroupFeatures, OUTPUT_SIZES } from '../policy/group-features.ts';
import type { Items } from './item-features.ts';

/** Draws a group per item from the probabilities `[item, group]`. */
export function drawnGroups(probability: Float32Array, groups: number, random: RandomStream): Int32Array {
  return Int32Array.from({ length: probability.length / groups }, (_, item) => {
    let u = random.uniform();
    for (let g = 0; g < groups - 1; g++) {
      u -= probability[item * groups + g]!;
      if (u < 0) return g;
    }
    return groups - 1;
  });
}

/** Columns of a group's embedding: see `groupEmbeddings`. */
export function embeddingColumns(groups: number, kinds: number): number {
  return 2 * groups + kinds + OUTPUT_SIZES;
}

/**
 * `[group, embeddingColumns]`: which groups it reads from and which read from it, its number of tasks of each kind of op and
 * the sum of their outputs' sizes; each row over its greatest number plus 1 (ICLR'18, section 2, and its authors' code).
 */
export function groupEmbeddings(features: GroupFeatures, groups: number, kinds: number): Float32Array {
  const columns = embeddingColumns(groups, kinds);
  const out = new Float32Array(groups * columns);
  for (let g = 0; g < groups; g++) {
    const row = out.subarray(g * columns, (g + 1) * columns);
    row.set(features.adjacency.subarray(g * 2 * groups, (g + 1) * 2 * groups));
    row.set(features.kindCounts.subarray(g * kinds, (g + 1) * kinds), 2 * groups);
    row.set(features.sizes.subarray(g * OUTPUT_SIZES, (g + 1) * OUTPUT_SIZES), 2 * groups + kinds);
    const scale = row.reduce((a, b) => Math.max(a, b), 0) + 1;
    for (let i = 0; i < columns; i++) row[i]! /= scale;
  }
  return out;
}

/**
 * `[group, device]`: 0 where all of the group's items may go, −1e9 elsewhere. Where no device suits all of them, those that
 * suit one do (the others then go elsewhere, see `devicesOfItems`). A group without items has one device to choose from, so
 * that its choice, which changes nothing, adds no noise to the gradient.
 */
export function groupMask(
  groupOfItem: Int32Array,
  { feasible }: Items,
  groups: number,
  devices: number,
): Float32Array {
  const size = new Int32Array(groups);
  const suits = new Int32Array(groups * devices);
  for (const [item, choice] of feasible.entries()) {
    const g = groupOfItem[item]!;
    size[g]!++;
    for (const d of choice) suits[g * devices + d]!++;
  }
  const mask = new Float32Array(groups * devices).fill(-1e9);
  for (let g = 0; g < groups; g++) {
    const row = suits.subarray(g * devices, (g + 1) * devices);
    const needed = row.includes(size[g]!) ? size[g]! : 1;
    for (let d = 0; d < devices; d++) {
      if (size[g] === 0 ? d === 0 : row[d]! >= needed) mask[g * devices + d] = 0;
    }
  }
  return mask;
}

/**
 * The device of each item's group; where it is none of the item's feasible ones, of these the one with least seconds for it
 * (ties: the lowest). `work`: `[item, device]`.
 */
export function devicesOfItems(
  groupOfItem: Int32Array,
  deviceOfGroup: ArrayLike<number>,
  { feasible }: Items,
  work: Float64Array,
  devices: number,
): Int32Array {
  return groupOfItem.map((g, item) => {
    const device = deviceOfGroup[g]!;
    const choice = feasible[item]!;
    if (choice.includes(device)) return device;
    return choice.reduce((best, d) => (work[item * devices + d]! < work[item * devices + best]! ? d : best));
  });
}
