import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { InternalError, invariant, UserError } from '../../base/errors.ts';
import { getOrMake } from '../../base/get-or-make.ts';
import type { Graph } from '../../graph/graph.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { formatSpec } from '../../graph/tensor-spec.ts';
import { blockedMessage } from '../blocked.ts';
import { RequestReader, type ResolvedRequest, type RunRequest } from '../request.ts';
import { programKey, type RunProgram, runProgram, type SessionPlacement } from '../run-program.ts';
import type { VariableSnapshot } from '../variables.ts';
import { builtFile } from '../wasm/built-file.ts';
import { wasmExecutor } from '../wasm/executor.ts';
import { checkStates, devicePart, devicesOf } from './device-part.ts';
import {
  type Answer,
  type BackendName,
  type DeviceThreadData,
  type Order,
  receivedError,
  toSend,
} from './messages.ts';
import { MOST_DEVICES, MOST_TRANSFERS, Progress } from './progress.ts';

/** How a ThreadedSession runs: its devices, its kernels and its luck. */
export interface ThreadedSessionOptions {
  /** One thread per device. */
  readonly placement: SessionPlacement;
  /** Seed of variable initialisers; 0 where not given. */
  readonly seed?: number;
  /** Kernels of every thread: `wasm` where not given, or the reference kernels. */
  readonly backend?: BackendName;
  /** URLs of modules whose export `kernels` has kernels of ops from outside the package, by the names of the ops. */
  readonly kernelModules?: readonly string[];
}

/** A program that the threads know, and the devices that take part in it. */
interface SentProgram {
  readonly id: number;
  readonly compiled: RunProgram;
  readonly devices: readonly number[];
}

/**
 * A session whose devices are threads: each runs its part of the graph, and holds the variables that are placed there.
 * Tensors pass between them by rendezvous (white paper 2015, section 3.2.2). The numbers are those of a Session, bit for
 * bit, whatever the placement; a step ends everywhere when it fails anywhere.
 *
 *     const session = new ThreadedSession(graph, { placement });
 *     const [loss] = await session.run({ fetches: ['loss'], targets: ['train'], feeds });
 *     await session.close();
 */
export class ThreadedSession {
  readonly graph: Graph;
  private readonly placement: SessionPlacement;
  private readonly requests: RequestReader;
  private readonly programs = new Map<string, SentProgram>();
  private readonly progress: Progress;
  private readonly threads: Worker[];
  private readonly fuses: boolean;
  /** Per device: who waits for its next answer. */
  private readonly listeners: (((answer: Answer) => void) | undefined)[];
  private readonly rejections = new Set<(error: Error) => void>();
  private steps = 0;
  /** The run before: one step is in progress at a time. */
  private last: Promise<unknown> = Promise.resolve();
  private ended: Error | undefined;

  constructor(graph: Graph, options: ThreadedSessionOptions) {
    const { placement, seed = 0, backend = 'wasm', kernelModules = [] } = options;
    const { length } = placement.devices;
    if (length > MOST_DEVICES)
      throw new UserError(`${length} devices are too many for threads (${MOST_DEVICES})`);
    this.graph = graph;
    this.placement = placement;
    this.requests = new RequestReader(graph);
    this.fuses = backend === 'wasm' && wasmExecutor().fuses;
    this.progress = Progress.of(length);
    this.listeners = new Array<undefined>(length).fill(undefined);
    const ports = portsBetween(length);
    const url = builtFile('device-thread.js');
    this.threads = ports.map((own, device) => {
      const workerData: DeviceThreadData = {
        device,
        seed,
        backend,
        kernelModules,
        ports: own,
        progress: this.progress.buffer,
      };
      const thread = new Worker(url, { workerData, transferList: [...own.values()] });
      thread.on('message', (answer: Answer) => this.listeners[device]!(answer));
      thread.on('error', (error) => this.end(error));
      thread.on('exit', () =>
        this.end(new InternalError(`the thread of ${placement.devices[device]} ended`)),
      );
      // Only a step in progress keeps the program alive.
      thread.unref();
      return thread;
    });
  }

  /** The fetched tensors, in the order of `fetches`. Runs that are asked for meanwhile wait for their turn. */
  async run(request: RunRequest): Promise<Tensor[]> {
    const resolved = this.requests.read(request);
    return this.inTurn(() => this.step(this.programFor(resolved), resolved));
  }

  /** Values of all variables that have one. */
  variables(): Promise<VariableSnapshot> {
    return this.inTurn(async () => {
      const devices = [...this.threads.keys()];
      const answers = await Promise.all(
        devices.map((device) => this.ask(device, { kind: 'read variables' })),
      );
      return new Map(answers.flatMap((answer) => (answer.kind === 'variables' ? answer.values : [])));
    });
  }

  /** Gives variables these values. */
  restore(values: VariableSnapshot): Promise<void> {
    return this.inTurn(async () => {
      const perDevice = new Map<number, [string, Tensor][]>();
      for (const [name, value] of values) {
        const node = this.variable(name, value);
        getOrMake(perDevice, this.placement.deviceOf[node]!, () => []).push([name, toSend(value).value]);
      }
      await Promise.all(
        [...perDevice].map(([device, part]) => this.ask(device, { kind: 'write variables', values: part })),
      );
    });
  }

  /** Ends the threads. A step in progress fails. */
  async close(): Promise<void> {
    this.end(new UserError('the session is closed'));
    // While the program waits for them, they keep it alive.
    for (const thread of this.threads) thread.ref();
    await Promise.all(this.threads.map((thread) => thread.terminate()));
  }

  /** The node of the variable `name`, which can have this value. */
  private variable(name: string, { spec }: Tensor): number {
    const { graph } = this;
    const node = graph.name.indexOf(name);
    if (graph.op[node] !== 'Variable') throw new UserError(`"${name}" is no variable of the graph`);
    const expected = formatSpec(graph.spec[graph.outputStart[node]!]!);
    if (formatSpec(spec) === expected) return node;
    throw new UserError(`variable "${name}" is ${expected}, but was given ${formatSpec(spec)}`);
  }

  private inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.last.then(act, act);
    this.last = turn.catch(() => {});
    return turn;
  }

  private programFor(resolved: ResolvedRequest): SentProgram {
    return getOrMake(this.programs, programKey(resolved), () => {
      const compiled = runProgram(this.graph, this.placement, resolved, this.fuses);
      checkStates(compiled);
      const { transferCount } = compiled.program.p;
      if (transferCount > MOST_TRANSFERS)
        throw new UserError(`${transferCount} transfers are too many for threads`);
      const devices = devicesOf(compiled);
      const id = this.programs.size;
      for (const device of devices) {
        const part = devicePart(compiled, device, devices.length);
        this.post(device, { kind: 'program', program: id, part });
      }
      return { id, compiled, devices };
    });
  }

  private async step({ id, compiled, devices }: SentProgram, { values }: ResolvedRequest): Promise<Tensor[]> {
    const { p } = compiled.program;
    const feeds: [string, Tensor][][] = devices.map(() => []);
    for (let node = 0; node < p.graph.nodeCount; node++) {
      const value = p.graph.op[node] === 'Placeholder' ? values.get(p.graph.name[node]!) : undefined;
      if (value === undefined) continue;
      feeds[devices.indexOf(p.device[node]!)]!.push([p.graph.name[node]!, toSend(value).value]);
    }
    const step = ++this.steps;
    this.progress.begin(devices.length);
    const answers = await Promise.all(
      devices.map((device, i) => this.ask(device, { kind: 'run', step, program: id, feeds: feeds[i]! })),
    );
    return fetchedFrom(compiled, answers);
  }

  private ask(device: number, order: Order): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.ended !== undefined) throw this.ended;
      const thread = this.threads[device]!;
      thread.ref();
      this.rejections.add(reject);
      this.listeners[device] = (answer) => {
        this.rejections.delete(reject);
        thread.unref();
        resolve(answer);
      };
      this.post(device, order);
    });
  }

  private post(device: number, order: Order): void {
    if (this.ended !== undefined) throw this.ended;
    this.threads[device]!.postMessage(order);
  }

  /** Nothing runs any more; whoever waits is told why. */
  private end(error: Error): void {
    this.ended ??= error;
    this.progress.giveUp(this.steps);
    for (const reject of this.rejections) reject(this.ended);
    this.rejections.clear();
  }
}

/** Per device: a port to each other one. */
function portsBetween(devices: number): Map<number, MessagePort>[] {
  const ports = Array.from({ length: devices }, () => new Map<number, MessagePort>());
  for (let a = 0; a < devices; a++) {
    for (let b = a + 1; b < devices; b++) {
      const { port1, port2 } = new MessageChannel();
      ports[a]!.set(b, port1);
      ports[b]!.set(a, port2);
    }
  }
  return ports;
}

/** The fetched tensors; the first device's error where there is one. */
function fetchedFrom({ fetched }: RunProgram, answers: readonly Answer[]): Tensor[] {
  for (const answer of answers) if (answer.kind === 'failed') throw receivedError(answer.error);
  const lines = answers.flatMap((answer) => (answer.kind === 'given up' ? answer.lines : []));
  if (lines.length > 0) throw new UserError(blockedMessage(lines));
  const values = new Map(answers.flatMap((answer) => (answer.kind === 'done' ? answer.fetched : [])));
  return fetched.map((tensor) => {
    const value = values.get(tensor);
    invariant(value !== undefined, `no thread gave tensor ${tensor}`);
    return value;
  });
}
