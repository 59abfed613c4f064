import { getOrMake } from '../../base/get-or-make.ts';
import { GraphBuilder, type NodeHandle, type Value } from '../../graph/builder.ts';
import type { Graph } from '../../graph/graph.ts';
import type { Attrs, Op } from '../../graph/op.ts';
import type { ParameterGradient } from '../../graph/optimizers/optimizer.ts';
import { byteCount } from '../../graph/tensor-spec.ts';
import type { ReplicaStep } from './replicas.ts';
import { gatherShards, reduceToShards, type Sharding, shardVariable } from './shards.ts';

export interface ShardedStep {
  readonly builder: GraphBuilder;
  /** A rank's parts of the parameters, and the means of the ranks' gradients of them. */
  readonly gradients: readonly ParameterGradient[];
  /** The last exchange of gradients. */
  readonly last: NodeHandle | undefined;
}

/**
 * A replica's step whose parameters are divided among the ranks: stage 3 of ZeRO (Rajbhandari et al., SC 2020, sections 5.3
 * and 7.2.2), fully sharded data parallelism (Zhao et al., "PyTorch FSDP", VLDB 2023). Consecutive parameters of `unitBytes`
 * make a unit. A unit is all-gathered for its forward pass, freed, gathered again for its backward pass, and freed; its
 * gradients are reduce-scattered when they are there.
 *
 * A unit is gathered ahead of its use, while the one before computes, but not before the last but one has been used: two are
 * there at a time (FSDP's limit_all_gathers). Gathers go one after another, and so do reductions, on a communicator of their
 * own. A parameter that is used in several places, as a tied embedding, stays from the first use in a pass to the last.
 */
export function shardedStep(step: ReplicaStep, sharding: Sharding, unitBytes: number): ShardedStep {
  return new Transcription(step, sharding, unitBytes).run();
}

/** A unit gathered for a pass. */
interface Gathered {
  /** By node of the parameter in the step. */
  readonly values: ReadonlyMap<number, Value>;
  readonly exchange: NodeHandle | undefined;
  /** The last node so far that reads it. */
  reader?: NodeHandle;
}

/** Adds the nodes of a step to a new builder, one after another, with exchanges between them. */
class Transcription {
  private readonly step: ReplicaStep;
  private readonly sharding: Sharding;
  private readonly graph: Graph;
  private readonly to = new GraphBuilder();
  /** Per node of the step: what became of it; of parameters, their shards. */
  private readonly made: NodeHandle[] = [];
  /** Per node of the step: whether it is computed from parameters alone. */
  private readonly ofParameters: boolean[] = [];
  private readonly units: readonly (readonly ParameterGradient[])[];
  /** By node of a parameter in the step: its unit, and its shard. */
  private readonly unitOf = new Map<number, number>();
  private readonly shards = new Map<number, Value>();
  /** Per unit: what it is in the pass; per node of the step: what backward has of parameters alone. */
  private readonly passes: Record<'forward' | 'backward', (Gathered | undefined)[]>;
  private readonly again = new Map<number, NodeHandle>();
  private readonly gathers: Gathered[] = [];
  /** By node of the step: the gradients that it makes; per unit: those that are still to be made. */
  private readonly gradientsOf = new Map<number, ParameterGradient[]>();
  private readonly missing: number[];
  private readonly reduced = new Map<ParameterGradient, Value>();
  private lastReduction: NodeHandle | undefined;

  constructor(step: ReplicaStep, sharding: Sharding, unitBytes: number) {
    this.step = step;
    this.sharding = sharding;
    this.graph = step.builder.finish();
    this.units = consecutive(step.gradients, unitBytes);
    this.passes = { forward: this.units.map(() => undefined), backward: this.units.map(() => undefined) };
    for (const [u, unit] of this.units.entries()) {
      for (const one of unit) {
        this.unitOf.set(one.parameter.node.id, u);
        getOrMake(this.gradientsOf, one.gradient.node.id, () => []).push(one);
      }
    }
    this.missing = this.units.map(({ length }) => length);
  }

  run(): ShardedStep {
    for (const { parameter } of this.step.gradients) this.addShard(parameter.node);
    for (const node of this.step.builder.nodes) {
      if (!this.unitOf.has(node.id)) this.made[node.id] = this.add(node);
      for (const one of this.gradientsOf.get(node.id) ?? []) {
        const unit = this.unitOf.get(one.parameter.node.id)!;
        if (--this.missing[unit]! === 0) this.reduce(unit);
      }
    }
    const gradients = this.step.gradients.map((one) => ({
      parameter: this.shards.get(one.parameter.node.id)!,
      gradient: this.reduced.get(one)!,
    }));
    return { builder: this.to, gradients, last: this.lastReduction };
  }

  private addShard(node: NodeHandle): void {
    const { dtype } = node.outputs[0]!.spec;
    const device = this.graph.deviceHint[node.id]!;
    const shard = shardVariable(this.to, node, this.sharding, { name: 'shard', dtype, device });
    this.shards.set(node.id, shard);
    this.made[node.id] = shard.node;
  }

  private add(node: NodeHandle): NodeHandle {
    const { controlStart, control, deviceHint } = this.graph;
    const before = control.subarray(controlStart[node.id], controlStart[node.id + 1]);
    const isForward = node.id < this.step.forwardNodes;
    this.ofParameters[node.id] =
      node.inputs.length > 0 &&
      node.inputs.every(
        (input) => this.unitOf.has(input.node.id) || this.ofParameters[input.node.id] === true,
      );
    // A unit is gathered before its backward pass begins, whether that reads it or not.
    for (const { parameter } of this.gradientsOf.get(node.id) ?? []) this.backward(parameter);
    const added = this.to.node(
      node.op as Op<Attrs>,
      node.inputs.map((input) => (isForward ? this.forward(input) : this.backward(input))),
      node.attrs,
      {
        name: node.name,
        device: deviceHint[node.id]!,
        control: Array.from(before, (id) => this.made[id]!),
      },
    );
    this.noteReads(node, added, isForward ? 'forward' : 'backward');
    return added;
  }

  private forward(value: Value): Value {
    const unit = this.unitOf.get(value.node.id);
    if (unit === undefined) return this.made[value.node.id]!.outputs[value.index]!;
    return this.gather(unit, 'forward').values.get(value.node.id)!;
  }

  /** What is computed from parameters alone, as a matrix transposed, is so again, lest it be kept since forward. */
  private backward(value: Value): Value {
    const { node, index } = value;
    const unit = this.unitOf.get(node.id);
    if (unit !== undefined) return this.gather(unit, 'backward').values.get(node.id)!;
    if (node.id >= this.step.forwardNodes || this.ofParameters[node.id] !== true)
      return this.made[node.id]!.outputs[index]!;
    const again = getOrMake(this.again, node.id, () => {
      const inputs = node.inputs.map((input) => this.backward(input));
      const options = { name: `${node.name}/again`, device: this.graph.deviceHint[node.id]! };
      const added = this.to.node(node.op as Op<Attrs>, inputs, node.attrs, options);
      this.noteReads(node, added, 'backward');
      return added;
    });
    return again.outputs[index]!;
  }

  private noteReads({ inputs }: NodeHandle, added: NodeHandle, pass: 'forward' | 'backward'): void {
    for (const { node } of inputs) {
      const gathered = this.passes[pass][this.unitOf.get(node.id) ?? -1];
      if (gathered !== undefined) gathered.reader = added;
    }
  }

  private gather(u: number, pass: 'forward' | 'backward'): Gathered {
    const known = this.passes[pass][u];
    if (known !== undefined) return known;
    const parameters = this.units[u]!.map(({ parameter }) => parameter);
    const before = [this.gathers.at(-1)?.exchange, this.gathers.at(-2)?.reader];
    const { values, exchange } = this.onDevice(parameters[0]!, () =>
      gatherShards(
        this.to,
        parameters.map(({ node }) => this.shards.get(node.id)!),
        parameters.map(({ spec }) => spec),
        this.sharding,
        { name: `exchange/${pass}${u}`, control: before.filter((node) => node !== undefined) },
      ),
    );
    const gathered = { values: new Map(parameters.map(({ node }, i) => [node.id, values[i]!])), exchange };
    this.passes[pass][u] = gathered;
    this.gathers.push(gathered);
    return gathered;
  }

  private reduce(u: number): void {
    const unit = this.units[u]!;
    const before = [this.lastReduction, this.passes.backward[u]?.exchange];
    const { values, exchange } = this.onDevice(unit[0]!.parameter, () =>
      reduceToShards(
        this.to,
        unit.map(({ gradient }) => this.made[gradient.node.id]!.outputs[gradient.index]!),
        this.sharding,
        {
          name: `exchange/reduce${u}`,
          control: before.filter((node) => node !== undefined),
          inPlace: false,
        },
      ),
    );
    this.lastReduction = exchange;
    for (const [i, one] of unit.entries()) this.reduced.set(one, values[i]!);
  }

  private onDevice<T>({ node }: Value, body: () => T): T {
    return this.to.onDevice(this.graph.deviceHint[node.id]!, body);
  }
}

/** Parameters in the order of the layers, in runs that are closed by the one with which they have `bytes`. */
function consecutive(parameters: readonly ParameterGradient[], bytes: number): ParameterGradient[][] {
  const runs: ParameterGradient[][] = [];
  let room = 0;
  for (const one of parameters) {
    if (room <= 0) {
      runs.push([]);
      room = bytes;
    }
    runs.at(-1)!.push(one);
    room -= byteCount(one.parameter.spec);
  }
  return runs;
}
