// Hot file: called for every node of every step.
import { isNarrowFloat } from '../base/dtype.ts';
import { invariant, UserError } from '../base/errors.ts';
import { roundAll } from '../base/narrow-floats.ts';
import type { Attrs } from '../graph/op.ts';
import { isSend, transferOf } from '../graph/partition.ts';
import type { Tensor, TensorData } from '../graph/tensor.ts';
import { formatSpec, sameShape, type TensorSpec } from '../graph/tensor-spec.ts';
import type { Kernel, KernelContext, Kernels } from './kernel.ts';
import type { LiveStorage } from './live-storage.ts';
import { PlainMemory } from './memory.ts';
import { Rendezvous, type RendezvousPoint } from './rendezvous.ts';
import { type Coordinate, isCoordination } from './shared-state.ts';
import type { StepProgram } from './step-program.ts';
import type { VariableStore } from './variables.ts';

/** What the nodes of a step use beyond their inputs. */
export interface StepServices {
  readonly variables: Pick<VariableStore, 'readVariable' | 'writeVariable'>;
  /** Seed of variable initialisers. */
  readonly seed: number;
  /** As in KernelContext. */
  readonly nameIn?: (pattern: string) => string;
  /** The value of a placeholder; undefined where nothing was fed. */
  feed(placeholder: string): Tensor | undefined;
  readonly coordinate: Coordinate;
  readonly kernels: Kernels;
  /** Of the memory that the kernels' outputs lie in. */
  readonly storage: LiveStorage;
}

/**
 * One step in progress: the values in its slots. Whoever walks the graph calls `run` for a node when all that the
 * node waits for is done; for a Recv, when the bytes have arrived. A value is given back to its memory when its last
 * reader is done; `end` gives back what is left.
 */
export class Step {
  readonly program: StepProgram;
  /** Values by slot (see PartitionedGraph); tensor t of the graph is slot t. */
  private readonly slots: (Tensor | undefined)[];
  /** Per slot: reads to come. */
  private readonly reads: Int32Array;
  private readonly services: StepServices;
  private readonly rendezvous: RendezvousPoint;
  /** What the kernel that runs has allocated: outputs, and what it needed on the way to them. */
  private readonly allocated: Tensor[] = [];

  constructor(program: StepProgram, services: StepServices, rendezvous: RendezvousPoint = new Rendezvous()) {
    this.program = program;
    this.services = services;
    this.rendezvous = rendezvous;
    this.slots = new Array<Tensor | undefined>(program.p.slotCount).fill(undefined);
    this.reads = program.reads.slice();
  }

  /** Runs one node. False where it has to wait for others (nothing was done; run it again later). */
  run(node: number): boolean {
    const { p } = this.program;
    if (transferOf(p, node) >= 0) {
      this.transfer(node);
      return true;
    }
    const inputs = this.inputs(node);
    try {
      const outputs = this.compute(node, inputs);
      if (outputs === undefined) return false;
      this.keep(node, inputs, outputs);
    } finally {
      for (const tensor of this.allocated) this.services.storage.discardUnheld(tensor);
      this.allocated.length = 0;
    }
    const { inputStart } = p.graph;
    for (let e = inputStart[node]!; e < inputStart[node + 1]!; e++) this.hasRead(p.inputSlot[e]!);
    return true;
  }

  /** The value of a fetched tensor of the graph, which must have been computed; it outlives the step. */
  fetch(tensor: number): Tensor {
    const value = this.services.storage.lasting(this.value(tensor));
    this.hasRead(tensor);
    return value;
  }

  /** Gives back what was not read, as after an error. */
  end(): void {
    for (const [slot, value] of this.slots.entries()) if (value !== undefined) this.empty(slot, value);
    for (const value of this.rendezvous.clear()) this.services.storage.release(value);
  }

  private value(slot: number): Tensor {
    const value = this.slots[slot];
    invariant(value !== undefined, `slot ${slot} has no value`);
    return value;
  }

  private hasRead(slot: number): void {
    const left = --this.reads[slot]!;
    if (left === 0) this.empty(slot, this.value(slot));
  }

  private empty(slot: number, value: Tensor): void {
    this.slots[slot] = undefined;
    this.services.storage.release(value);
  }

  private transfer(node: number): void {
    const { p, transferKeys } = this.program;
    const transfer = transferOf(p, node);
    const key = transferKeys[transfer]!;
    const tensor = p.transferTensor[transfer]!;
    if (isSend(p, node)) {
      const value = tensor < 0 ? undefined : this.value(tensor);
      const held = this.rendezvous.put(key, value);
      if (value === undefined) return;
      if (held) this.services.storage.retain(value);
      this.hasRead(tensor);
    } else {
      // The slot takes over what the rendezvous held.
      this.slots[p.graph.tensorCount + transfer] = this.rendezvous.take(key);
    }
  }

  /** Puts a node's outputs into their slots, as far as anybody reads them. */
  private keep(node: number, inputs: readonly Tensor[], outputs: readonly Tensor[]): void {
    const { graph } = this.program.p;
    const first = graph.outputStart[node]!;
    const count = graph.outputStart[node + 1]! - first;
    invariant(
      outputs.length === count,
      `${graph.name[node]} (${graph.op[node]}) gave ${outputs.length} outputs`,
    );
    for (let i = 0; i < count; i++) {
      const output = this.wholeStorage(outputs[i]!, inputs);
      const expected = graph.spec[first + i]!;
      if (!sameSpec(output.spec, expected)) {
        const [given, wanted] = [formatSpec(output.spec), formatSpec(expected)];
        invariant(false, `${graph.name[node]} (${graph.op[node]}) gave ${given}, expected ${wanted}`);
      }
      if (this.program.narrow[node] === 1) roundOwn(output, inputs);
      this.services.storage.retain(output);
      if (this.reads[first + i] === 0) this.services.storage.release(output);
      else this.slots[first + i] = output;
    }
  }

  /** A part of the storage of an input, or of what the kernel allocated, cannot be kept for itself: it becomes a copy. */
  private wholeStorage(output: Tensor, inputs: readonly Tensor[]): Tensor {
    if (this.services.storage.memory instanceof PlainMemory) return output;
    const isPart = (whole: Tensor): boolean => whole.data !== output.data && overlap(whole.data, output.data);
    if (!inputs.some(isPart) && !this.allocated.some(isPart)) return output;
    return { spec: output.spec, data: output.data.slice() };
  }

  private compute(node: number, inputs: readonly Tensor[]): readonly Tensor[] | undefined {
    const { graph } = this.program.p;
    const op = graph.op[node]!;
    const attrs = graph.attrs[node]!;
    const { storage, kernels, coordinate } = this.services;
    if (op === 'Placeholder') return [storage.memory.adopt(this.fed(node))];
    // What is handed to others outlives the step.
    if (isCoordination(op)) {
      return coordinate(
        op,
        attrs,
        inputs.map((input) => storage.lasting(input)),
      );
    }
    const kernel = kernels[op] as Kernel<Attrs> | undefined;
    if (kernel === undefined) {
      throw new UserError(
        op === 'Opaque'
          ? `${graph.name[node]}: the op ${attrs.op} has no equivalent here; it can be costed, not run`
          : `${graph.name[node]}: there is no kernel for the op ${op}`,
      );
    }
    const context = this.context(node, inputs);
    const outputs = kernel(inputs, attrs, context);
    if (op === 'Constant') return [storage.constant(attrs, outputs[0]!)];
    return op === 'Variable' ? [this.inMemory(outputs[0]!, context)] : outputs;
  }

  /** A variable's value in this memory; one that was restored, or written by another session, moves into it once. */
  private inMemory(value: Tensor, { nodeName, writeVariable, readVariable }: KernelContext): Tensor {
    const { memory } = this.services.storage;
    if (memory instanceof PlainMemory) return value;
    if (!memory.owns(readVariable(nodeName)!)) writeVariable(nodeName, value);
    return readVariable(nodeName)!;
  }

  private context(node: number, inputs: readonly Tensor[]): KernelContext {
    const { variables, seed, nameIn, storage } = this.services;
    const { memory } = storage;
    return {
      nodeName: this.program.p.graph.name[node]!,
      inputNames: this.program.inputNames[node]!,
      readVariable: (name) => variables.readVariable(name),
      writeVariable: (name, value) => {
        roundOwn(value, inputs);
        const kept = memory.adopt(value);
        storage.retain(kept);
        variables.writeVariable(name, kept, () => storage.release(kept));
      },
      seed,
      nameIn,
      allocate: (dtype, shape) => {
        const tensor = memory.allocate(dtype, shape);
        this.allocated.push(tensor);
        return tensor;
      },
    };
  }

  /** Values of a node's inputs, which must have been computed. */
  inputs(node: number): Tensor[] {
    const { p } = this.program;
    const { inputStart } = p.graph;
    const inputs: Tensor[] = [];
    for (let e = inputStart[node]!; e < inputStart[node + 1]!; e++) inputs.push(this.value(p.inputSlot[e]!));
    return inputs;
  }

  private fed(node: number): Tensor {
    const { graph } = this.program.p;
    const name = graph.name[node]!;
    const expected = graph.spec[graph.outputStart[node]!]!;
    const value = this.services.feed(name);
    if (value === undefined) {
      throw new UserError(`placeholder "${name}" needs a feed: ${formatSpec(expected)}`);
    }
    if (!sameSpec(value.spec, expected)) {
      throw new UserError(
        `placeholder "${name}" is ${formatSpec(expected)}, but was fed ${formatSpec(value.spec)}`,
      );
    }
    return value;
  }
}

function overlap(a: TensorData, b: TensorData): boolean {
  return (
    a.buffer === b.buffer &&
    a.byteOffset < b.byteOffset + b.byteLength &&
    b.byteOffset < a.byteOffset + a.byteLength
  );
}

/** Rounds what a kernel computed to a type narrower than its storage; data passed on from an input are another's. */
function roundOwn({ spec: { dtype }, data }: Tensor, inputs: readonly Tensor[]): void {
  if (!isNarrowFloat(dtype) || inputs.some((input) => input.data === data)) return;
  roundAll(dtype, data as Float32Array);
}

function sameSpec(a: TensorSpec, b: TensorSpec): boolean {
  return a.dtype === b.dtype && sameShape(a.shape, b.shape);
}
