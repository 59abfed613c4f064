import { invariant } from '../base/errors.ts';
import { type Loop, type Plan, nameIn } from '../graph/plan.ts';
import type { Tensor } from '../graph/tensor.ts';
import { type Backend, plainBackend } from './backend.ts';
import type { Kernels } from './kernel.ts';
import { KERNELS } from './kernels/index.ts';
import { LiveStorage } from './live-storage.ts';
import { Rendezvous } from './rendezvous.ts';
import { type Coordinate, SharedState } from './shared-state.ts';
import { Step, type StepServices } from './step.ts';
import { type StepProgram, stepProgram } from './step-program.ts';
import { VariableStore } from './variables.ts';

export interface PlanExecutorOptions {
  /** Seed of variable initialisers. */
  readonly seed: number;
  /** What replica `replica` feeds to `placeholder` in its k-th step. */
  readonly feed: (placeholder: string, replica: number, step: number) => Tensor | undefined;
  /** What computes; default: the reference kernels. */
  readonly backend?: Backend;
  /** Called for each gradient that an accumulator took or refused. */
  readonly onGradient?: (gradient: OfferedGradient) => void;
}

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
  }

  /** Node `node` of loop `loop` starts, in the loop's k-th iteration: runs its kernel. */
  start(loop: number, node: number, iteration: number): void {
    let current = this.steps[loop];
    if (current === undefined || current.iteration !== iteration) {
      current = { iteration, step: this.newStep(loop, iteration) };
      this.steps[loop] = current;
    }
    invariant(current.step.run(node), `node ${node} of ${this.plan.loops[loop]!.name} was started too early`);
  }

  private newStep(l: number, iteration: number): Step {
    const loop = this.plan.loops[l]!;
    const services: StepServices = {
      variables: this.variables,
      seed: this.options.seed,
      feed: (placeholder) => this.options.feed(placeholder, loop.replica, iteration),
      coordinate: this.coordinator(loop, iteration),
      kernels: this.kernels,
      storage: this.storage,
    };
    return new Step(this.programs[l]!, services, this.rendezvous[l]!);
  }

  private coordinator(loop: Loop, iteration: number): Coordinate {
    return (op, attrs, inputs) => {
      if (op === 'AccumulatorApply') {
        const accumulator = String(attrs.accumulator);
        const outcome = this.shared.offer(attrs, inputs);
        this.options.onGradient?.({ loop: loop.name, iteration, accumulator, outcome });
        return [];
      }
      const { queue } = attrs;
      const named = typeof queue === 'string' ? { ...attrs, queue: nameIn(queue, loop) } : attrs;
      return this.shared.perform(op, named, inputs);
    };
  }
}
