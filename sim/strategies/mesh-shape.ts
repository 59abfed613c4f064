import type { CollectiveGroup, Loop } from '../../graph/plan.ts';

/** Extents of a mesh of devices. */
export interface MeshShape {
  /** Ranks among which each replica's products and heads are divided. */
  readonly tensor: number;
  /** Replicas. */
  readonly data: number;
  /** Devices one behind the other, among which each replica's layers are divided. */
  readonly pipeline: number;
  /** Replicas, next to each other, among which experts are divided; they divide `data`. */
  readonly expert: number;
}

export interface MeshPlace {
  readonly tensor: number;
  readonly data: number;
  readonly pipeline: number;
}

/**
 * The worker at a place of the mesh. Tensor ranks, which exchange most, are next to each other and so inside a host; then
 * come replicas, then the devices of a pipeline: Megatron-LM's order (`tp-cp-ep-dp-pp`, megatron/core/parallel_state.py).
 */
export function workerAt({ tensor, data }: MeshShape, place: MeshPlace): number {
  return (place.pipeline * data + place.data) * tensor + place.tensor;
}

/** What stands for `{tensor}`, `{data}`, `{experts}` and `{expert}` in names of groups that a loop's nodes have. */
export function coordinatesAt(
  { expert }: MeshShape,
  { tensor, data }: Pick<MeshPlace, 'tensor' | 'data'>,
): NonNullable<Loop['coordinates']> {
  return { tensor, data, experts: Math.floor(data / expert), expert: data % expert };
}

/*
 * Names of groups as nodes say them; those of each device of a pipeline have groups of their own (`groupOn`).
 */

/** The tensor ranks of a replica. */
export const TENSOR_GROUP = 'tensor/{data}';
/** The replicas, as to one tensor rank. */
export const DATA_GROUP = 'data/{tensor}';
/** Replicas that divide the experts among them. */
export const EXPERT_GROUP = 'expert/{tensor}/{experts}';
/** Replicas that have the same experts. */
export const SAME_EXPERTS_GROUP = 'same-experts/{tensor}/{expert}';

export const groupOn = (group: string, pipeline: number): string => `${group}/${pipeline}`;

/**
 * All groups of more than one rank. `folded`: only those of the loop of tensor rank 0 of replica 0, which stands for all
 * others, whose groups do alike.
 */
export function meshGroups(
  shape: MeshShape,
  deviceOf: (worker: number) => number,
  folded: boolean,
): CollectiveGroup[] {
  const { tensor, data, pipeline, expert } = shape;
  const device = (t: number, d: number, p: number): number =>
    deviceOf(workerAt(shape, { tensor: t, data: d, pipeline: p }));
  const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
  const groups: CollectiveGroup[] = [];
  const add = (pipeline: number, alike: readonly { name: string; devices: number[] }[]): void => {
    if (alike[0]!.devices.length === 1) return;
    const [first, ...others] = alike.map(({ name, devices }) => ({
      name: groupOn(name, pipeline),
      devices,
    }));
    if (folded) groups.push({ ...first!, alike: others.map(({ devices }) => devices) });
    else groups.push(first!, ...others);
  };
  for (let p = 0; p < pipeline; p++) {
    add(
      p,
      count(data).map((d) => ({ name: `tensor/${d}`, devices: count(tensor).map((t) => device(t, d, p)) })),
    );
    add(
      p,
      count(tensor).map((t) => ({ name: `data/${t}`, devices: count(data).map((d) => device(t, d, p)) })),
    );
    if (expert === 1) continue;
    const blocks = data / expert;
    add(
      p,
      count(tensor).flatMap((t) =>
        count(blocks).map((block) => ({
          name: `expert/${t}/${block}`,
          devices: count(expert).map((r) => device(t, block * expert + r, p)),
        })),
      ),
    );
    add(
      p,
      count(tensor).flatMap((t) =>
        count(expert).map((r) => ({
          name: `same-experts/${t}/${r}`,
          devices: count(blocks).map((block) => device(t, block * expert + r, p)),
        })),
      ),
    );
  }
  return groups;
}
