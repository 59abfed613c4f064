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
 * of replica 0 stands for all; of the others' traffic, only that of collectives is then on the network, not what they send
 * from stage to stage.
 */
export function meshPlan(input: StrategyInput, mesh: MeshOptions): Plan {
  const { tensor, data } = mesh;
  const indices = input.workerDevices.map(({ compute }) => deviceIndex(input, compute));
  const isFolded = input.alike === true && tensor * data > 1;
  const templates = new Templates(input, mesh);
  const ranks = Array.from({ length: isFolded ? 1 : data * tensor }, (_, i) => ({
    data: Math.floor(i / tensor),
    tensor: i % tensor,
  }));
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

  on(rank: Pick<MeshPlace, 'tensor' | 'data'>): Pick<Loop, 'template' | 'device' | 'ownDevice'> {
    const { tensor, expert } = coordinatesAt(this.mesh, rank);
    const part = `${tensor} ${expert}`;
    const step = getOrMake(this.steps, part, () =>
      meshStep(this.input, this.mesh, partAt(this.mesh, tensor!, expert!)),
    );
    const { roleOf, devices } = this.roles(step, rank);
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

  /** The devices that a rank's step is on, and per place which of them it is: hosts of several stages may be one. */
  private roles({ place }: MeshStep, rank: Pick<MeshPlace, 'tensor' | 'data'>) {
    const { pipeline } = this.mesh;
    const used = new Set(place);
    const devices: string[] = [];
    const roleOf = Array.from({ length: 2 * pipeline }, (_, at) => {
      if (!used.has(at)) return -1;
      const worker = workerAt(this.mesh, { ...rank, pipeline: at % pipeline });
      const { compute, cpu } = this.input.workerDevices[worker]!;
      const name = at < pipeline ? compute : cpu;
      const known = devices.indexOf(name);
      return known >= 0 ? known : devices.push(name) - 1;
    });
    return { roleOf, devices };
  }
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
