import { UserError } from '../base/errors.ts';
import { getOrMake } from '../base/get-or-make.ts';
import type { Graph } from '../graph/graph.ts';
import { isSend, partitionedName, partitionedOp, transferOf } from '../graph/partition.ts';
import type { Tensor } from '../graph/tensor.ts';
import { complete, startStep } from '../graph/walk.ts';
import type { Backend } from './backend.ts';
import { blockedLines, blockedMessage } from './blocked.ts';
import type { Kernels } from './kernel.ts';
import { KERNELS } from './kernels/index.ts';
import { LiveStorage } from './live-storage.ts';
import { RequestReader, type RunRequest } from './request.ts';
import {
  onOneDevice,
  programKey,
  type RunProgram,
  runProgram,
  type SessionPlacement,
} from './run-program.ts';
import { type Coordinate, type CoordinationOp, SharedState } from './shared-state.ts';
import { Step } from './step.ts';
import { VariableStore } from './variables.ts';
import { wasmExecutor } from './wasm/executor.ts';

export type { RunRequest } from './request.ts';
export type { SessionPlacement } from './run-program.ts';

/** What a Session has of its own, and what it shares with others. */
export interface SessionOptions {
  /** Seed of variable initialisers; 0 where not given. */
  readonly seed?: number;
  /** Default: everything on one device. */
  readonly placement?: SessionPlacement;
  /** Default: a store of its own. */
  readonly variables?: VariableStore;
  /** Accumulators and queues; default: of its own. Sessions that share them hand work to each other. */
  readonly shared?: SharedState;
  /** Performs accumulator, token and queue ops in place of `shared`. */
  readonly coordinate?: Coordinate;
  /** What computes; default: kernels in WebAssembly on one thread, with the reference kernels where they have none. */
  readonly backend?: Backend;
  /** Kernels of ops from outside the package, or in place of the backend's, by the names of their ops. */
  readonly kernels?: Kernels;
  /** Called when a node starts. */
  readonly onNode?: (name: string, device: string) => void;
  /** Called when a tensor (or, with 0 bytes, a control signal) moves between devices. */
  readonly onTransfer?: (key: string, bytes: number) => void;
  /** Called when a node of the graph is done, with the wall-clock seconds that it took. */
  readonly onTime?: (node: number, seconds: number) => void;
}

/**
 * Computes tensors of a graph. `run` executes what its fetches and targets need and nothing else; variables keep
 * their values from one run to the next.
 *
 *     const session = new Session(graph, { seed: 1 });
 *     const [loss] = session.run({ fetches: ['loss:0'], targets: ['train'], feeds: { images, labels } });
 */
export class Session {
  readonly graph: Graph;
  readonly variables: VariableStore;
  private readonly options: SessionOptions;
  private readonly placement: SessionPlacement;
  private readonly shared: SharedState;
  private readonly storage: LiveStorage;
  private readonly kernels: Kernels;
  private readonly fuses: boolean;
  private readonly requests: RequestReader;
  /** Requests repeat, step after step: each is pruned and partitioned once. */
  private readonly programs = new Map<string, RunProgram>();

  constructor(graph: Graph, options: SessionOptions = {}) {
    this.graph = graph;
    this.options = options;
    this.variables = options.variables ?? new VariableStore();
    this.placement = options.placement ?? onOneDevice(graph);
    this.shared = options.shared ?? new SharedState();
    const backend = options.backend ?? wasmExecutor();
    this.storage = LiveStorage.of(backend.memory);
    this.kernels = { ...KERNELS, ...backend.kernels, ...options.kernels };
    this.fuses = backend.fuses;
    this.requests = new RequestReader(graph);
  }

  /** The most bytes of values, variables and constants that were needed at one time in the last run. */
  get peakBytes(): number {
    return this.storage.peakBytes;
  }

  /** The fetched tensors, in the order of `fetches`. They are the caller's: later runs do not change them. */
  run(request: RunRequest): Tensor[] {
    const resolved = this.requests.read(request);
    const program = getOrMake(this.programs, programKey(resolved), () =>
      runProgram(this.graph, this.placement, resolved, this.fuses),
    );
    const { variables, kernels, storage } = this;
    const { seed = 0, coordinate = this.shared.perform } = this.options;
    const feed = (name: string): Tensor | undefined => resolved.values.get(name);
    const step = new Step(program.program, { variables, seed, feed, coordinate, kernels, storage });
    storage.resetPeak();
    try {
      this.walk(step, program);
      return program.fetched.map((tensor) => step.fetch(tensor));
    } finally {
      step.end();
    }
  }

  /** Runs every node of the step, each when what it waits for is done: first ready, first run. */
  private walk(step: Step, program: RunProgram): void {
    const { dependencies } = program;
    const { p } = step.program;
    const pending = new Int32Array(p.nodeCount);
    const ready = new Int32Array(p.nodeCount);
    const queue = Array.from(ready.subarray(0, startStep(dependencies, pending, 0, ready)));
    // Nodes that were ready but have to wait for others: tried again after something else was done.
    const waiting: number[] = [];
    let done = 0;
    for (let at = 0; at < queue.length; at++) {
      const node = queue[at]!;
      if (!this.runNode(step, program, node)) {
        waiting.push(node);
        continue;
      }
      done++;
      const count = complete(dependencies, pending, 0, node, ready);
      for (let i = 0; i < count; i++) queue.push(ready[i]!);
      if (waiting.length > 0) queue.push(...waiting.splice(0));
    }
    if (done === p.nodeCount) return;
    const waitsFor = (node: number): string => this.waitsFor(program, node);
    throw new UserError(blockedMessage(blockedLines(p, dependencies, pending, waiting, waitsFor)));
  }

  private runNode(step: Step, { program: { p, transferKeys }, nodes }: RunProgram, node: number): boolean {
    const { onNode, onTransfer, onTime } = this.options;
    const began = onTime === undefined ? 0 : performance.now();
    if (!step.run(node)) return false;
    if (onTime !== undefined && node < nodes.length) onTime(nodes[node]!, (performance.now() - began) / 1000);
    onNode?.(partitionedName(p, node), p.devices[p.device[node]!]!);
    if (onTransfer !== undefined && isSend(p, node)) {
      const transfer = transferOf(p, node);
      onTransfer(transferKeys[transfer]!, p.transferBytes[transfer]!);
    }
    return true;
  }

  private waitsFor({ program: { p } }: RunProgram, node: number): string {
    if (this.options.coordinate !== undefined) return 'another loop';
    return this.shared.waitsFor(partitionedOp(p, node) as CoordinationOp, p.graph.attrs[node]!);
  }
}
