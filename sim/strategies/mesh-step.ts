import { fuseElementwise } from '../../graph/fuse.ts';
import type { Graph } from '../../graph/graph.ts';
import type { MicroBatchUnit } from '../../graph/micro-batch-unit.ts';
import { unrollMicroBatches } from '../../graph/micro-batches.ts';
import { recompute } from '../../graph/recompute.ts';
import type { ModelPart } from '../../graph/zoo/model.ts';
import type { MeshOptions } from './mesh-options.ts';
import { authorUnit } from './mesh-unit.ts';
import { scheduleOf } from './schedules.ts';
import type { StrategyInput } from './strategy.ts';

/** A step of one tensor and expert rank of a replica: all its micro-batches on all devices of its pipeline. */
export interface MeshStep {
  readonly graph: Graph;
  /** Per node: the device of the pipeline that it is on, or, `pipeline` more, the CPU of that one's host. */
  readonly place: Int32Array;
}

/** Authors one micro-batch, and from it, in columns, the step. @throws UserError as `authorUnit` does. */
export function meshStep(input: StrategyInput, mesh: MeshOptions, part: ModelPart): MeshStep {
  const { pipeline: devices, microBatches, chunks } = mesh;
  const { unit: plain, placeOf } = authorUnit(input, mesh, part);
  const whole = mesh.recompute === 'none' ? plain : recompute(plain);
  const unit = input.workerFuses === true ? fusedUnit(whole) : whole;
  const { graph, unitNode } = unrollMicroBatches(
    unit,
    scheduleOf(mesh.schedule, { devices, microBatches, chunks }),
  );
  const places = unit.graph.deviceHint.map(placeOf);
  return { graph, place: unitNode.map((node) => places[node]!) };
}

/** Merges element-wise ops of each task, before there are many micro-batches. */
function fusedUnit({ graph, task, summed, inputs }: MicroBatchUnit): MicroBatchUnit {
  const fused = fuseElementwise(graph, { deviceOf: task, fuses: (own) => own >= 0, keep: summed });
  const newNode = new Map(Array.from(fused.nodes, (node, id) => [node, id]));
  return {
    graph: fused.graph,
    task: fused.nodes.map((node) => task[node]!),
    summed: new Set([...summed].map((tensor) => fused.newTensor[tensor]!)),
    inputs: new Set([...inputs].map((node) => newNode.get(node)!)),
  };
}
