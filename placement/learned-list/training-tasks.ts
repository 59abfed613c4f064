import { MemoryLedger } from '../memory-ledger.ts';
import type { PlacementProblem } from '../problem.ts';
import { deviceClasses } from '../problem-columns.ts';
import { type PlainEdge, type PlainTask, taskProblem } from '../task-problem.ts';

/** The devices of a generated problem. */
export interface Cluster {
  /** Speed of each accelerator; 1: 4 TFLOP/s, 300 GB/s, 10 µs per op. */
  readonly accelerators: readonly number[];
  /** With a CPU of 0.25 TFLOP/s and 30 GB/s as device 0, whose memory is unlimited. */
  readonly cpu?: boolean;
  readonly bytesPerSecond: number;
  readonly latencySeconds: number;
  /** Memory of all accelerators together over what one device would need for all; unlimited unless given. */
  readonly room?: number;
}

/** A forward op of a network. */
export interface Layer {
  readonly name: string;
  readonly op: string;
  readonly flops: number;
  /** Bytes of its result. */
  readonly bytes: number;
  /** Bytes of weights of its own; or the shared weights that it reads. */
  readonly weightBytes?: number;
  readonly weights?: number;
  /** Forward ops whose results it reads. */
  readonly inputs: readonly number[];
  readonly cpuOnly?: boolean;
}

/** Value, gradient and Adam's two moments of each weight. */
const RESIDENT = 4;

/**
 * Training steps of networks as plain tasks: forward ops first, then per op, backwards, one that computes the gradients of
 * its inputs and weights in twice the flops, from its inputs (which stay in memory until then) and the gradient of its
 * result. Weights of its own stay with an op, which shares its device with its backward op. Shared weights are a
 * task of no time that sends them to their readers; their gradient is summed from op to op and returns for the update.
 */
export class TrainingTasks {
  private readonly layers: Layer[] = [];
  private readonly shared: number[] = [];

  forward(layer: Layer): number {
    return this.layers.push(layer) - 1;
  }

  /** Weights that several ops read. */
  weights(bytes: number): number {
    return this.shared.push(bytes) - 1;
  }

  problem(cluster: Cluster): PlacementProblem {
    const { accelerators, cpu = false, bytesPerSecond, latencySeconds } = cluster;
    const speeds = [...(cpu ? [0] : []), ...accelerators];
    const unlimited = taskProblem(this.tasks(speeds), {
      devices: speeds.length,
      latencySeconds,
      secondsPerByte: 1 / bytesPerSecond,
      kinds: speeds.map((speed) => (speed === 0 ? 'CPU' : 'GPU')),
    });
    if (cluster.room === undefined) return unlimited;
    const each = (cluster.room * footprint(unlimited)) / accelerators.length;
    const capacityBytes = Float64Array.from(speeds, (speed) =>
      speed === 0 ? Number.POSITIVE_INFINITY : each,
    );
    return { ...unlimited, capacityBytes, deviceClass: deviceClasses(unlimited.seconds, capacityBytes) };
  }

  private tasks(speeds: readonly number[]): PlainTask[] {
    const { layers, shared } = this;
    const tasks: PlainTask[] = shared.map((bytes, w) => ({
      name: `weights${w}`,
      op: 'Variable',
      seconds: 0,
      residentBytes: RESIDENT * bytes,
    }));
    const first = tasks.length;
    const result = (layer: number): PlainEdge => ({
      from: first + layer,
      bytes: layers[layer]!.bytes,
      tensor: 0,
    });
    const weightsOf = ({ weights: w }: Layer): PlainEdge[] =>
      w === undefined ? [] : [{ from: w, bytes: shared[w]!, tensor: 0 }];
    const seconds = ({ flops, bytes, cpuOnly }: Layer, times: number): number[] =>
      speeds.map((speed) => {
        if (speed === 0) return 5e-6 + times * Math.max(flops / 0.25e12, (3 * bytes) / 30e9);
        if (cpuOnly) return Number.POSITIVE_INFINITY;
        return 1e-5 + (times * Math.max(flops / 4e12, (3 * bytes) / 300e9)) / speed;
      });
    for (const layer of layers) {
      tasks.push({
        name: layer.name,
        op: layer.op,
        seconds: seconds(layer, 1),
        inputs: [...layer.inputs.map(result), ...weightsOf(layer)],
        residentBytes: RESIDENT * (layer.weightBytes ?? 0),
      });
    }
    /** Per forward op: the gradients of its result. */
    const received: PlainEdge[][] = layers.map(() => []);
    /** Per shared weights: the gradient summed so far. */
    const summed: (PlainEdge | undefined)[] = shared.map(() => undefined);
    for (let i = layers.length - 1; i >= 0; i--) {
      const layer = layers[i]!;
      const at = tasks.length;
      const sum = layer.weights === undefined ? undefined : summed[layer.weights];
      tasks.push({
        name: `gradients/${layer.name}`,
        op: `${layer.op}Grad`,
        seconds: seconds(layer, 2),
        inputs: [
          ...layer.inputs.map(result),
          ...(received[i]!.length === 0 ? [result(i)] : received[i]!),
          ...weightsOf(layer),
          ...(sum === undefined ? [] : [sum]),
        ],
        forward: first + i,
        ...((layer.weightBytes ?? 0) > 0 && { colocateWith: first + i }),
      });
      for (const [k, input] of layer.inputs.entries()) {
        received[input]!.push({ from: at, bytes: layers[input]!.bytes, tensor: k });
      }
      if (layer.weights !== undefined) {
        summed[layer.weights] = { from: at, bytes: shared[layer.weights]!, tensor: layer.inputs.length };
      }
    }
    for (const [w, sum] of summed.entries()) {
      if (sum === undefined) continue;
      const flops = 4 * shared[w]!;
      const update = { name: '', op: 'Update', flops, bytes: shared[w]!, inputs: [] };
      tasks.push({
        name: `update${w}`,
        op: 'Update',
        seconds: seconds(update, 1),
        inputs: [sum],
        colocateWith: w,
      });
    }
    return tasks;
  }
}

/** Peak bytes of one device that runs all tasks in their order. */
function footprint(problem: PlacementProblem): number {
  const ledger = new MemoryLedger(problem);
  for (let task = 0; task < problem.taskCount; task++) ledger.assign(task, 0);
  return ledger.peak[0]!;
}
