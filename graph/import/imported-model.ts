import type { Graph } from '../graph.ts';
import type { Tensor } from '../tensor.ts';
import type { TensorSpec } from '../tensor-spec.ts';
import type { Evaluate, TraceBudget } from './tracer.ts';

/** A model of a file as a graph of ours. */
export interface ImportedModel {
  /** What the outputs need, and all inputs. */
  readonly graph: Graph;
  /** Per input of the model: its name, the Placeholder's node name, and its spec. */
  readonly inputs: readonly { readonly name: string; readonly node: string; readonly spec: TensorSpec }[];
  /** Per output of the model: its name and the id of its tensor in `graph`. */
  readonly outputs: readonly { readonly name: string; readonly tensor: number; readonly spec: TensorSpec }[];
  /** Names of training ops and other nodes that are run for their effect. */
  readonly targets: readonly string[];
  /** Inputs on whose values the graph's structure depends: it holds for inputs that agree in them. */
  readonly specialisedOn: readonly string[];
  /** What was taken for granted where a value was not known, one sentence each. */
  readonly assumptions: readonly string[];
  /** Ops without an equivalent, costed by their bytes alone, and how many nodes of each. */
  readonly opaque: ReadonlyMap<string, number>;
}

/** How a model file is imported: sizes, inputs and outputs, and the bounds on what it may take. */
export interface ImportOptions {
  /** How messages name the file. */
  readonly file: string;
  readonly evaluate: Evaluate;
  /** Extents of symbolic dimensions, by name; of unnamed ones by `input:axis`. */
  readonly dims?: Readonly<Record<string, number>>;
  /** Whole shapes of inputs, by name; they win over the file's. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
  /** Values of inputs, by name: they give shapes to inputs, and values that shapes and branches depend on. */
  readonly feeds?: Readonly<Record<string, Tensor>>;
  /** Names of the tensors to output, instead of the model's own outputs. */
  readonly outputs?: readonly string[];
  /** Values in place of what nodes make, by the name of the tensor. */
  readonly replace?: Readonly<Record<string, Tensor>>;
  /** Ops without an equivalent become opaque nodes that cost their bytes. */
  readonly allowUnknown?: boolean;
  /** Reads `length` bytes (to the end where not given) at `offset` of a file beside the model. */
  readonly readExternal?: (location: string, offset: number, length: number | undefined) => Uint8Array;
  /** Bound on nodes, loops unrolled; default: 100,000, and more for larger files (see mostNodes). */
  readonly maxNodes?: number;
}

/** The value of a table that the caller gives; names of files may be those of every object, such as `constructor`. */
export function given<T>(table: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
}

/** Nodes that the graph of a small file may have, and about what one takes. */
const MOST_NODES = 100_000;
const NODE_BYTES = 2000;

/** Nodes, loops unrolled, that the graph of a file of so many bytes may have: what fits in four times the file more. */
export function mostNodes(fileBytes: number, { maxNodes }: ImportOptions): number {
  return maxNodes ?? MOST_NODES + Math.ceil((4 * fileBytes) / NODE_BYTES);
}

/**
 * What may be computed while importing a file of so many bytes (see Tracer): little for a file by itself, which nobody
 * vouches for; much for one that is to be run on inputs that the caller gives.
 */
export function traceBudget(fileBytes: number, { feeds = {} }: ImportOptions): TraceBudget {
  return Object.keys(feeds).length > 0
    ? { bytes: 4 * 2 ** 30, flops: 1e12 }
    : { bytes: 100e6 + fileBytes, flops: 200e6 };
}
