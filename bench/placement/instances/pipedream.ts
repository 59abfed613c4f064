import type { PlacementProblem } from '../../../placement/problem.ts';
import { type PlainEdge, type PlainTask, taskProblem } from '../../../placement/task-problem.ts';

/** A layer as PipeDream's profiler measured it (Narayanan et al. 2019): one V100, one minibatch. */
export interface ProfiledLayer {
  readonly id: string;
  readonly description: string;
  readonly forwardSeconds: number;
  readonly backwardSeconds: number;
  /** All its outputs together. */
  readonly activationBytes: number;
  readonly parameterBytes: number;
  /** Indices of the layers whose outputs it reads. */
  readonly inputs: readonly number[];
}

/**
 * Layers in topological order. Rows are `node4 -- Conv2d(…) -- forward_compute_time=0.1, …` (milliseconds, bytes) and
 * `	node3 -- node4` for edges. The time of `Input` layers is that of loading data, and is left out.
 */
export function readProfile(text: string): ProfiledLayer[] {
  const layers = new Map<string, Omit<ProfiledLayer, 'inputs'>>();
  const inputs = new Map<string, string[]>();
  for (const line of text.split(/\r?\n/).filter((row) => row.trim() !== '')) {
    if (/^\s/.test(line)) {
      const [from, to] = line.trim().split(' -- ') as [string, string];
      inputs.set(to, [...(inputs.get(to) ?? []), from]);
      continue;
    }
    const [id, description, figures] = line.split(' -- ') as [string, string, string];
    const figure = (name: string): number => {
      const value = new RegExp(`${name}=(\\[[^\\]]*\\]|[^,]*)`).exec(figures)?.[1];
      if (value === undefined) throw new Error(`no ${name} in "${line}"`);
      return value
        .replace(/[[\]]/g, '')
        .split(';')
        .reduce((sum, part) => sum + Number(part), 0);
    };
    const milliseconds = (name: string): number =>
      description.startsWith('Input') ? 0 : figure(name) / 1000;
    layers.set(id, {
      id,
      description,
      forwardSeconds: milliseconds('forward_compute_time'),
      backwardSeconds: milliseconds('backward_compute_time'),
      activationBytes: figure('activation_size'),
      parameterBytes: figure('parameter_size'),
    });
  }
  const order: string[] = [];
  const seen = new Set<string>();
  const visit = (id: string): void => {
    if (seen.has(id)) return;
    seen.add(id);
    for (const from of inputs.get(id) ?? []) visit(from);
    order.push(id);
  };
  for (const id of layers.keys()) visit(id);
  const index = new Map(order.map((id, i) => [id, i]));
  return order.map((id) => ({
    ...layers.get(id)!,
    inputs: (inputs.get(id) ?? []).map((from) => index.get(from)!),
  }));
}

export interface ProfileMachine {
  readonly devices: number;
  /** Between any two devices. */
  readonly bytesPerSecond: number;
  readonly latencySeconds: number;
  /** Per device; default: unlimited. */
  readonly capacityBytes?: number;
}

/**
 * A training step of the profiled layers: forward in order, backward in reverse, both of a layer on one device, which
 * keeps its parameters, their gradients and their momentum. A layer's backward pass reads what its forward pass made,
 * and the gradients of all that read it.
 */
export function trainingStep(layers: readonly ProfiledLayer[], machine: ProfileMachine): PlacementProblem {
  const count = layers.length;
  const readers: number[][] = layers.map(() => []);
  for (const [i, { inputs }] of layers.entries()) for (const from of inputs) readers[from]!.push(i);
  const activation = (from: number): PlainEdge => ({ from, bytes: layers[from]!.activationBytes, tensor: 0 });
  const backwardOf = (layer: number): number => 2 * count - 1 - layer;
  const forward = layers.map(
    ({ id, description, forwardSeconds, parameterBytes, inputs }): PlainTask => ({
      name: id,
      op: description.split('(')[0]!,
      seconds: forwardSeconds,
      inputs: inputs.map(activation),
      residentBytes: 3 * parameterBytes,
    }),
  );
  const backward = layers
    .map(
      ({ id, description, backwardSeconds, activationBytes }, i): PlainTask => ({
        name: `gradients/${id}`,
        op: `${description.split('(')[0]}Gradient`,
        seconds: backwardSeconds,
        inputs: [
          activation(i),
          ...readers[i]!.map((to) => ({ from: backwardOf(to), bytes: activationBytes })),
        ],
        colocateWith: i,
        forward: i,
      }),
    )
    .reverse();
  const { devices, bytesPerSecond, latencySeconds, capacityBytes } = machine;
  return taskProblem([...forward, ...backward], {
    devices,
    latencySeconds,
    secondsPerByte: 1 / bytesPerSecond,
    ...(capacityBytes !== undefined && {
      capacityBytes: Array.from({ length: devices }, () => capacityBytes),
    }),
  });
}
