import { UserError } from '../../base/errors.ts';
import { formatBytes, formatFlops } from '../../base/units.ts';
import type { GraphBuilder, NodeHandle, Value } from '../builder.ts';
import type { Attrs } from '../op.ts';
import { literalTensor, type VariableAttrs } from '../ops/state.ts';
import { StoredBytes } from '../stored-bytes.ts';
import type { Tensor } from '../tensor.ts';
import { byteCount, elementCount } from '../tensor-spec.ts';

/** Computes one node: the executor's kernels, handed in because graphs know none. */
export type Evaluate = (
  op: string,
  inputs: readonly Tensor[],
  attrs: Attrs,
  name: string,
) => readonly Tensor[];

/** Bounds on what may be computed while importing: a file of a few bytes may ask for terabytes, or for hours. */
export interface TraceBudget {
  /** Of all results together. */
  readonly bytes: number;
  readonly flops: number;
}

/**
 * What is known of values while a graph is being imported: constants, first values of variables, fed inputs, and all
 * that is computed from these. A shape, an axis or a branch may depend on them; the imported graph is then that of these
 * values, and `lookedAt` names the inputs whose values were asked for: a graph holds for all inputs that agree in them.
 */
export class Tracer {
  readonly builder: GraphBuilder;
  readonly lookedAt = new Set<string>();
  /** What the import took for granted where a value was not known. */
  readonly assumptions: string[] = [];
  private readonly evaluate: Evaluate;
  private readonly feeds: ReadonlyMap<string, Tensor>;
  private readonly budget: TraceBudget;
  private bytesLeft: number;
  private flopsLeft: number;
  /** Per node id: its outputs, or undefined where they cannot be known. */
  private readonly known = new Map<number, readonly Tensor[] | undefined>();

  /** `feeds`: values of placeholders, by node name. `budget`: bound on what is computed while importing. */
  constructor(
    builder: GraphBuilder,
    evaluate: Evaluate,
    feeds: ReadonlyMap<string, Tensor>,
    budget: TraceBudget,
  ) {
    this.builder = builder;
    this.evaluate = evaluate;
    this.feeds = feeds;
    this.budget = budget;
    this.bytesLeft = budget.bytes;
    this.flopsLeft = budget.flops;
  }

  /** The value, or undefined where it depends on an input that was not fed. */
  valueOf(value: Value): Tensor | undefined {
    // Not by recursion: an unrolled loop is as deep as it is long.
    const stack = [value.node.id];
    while (stack.length > 0) {
      const id = stack.at(-1)!;
      if (this.known.has(id)) {
        stack.pop();
        continue;
      }
      const node = this.builder.nodes[id]!;
      const needed = inputsOf(node);
      const open = needed.filter((input) => !this.known.has(input.node.id));
      if (open.length > 0) {
        // Where one input is unknown for good, the others need not be computed.
        const unknown = needed.some(
          (i) => this.known.has(i.node.id) && this.known.get(i.node.id) === undefined,
        );
        if (unknown) this.known.set(id, undefined);
        else stack.push(open[0]!.node.id);
        continue;
      }
      this.known.set(id, this.outputsOf(id));
      stack.pop();
    }
    return this.known.get(value.node.id)?.[value.index];
  }

  private outputsOf(id: number): readonly Tensor[] | undefined {
    const node = this.builder.nodes[id]!;
    const { attrs, name } = node;
    switch (node.op.name) {
      case 'Placeholder': {
        const fed = this.feeds.get(name);
        this.lookedAt.add(name);
        return fed === undefined ? undefined : [fed];
      }
      case 'Constant':
        return [this.literal(name, attrs as Parameters<typeof literalTensor>[0])];
      case 'Variable': {
        const { dtype, shape, value, initializer } = attrs as unknown as VariableAttrs;
        if (initializer === 'value') return [this.literal(name, { dtype, shape, value: value! })];
        return undefined;
      }
    }
    const inputs: Tensor[] = [];
    for (const input of inputsOf(node)) {
      const outputs = this.known.get(input.node.id);
      if (outputs === undefined) return undefined;
      inputs.push(outputs[input.index]!);
    }
    if (node.op.name === 'Opaque') return undefined;
    if (node.op.name === 'Assign') return inputs;
    const specs = node.outputs.map(({ spec }) => spec);
    const { flops } = node.op.cost(
      inputs.map(({ spec }) => spec),
      specs,
      attrs as never,
    );
    this.spend(name, specs.map(byteCount), flops);
    return this.evaluate(node.op.name, inputs, attrs, name);
  }

  private literal(name: string, attrs: Parameters<typeof literalTensor>[0]): Tensor {
    // One number that stands for all is written out.
    const { dtype, shape, value } = attrs;
    if (!(value instanceof StoredBytes) && value.length < elementCount(shape)) {
      this.spend(name, [byteCount({ dtype, shape })], 0);
    }
    return literalTensor(attrs);
  }

  /** Ends an import that would compute too much. */
  private spend(name: string, bytes: readonly number[], flops: number): void {
    for (const part of bytes) this.bytesLeft -= part;
    this.flopsLeft -= flops;
    if (this.bytesLeft >= 0 && this.flopsLeft >= 0) return;
    const { budget } = this;
    const beyond = this.bytesLeft < 0 ? formatBytes(budget.bytes) : formatFlops(budget.flops);
    throw new UserError(`${name}: the values that the graph's shape depends on take more than ${beyond}`);
  }
}

/** The inputs that make a node's value: a variable's new value is what it is assigned, whatever it was. */
function inputsOf({ op, inputs }: NodeHandle): readonly Value[] {
  return op.name === 'Assign' ? inputs.slice(1) : inputs;
}
