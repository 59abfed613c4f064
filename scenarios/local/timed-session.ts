import { setFlagsFromString } from 'node:v8';
import { mean } from '../../base/statistics.ts';
import type { Backend } from '../../executor/backend.ts';
import { Session } from '../../executor/session.ts';
import { VariableStore } from '../../executor/variables.ts';
import type { LocalStep } from './local-step.ts';
import type { QuietTimes, Repeats } from './quiet-times.ts';

/** A step in a session of its own, which is run to be timed. */
export class TimedSession {
  private readonly step: LocalStep;
  private readonly times: QuietTimes;
  private readonly variables = new VariableStore();
  private readonly plain: Session;
  private readonly timed: Session;
  private readonly nodeOf = new Map<number, number>();
  /** Per node of the program: seconds of its runs, and the samples that these belong to. */
  private noted: { seconds: number; sample: number }[][] = [];
  private sample = 0;
  /** Processor time of this process when the last node ended. */
  private processorSeconds = 0;

  constructor(step: LocalStep, backend: Backend, times: QuietTimes) {
    const { variables } = this;
    this.step = step;
    this.times = times;
    for (const [i, node] of step.program.nodes.entries()) this.nodeOf.set(node, i);
    this.plain = new Session(step.graph, { variables, backend });
    this.timed = new Session(step.graph, {
      variables,
      backend,
      onTime: (node, wall) => {
        const { user, system } = process.cpuUsage();
        const processor = (user + system) / 1e6 - this.processorSeconds;
        this.processorSeconds += processor;
        const seconds = wall < LEAST_BY_PROCESSOR ? wall : Math.min(wall, processor);
        this.noted[this.nodeOf.get(node)!]!.push({ seconds, sample: this.sample });
      },
    });
    // The first runs make variables, and compile what is merged.
    for (let run = 0; run < WARM_UP; run++) this.plain.run(step.request);
  }

  /** Seconds of one step. */
  stepSeconds(repeats: Repeats): number {
    return this.times.samples(repeats, () => this.plain.run(this.step.request)).seconds;
  }

  /** Per node of the program: seconds, `before` each run something else being done. */
  nodeSeconds(repeats: Repeats, before: () => void = () => {}): number[] {
    this.noted = Array.from(this.step.program.nodes, () => []);
    const { quiet } = this.times.samples(repeats, (sample) => {
      this.sample = sample;
      before();
      this.timed.run(this.step.request);
    });
    const slowdowns = new Map(quiet.map(({ sample, slowdown }) => [sample, slowdown]));
    return this.noted.map((runs) => {
      const counted = runs.flatMap(({ seconds, sample }) => {
        const slowdown = slowdowns.get(sample);
        return slowdown === undefined ? [] : [seconds / slowdown];
      });
      return trimmedMean(counted);
    });
  }

  /** Gives the memory of its variables back. */
  close(): void {
    this.variables.restore(new Map());
  }
}

const WARM_UP = 4;
/** Below, the microseconds of the processor's clock are too coarse; and others hardly ever come between. */
const LEAST_BY_PROCESSOR = 5e-5;

/**
 * The mean but for the longest fifth: means of nodes add up to the mean of the step, as medians do not; the longest are other
 * programs' doing.
 */
function trimmedMean(times: readonly number[]): number {
  return mean(times.toSorted((a, b) => a - b).slice(0, Math.max(1, Math.round(0.8 * times.length))));
}

/**
 * From now on kernels are compiled well at once, rather than soon and then again when they turn out to be used much: times
 * are to be those of long runs. To be called before the first kernel is.
 */
export function compileWell(): void {
  setFlagsFromString('--no-liftoff');
}
