import { invariant } from '../base/errors.ts';
import { type PlannedExchanges, plannedExchanges } from '../graph/exchanges.ts';
import type { Attrs } from '../graph/op.ts';
import { COLLECTIVE_OF_OP } from '../graph/ops/collective.ts';
import { type Loop, nameIn, type Plan, variableIn } from '../graph/plan.ts';
import type { Tensor } from '../graph/tensor.ts';
import { type Backend, plainBackend } from './backend.ts';
import { exchangedValues } from './exchange-values.ts';
import type { Kernels } from './kernel.ts';
import { KERNELS } from './kernels/index.ts';
import { LiveStorage } from './live-storage.ts';
import { Rendezvous } from './rendezvous.ts';
import { type Coordinate, SharedState } from './shared-state.ts';
import { Step, type StepServices } from './step.ts';
import { type StepProgram, stepProgram } from './step-program.ts';
import { VariableStore } from './variables.ts';

/** What a PlanExecutor computes with, and who is told of gradients. */
export interface PlanExecutorOptions {
  /** Seed of variable initialisers. */
  readonly seed: number;
  /** What a loop feeds to `placeholder` in its k-th step: part `data` of the global batch. */
  readonly feed: (placeholder: string, data: number, step: number) => Tensor | undefined;
  /** What computes; default: the reference kernels. */
  readonly backend?: Backend;
  /** Called for each gradient that an accumulator took or refused. */
  readonly onGradient?: (gradient: OfferedGradient) => void;
}

/** A gradient that reached an accumulator, and what became of it: `completed` let the mean go, `dropped` came too late. */
export interface OfferedGradient {
  readonly loop: string;
  readonly iteration: number;
  readonly accumulator: string;
  readonly outcome: 'accepted' | 'completed' | 'dropped';
}

/**
 * The numbers of a plan. It has no order of its own: whoever decides when things happen (the simulator) tells it
 * that a node starts, and its kernel runs then. A gradient computed from old parameters is then really stale, and
 * one that comes late is really dropped.
 */
export class PlanExecutor {
  /** Shared by all loops, by name. */
  readonly variables = new VariableStore();
  private readonly plan: Plan;
  private readonly options: PlanExecutorOptions;
  private readonly programs: readonly StepProgram[];
  private readonly rendezvous: readonly Rendezvous[];
  private readonly steps: { iteration: number; step: Step }[] = [];
  private readonly shared: SharedState;
  private readonly storage: LiveStorage;
  private readonly kernels: Kernels;
  private readonly exchanges: PlannedExchanges['exchanges'];
  private readonly exchangeOf: PlannedExchanges['exchangeOf'];
  /** Per exchange of which some ranks are there: their steps, by loop and node. */
  private readonly meeting = new Map<number, Map<string, Step>>();
  /** What the rank whose node runs has after its exchange. */
  private exchanged: readonly Tensor[] = [];

  constructor(plan: Plan, options: PlanExecutorOptions) {
    this.plan = plan;
    this.options = options;
    const templates = new Set(plan.loops.map(({ template }) => template));
    const programs = new Map([...templates].map((template) => [template, stepProgram(template)]));
    this.programs = plan.loops.map(({ template }) => programs.get(template)!);
    this.rendezvous = plan.loops.map(() => new Rendezvous());
    this.shared = new SharedState(plan);
    const backend = options.backend ?? plainBackend();
    this.storage = LiveStorage.of(backend.memory);
    this.kernels = { ...KERNELS, ...backend.kernels };
    ({ exchanges: this.exchanges, exchangeOf: this.exchangeOf } = plannedExchanges(plan));
  }

  /**
   * Node `node` of loop `loop` starts, in the loop's k-th iteration: runs its kernel. Of an exchange, all ranks' nodes start
   * before anything else does, and are run when the last of them has.
   */
  start(loop: number, node: number, iteration: number): void {
    const step = this.stepOf(loop, iteration);
    const exchange = this.exchangeOf[loop]!.get(node);
    if (exchange === undefined) this.run(loop, node, step);
    else this.meet(exchange, loop, node, step);
  }

  private stepOf(loop: number, iteration: number): Step {
    let current = this.steps[loop];
    if (current === undefined || current.iteration !== iteration) {
      current = { iteration, step: this.newStep(loop, iteration) };
      this.steps[loop] = current;
    }
    return current.step;
  }

  private run(loop: number, node: number, step: Step): void {
    invariant(step.run(node), `node ${node} of ${this.plan.loops[loop]!.name} was started too early`);
  }

  private meet(e: number, loop: number, node: number, step: Step): void {
    const { members, group, name } = this.exchanges[e]!;
    invariant(members.length === group.devices.length, `${name}: the plan simulates one rank for several`);
    let there = this.meeting.get(e);
    if (there === undefined) {
      there = new Map();
      this.meeting.set(e, there);
    }
    there.set(`${loop} ${node}`, step);
    if (there.size < members.length) return;
    this.meeting.delete(e);
    const { graph } = this.plan.loops[loop]!.template;
    const steps = members.map((member) => there.get(`${member.loop} ${member.node}`)!);
    const inputs = members.map((member, rank) => steps[rank]!.inputs(member.node));
    const outputs = exchangedValues(graph.op[node]!, graph.attrs[node]!, inputs);
    for (const [rank, member] of members.entries()) {
      this.exchanged = outputs[rank]!;
      this.run(member.loop, member.node, steps[rank]!);
    }
  }

  private newStep(l: number, iteration: number): Step {
    const loop = this.plan.loops[l]!;
    const { variables } = this;
    const services: StepServices = {
      variables: {
        readVariable: (name) => variables.readVariable(variableIn(name, loop)),
        writeVariable: (name, value, replaced) =>
          variables.writeVariable(variableIn(name, loop), value, replaced),
      },
      seed: this.options.seed,
      nameIn: (pattern) => nameIn(pattern, loop),
      feed: (placeholder) => this.options.feed(placeholder, loop.data ?? loop.replica, iteration),
      coordinate: this.coordinator(loop, iteration),
      kernels: this.kernels,
      storage: this.storage,
    };
    return new Step(this.programs[l]!, services, this.rendezvous[l]!);
  }

  private coordinator(loop: Loop, iteration: number): Coordinate {
    return (op, attrs, inputs) => {
      if (COLLECTIVE_OF_OP[op] !== undefined) return this.exchanged;
      const named = namedIn(attrs, loop);
      if (op === 'AccumulatorApply') {
        const accumulator = String(named.accumulator);
        const outcome = this.shared.offer(named, inputs);
        this.options.onGradient?.({ loop: loop.name, iteration, accumulator, outcome });
        return [];
      }
      return this.shared.perform(op, named, inputs);
    };
  }
}

/** Attributes with the names of queue and accumulator as the loop uses them. */
function namedIn(attrs: Attrs, loop: Loop): Attrs {
  const { queue, accumulator } = attrs;
  if (typeof queue === 'string') return { ...attrs, queue: nameIn(queue, loop) };
  return typeof accumulator === 'string' ? { ...attrs, accumulator: nameIn(accumulator, loop) } : attrs;
}
