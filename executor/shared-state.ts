import { InternalError, UserError } from '../base/errors.ts';
import { getOrMake } from '../base/get-or-make.ts';
import type { Attrs } from '../graph/op.ts';
import { TokenQueue } from '../graph/resources.ts';
import { int64Scalar, type Tensor } from '../graph/tensor.ts';
import { formatSpec } from '../graph/tensor-spec.ts';
import { Accumulator, type Outcome } from './accumulator.ts';
import { TensorQueue } from './tensor-queue.ts';

/** The ops that wait for others: steps and loops talk to each other through them. */
const COORDINATION_OPS = [
  'AccumulatorApply',
  'AccumulatorTake',
  'TokenEnqueue',
  'TokenDequeue',
  'QueueEnqueue',
  'QueueDequeue',
  'QueueClose',
  'QueueSize',
  'ClockWait',
  'ClockTick',
  'AllReduce',
  'ReduceScatter',
  'AllGather',
  'AllToAll',
] as const;
export type CoordinationOp = (typeof COORDINATION_OPS)[number];

const COORDINATION: ReadonlySet<string> = new Set(COORDINATION_OPS);

export function isCoordination(op: string): op is CoordinationOp {
  return COORDINATION.has(op);
}

/** Performs a coordination op: its outputs, or undefined where it has to wait. */
export type Coordinate = (
  op: CoordinationOp,
  attrs: Attrs,
  inputs: readonly Tensor[],
) => readonly Tensor[] | undefined;

/** What is declared beforehand; then nothing else may be used. */
export interface Declarations {
  readonly accumulators: readonly { readonly name: string; readonly required: number }[];
  readonly queues: readonly { readonly name: string; readonly first: number | undefined }[];
}

/**
 * Accumulators and queues by name: what steps and loops share beside variables. Each is there from its first use, or
 * declared with the first tokens. Tensors put into it have to stay as they are.
 */
export class SharedState {
  private readonly accumulators = new Map<string, Accumulator>();
  private readonly tokens = new Map<string, TokenQueue>();
  private readonly queues = new Map<string, TensorQueue>();
  private readonly declared: boolean;

  constructor(declarations?: Declarations) {
    this.declared = declarations !== undefined;
    for (const { name, required } of declarations?.accumulators ?? []) {
      this.accumulators.set(name, new Accumulator(required));
    }
    for (const { name, first } of declarations?.queues ?? []) this.tokens.set(name, new TokenQueue(first));
  }

  readonly perform: Coordinate = (op, attrs, inputs) => {
    switch (op) {
      case 'AccumulatorApply':
        this.offer(attrs, inputs);
        return [];
      case 'AccumulatorTake':
        return this.accumulator(attrs).take();
      case 'TokenEnqueue':
        this.tokenQueue(attrs).put(Number(inputs[0]!.data[0]));
        return [];
      case 'TokenDequeue': {
        const token = this.tokenQueue(attrs).take();
        return token === undefined ? undefined : [int64Scalar(token)];
      }
      case 'QueueEnqueue':
        return this.queue(attrs).put(inputs, Number(attrs.capacity)) ? [] : undefined;
      case 'QueueDequeue':
        return this.dequeue(attrs);
      case 'QueueClose':
        this.queue(attrs).close();
        return [];
      case 'QueueSize':
        return [int64Scalar(this.queue(attrs).size)];
      case 'ClockWait':
      case 'ClockTick':
        // Whoever decides when things happen has waited.
        return [];
      case 'AllReduce':
      case 'ReduceScatter':
      case 'AllGather':
      case 'AllToAll':
        throw new UserError(
          `${op} exchanges tensors with other ranks of its group: a plan runs it, not a session`,
        );
    }
  };

  /** Offers a gradient and the step of its parameters to an accumulator. */
  offer(attrs: Attrs, inputs: readonly Tensor[]): Outcome {
    return this.accumulator(attrs).apply(inputs.slice(0, -1), Number(inputs.at(-1)!.data[0]));
  }

  /** What an op waits for, in words; called where it was made to wait. */
  waitsFor(op: CoordinationOp, attrs: Attrs): string {
    if (op === 'AccumulatorTake') {
      const { count, required } = this.accumulator(attrs);
      return `gradients of accumulator ${attrs.accumulator}, which has ${count} of ${required}`;
    }
    if (op === 'QueueEnqueue') {
      return `room in queue ${attrs.queue}, which holds ${this.queue(attrs).size} of ${attrs.capacity}`;
    }
    if (op === 'QueueDequeue') return `an element of queue ${attrs.queue}, which is empty`;
    return `a token of queue ${attrs.queue}`;
  }

  private dequeue(attrs: Attrs): readonly Tensor[] | undefined {
    const element = this.queue(attrs).take();
    if (element === undefined) return undefined;
    const expected = (attrs.components as readonly string[]).join(', ');
    const given = element.map(({ spec }) => formatSpec(spec)).join(', ');
    if (given === expected) return element;
    throw new UserError(`queue ${attrs.queue} gave (${given}), expected (${expected})`);
  }

  private accumulator({ accumulator: name, required }: Attrs): Accumulator {
    const found = this.shared(this.accumulators, `accumulator ${name}`, String(name), () => {
      return new Accumulator(Number(required));
    });
    if (found.required === required) return found;
    throw new UserError(`accumulator ${name} is used for ${found.required} and for ${required} gradients`);
  }

  private tokenQueue({ queue }: Attrs): TokenQueue {
    return this.shared(this.tokens, `queue ${queue}`, String(queue), () => new TokenQueue());
  }

  private queue({ queue }: Attrs): TensorQueue {
    const name = String(queue);
    return this.shared(this.queues, `queue ${name}`, name, () => new TensorQueue(name));
  }

  private shared<T>(map: Map<string, T>, what: string, name: string, make: () => T): T {
    if (this.declared && !map.has(name)) throw new InternalError(`the plan does not declare ${what}`);
    return getOrMake(map, name, make);
  }
}
