import { getOrMake } from '../../base/get-or-make.ts';
import { type PartitionedGraph, partition } from '../../graph/partition.ts';
import type { Loop, Plan } from '../../graph/plan.ts';
import type { ModelPart } from '../../graph/zoo/model.ts';
import type { MeshOptions } from './mesh-options.ts';
import {
  coordinatesAt,
  EXPERT_GROUP,
  type MeshPlace,
  meshGroups,
  TENSOR_GROUP,
  workerAt,
} from './mesh-shape.ts';
import { type MeshStep, meshStep } from './mesh-step.ts';
import { deviceIndex } from './parameter-servers.ts';
import type { StrategyInput } from './strategy.ts';

/**
 * The plan of a mesh: a loop per replica and tensor rank, over all devices of its pipeline, with variables of its own.
 * Replicas share templates, and a replica's luck slows all its devices. Where workers are alike, the loop of tensor rank 0
 * of replica 0 stands for all.
 */
export function meshPlan(input: StrategyInput, mesh: MeshOptions): Plan {
  const { tensor, data } = mesh;
  const indices = input.workerDevices.map(({ compute }) => deviceIndex(input, compute));
  const isFolded = input.alike === true && tensor * data > 1;
  const templates = new Templates(input, mesh);
  const ranks = isFolded ? ranksOf(mesh).slice(0, 1) : ranksOf(mesh);
  return {
    loops: ranks.map((rank, i): Loop => {
      const name = tensor === 1 ? `replica/${rank.data}` : `replica/${rank.data}/${rank.tensor}`;
      return {
        name,
        replica: rank.data,
        data: rank.data,
        coordinates: coordinatesAt(mesh, rank),
        scope: ranks.length === 1 ? '' : `${name}/`,
        standsForOthers: isFolded,
        countsUpdates: i === 0,
        ...templates.on(rank),
        ...(isFolded && { alike: templates.devicesOfOthers(rank) }),
      };
    }),
    accumulators: [],
    queues: [],
    groups: meshGroups(mesh, (worker) => indices[worker]!, isFolded),
    updates: input.updates,
  };
}

/** Templates by what tells them apart: which part of the model they compute, and which of their devices are one. */
class Templates {
  private readonly input: StrategyInput;
  private readonly mesh: MeshOptions;
  private readonly steps = new Map<string, MeshStep>();
  private readonly cut = new Map<string, PartitionedGraph>();

  constructor(input: StrategyInput, mesh: MeshOptions) {
    this.input = input;
    this.mesh = mesh;
  }

  on(rank: Rank): Pick<Loop, 'template' | 'device' | 'ownDevice'> {
    const { part, step, roleOf, devices } = this.roles(rank);
    const template = getOrMake(this.cut, `${part} ${roleOf.join()}`, () => {
      const deviceOf = step.place.map((place) => roleOf[place]!);
      return partition(step.graph, roleNames(devices, roleOf, this.mesh), deviceOf);
    });
    return {
      template,
      device: Int32Array.from(devices, (name) => deviceIndex(this.input, name)),
      ownDevice: new Uint8Array(devices.length).fill(1),
    };
  }

  /** Per other rank: the devices that are to it what those of its template are to `rank`. */
  devicesOfOthers(rank: Rank): Int32Array[] {
    const { roleOf, devices } = this.roles(rank);
    const places = devices.map((_, role) => roleOf.indexOf(role));
    return ranksOf(this.mesh)
      .filter(({ data, tensor }) => data !== rank.data || tensor !== rank.tensor)
      .map((other) =>
        Int32Array.from(places, (place) => deviceIndex(this.input, this.deviceAt(other, place))),
      );
  }

  /** The devices that a rank's step is on, and per place which of them it is: hosts of several stages may be one. */
  private roles(rank: Rank) {
    const { tensor, expert } = coordinatesAt(this.mesh, rank);
    const part = `${tensor} ${expert}`;
    const step = getOrMake(this.steps, part, () =>
      meshStep(this.input, this.mesh, partAt(this.mesh, tensor!, expert!)),
    );
    const used = new Set(step.place);
    const devices: string[] = [];
    const roleOf = Array.from({ length: 2 * this.mesh.pipeline }, (_, place) => {
      if (!used.has(place)) return -1;
      const name = this.deviceAt(rank, place);
      const known = devices.indexOf(name);
      return known >= 0 ? known : devices.push(name) - 1;
    });
    return { part, step, roleOf, devices };
  }

  private deviceAt(rank: Rank, place: number): string {
    const { pipeline } = this.mesh;
    const worker = workerAt(this.mesh, { ...rank, pipeline: place % pipeline });
    const { compute, cpu } = this.input.workerDevices[worker]!;
    return place < pipeline ? compute : cpu;
  }
}

type Rank = Pick<MeshPlace, 'tensor' | 'data'>;

/** The ranks that have loops of their own, replica by replica. */
function ranksOf({ data, tensor }: MeshOptions): Rank[] {
  return Array.from({ length: data * tensor }, (_, i) => ({
    data: Math.floor(i / tensor),
    tensor: i % tensor,
  }));
}

/** Names of a template's devices after the first place that each has, as all loops that run it may call them. */
function roleNames(
  devices: readonly string[],
  roleOf: readonly number[],
  { pipeline }: MeshOptions,
): string[] {
  return devices.map((name, role) => {
    const kind = /device:([^:]+)/.exec(name)![1]!;
    return `/job:worker/stage:${roleOf.indexOf(role) % pipeline}/device:${kind}:0`;
  });
}

function partAt({ tensor, expert, sequence }: MeshOptions, t: number, e: number): ModelPart {
  const auto = { algorithm: 'auto' };
  return {
    ...(tensor > 1 && { tensor: { ...auto, group: TENSOR_GROUP, ranks: tensor, rank: t } }),
    sequence,
    ...(expert > 1 && { expert: { ...auto, group: EXPERT_GROUP, ranks: expert, rank: e } }),
  };
}
