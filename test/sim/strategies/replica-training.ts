import type { DType } from '../../../base/dtype.ts';
import { stream } from '../../../base/random.ts';
import { findDevice, findLink } from '../../../devices/catalog/index.ts';
import type { Cluster } from '../../../devices/cluster.ts';
import { buildCluster } from '../../../devices/cluster-builder.ts';
import { kernelSeconds } from '../../../devices/kernels/index.ts';
import type { Backend } from '../../../executor/backend.ts';
import { PlanExecutor } from '../../../executor/plan-executor.ts';
import { Session } from '../../../executor/session.ts';
import type { VariableStore } from '../../../executor/variables.ts';
import { wasmExecutor } from '../../../executor/wasm/executor.ts';
import { gradients } from '../../../graph/autodiff.ts';
import { GraphBuilder } from '../../../graph/builder.ts';
import { noOp } from '../../../graph/ops/state.ts';
import type { Optimizer } from '../../../graph/optimizers/optimizer.ts';
import { partitionedName } from '../../../graph/partition.ts';
import type { Plan } from '../../../graph/plan.ts';
import { numbers, type Tensor, tensor } from '../../../graph/tensor.ts';
import { elementCount } from '../../../graph/tensor-spec.ts';
import type { Feed, Model } from '../../../graph/zoo/model.ts';
import { type CompiledPlan, compilePlan } from '../../../sim/compile.ts';
import { simulate } from '../../../sim/engine.ts';
import type { Simulation, SimulationOptions } from '../../../sim/simulation.ts';

/** Hosts with so many GPUs each, on one switch. */
export function gpuCluster(hosts: number, perHost = 1, gpu = 'k40'): Cluster {
  const nic = findLink('eth-10g');
  const cpu = findDevice('xeon-e5-2699v3');
  const accelerators = { model: findDevice(gpu), count: perHost, bus: findLink('pcie3-x16') };
  return buildCluster({ jobs: [{ name: 'worker', tasks: hosts, cpu, accelerators, nic }] });
}

/** Simulates a plan, all of it recorded, with its memory. */
export function run(plan: Plan, cluster: Cluster, options: SimulationOptions = {}): Run {
  const compiled = compilePlan(plan, cluster, kernelSeconds);
  const record = { from: 0, to: plan.updates };
  return { compiled, simulation: simulate(compiled, cluster, { memory: true, record, ...options }) };
}

export interface Run {
  readonly compiled: CompiledPlan;
  readonly simulation: Simulation;
}

export interface TraceRow {
  readonly kind: number;
  readonly loop: string;
  readonly iteration: number;
  readonly node: string;
  readonly start: number;
  readonly end: number;
  readonly bytes: number;
}

/** The trace as rows of names, in the order of their starts. */
export function rowsOf({ compiled, simulation: { trace } }: Run): TraceRow[] {
  return Array.from({ length: trace.length }, (_, row) => {
    const { loop, template } = compiled.loops[trace.loop[row]!]!;
    return {
      kind: trace.kind[row]!,
      loop: loop.name,
      iteration: trace.iteration[row]!,
      node: partitionedName(template, trace.node[row]!),
      start: trace.start[row]!,
      end: trace.end[row]!,
      bytes: trace.bytes[row]!,
    };
  });
}

/** What replica `data` of `model` is fed for each placeholder in its step `step`. */
export function feeder(model: Model, batch: number, dtype: DType = 'float32') {
  const builder = new GraphBuilder();
  const { feeds } = model.build(builder, { batch, dtype });
  const byName = new Map(feeds.map((feed) => [feed.value.node.name, feed]));
  return (placeholder: string, data: number, step: number): Tensor =>
    drawn(byName.get(placeholder)!, data, step);
}

function drawn({ value: { node, spec }, below }: Feed, data: number, step: number): Tensor {
  const draws = stream(1, node.name, data, step);
  const isCount = spec.dtype.startsWith('int');
  const values = Array.from({ length: elementCount(spec.shape) }, () =>
    isCount ? draws.below(below ?? 2) : draws.normal(),
  );
  return tensor(spec.dtype, spec.shape, values);
}

/** Values of variables by name. */
export type Values = ReadonlyMap<string, Float64Array>;

/**
 * Runs a plan's kernels in simulated order, and returns each loop's variables, by scope, as they are when the loop begins
 * its last step: all have made as many updates then.
 */
export function trainedCopies(
  plan: Plan,
  cluster: Cluster,
  model: Model,
  {
    batch,
    dtype,
    backend = wasmExecutor(),
  }: { readonly batch: number; readonly dtype?: DType; readonly backend?: Backend },
): Map<string, Values> {
  const executor = new PlanExecutor(plan, { seed: 1, feed: feeder(model, batch, dtype), backend });
  const found = new Map<string, Values>();
  run(plan, cluster, {
    onStart: (l, node, iteration) => {
      const { scope = '' } = plan.loops[l]!;
      if (iteration === plan.updates - 1 && !found.has(scope))
        found.set(scope, valuesOf(executor.variables, scope));
      executor.start(l, node, iteration);
    },
  });
  return found;
}

function valuesOf(variables: VariableStore, scope: string): Values {
  const named = variables.names().filter((name) => name.startsWith(scope));
  return new Map(
    named.map((name) => [
      name.slice(scope.length),
      Float64Array.from(numbers(variables.readVariable(name)!)),
    ]),
  );
}

/** The parameters after `updates` steps of one device on the batches of all replicas at once. */
export function trainedAlone(
  model: Model,
  optimizer: Optimizer,
  {
    batch,
    replicas,
    updates,
  }: { readonly batch: number; readonly replicas: number; readonly updates: number },
): Values {
  const builder = new GraphBuilder();
  const { feeds, loss, parameters } = model.build(builder, { batch: batch * replicas, dtype: 'float32' });
  const slopes = gradients(builder, loss, parameters);
  const { nodes } = optimizer(
    builder,
    parameters.map((parameter, i) => ({ parameter, gradient: slopes[i]! })),
  );
  builder.node(noOp, [], {}, { name: 'all', control: nodes });
  const session = new Session(builder.finish(), { seed: 1, backend: wasmExecutor() });
  const feed = feeder(model, batch);
  for (let step = 0; step < updates; step++) {
    const fed = feeds.map(({ value: { node, spec } }) => {
      const parts = Array.from({ length: replicas }, (_, data) => numbers(feed(node.name, data, step)));
      return [
        node.name,
        tensor(
          spec.dtype,
          spec.shape,
          parts.flatMap((part) => [...part]),
        ),
      ];
    });
    session.run({ targets: ['all'], feeds: Object.fromEntries(fed) });
  }
  return new Map(
    parameters.map(({ node: { name } }) => [
      name,
      Float64Array.from(numbers(session.variables.readVariable(name)!)),
    ]),
  );
}

/** The largest difference of any element. */
export function distance(a: Values, b: Values): number {
  let most = 0;
  for (const [name, values] of a) {
    const others = b.get(name);
    if (others?.length !== values.length) throw new Error(`${name} is missing or of another size`);
    for (let i = 0; i < values.length; i++) {
      const apart = Math.abs(values[i]! - others[i]!);
      if (!(apart <= most)) most = apart;
    }
  }
  return most;
}
