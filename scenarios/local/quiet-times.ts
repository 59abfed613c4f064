import { quantile } from '../../base/statistics.ts';
import type { Backend } from '../../executor/backend.ts';
import { type Kernel, stateless } from '../../executor/kernel.ts';
import { type Tensor, zeros } from '../../graph/tensor.ts';

/** How often something is timed: at least `samples` times, and on until `seconds` have passed. */
export interface Repeats {
  readonly samples: number;
  readonly mostSamples: number;
  readonly seconds: number;
}

/** Extent of the square matrices whose product is the reference: a third of a millisecond. */
const SIDE = 192;
/** Of the samples, those that were disturbed least are looked at. */
const QUIET_SHARE = 0.3;
const LEAST_QUIET = 3;
/** A sample is of so many runs that it takes so long: as the reference does. */
const LEAST_SECONDS = 3e-4;

/**
 * Times on a machine that others use too. Before and after each sample a product of matrices is timed, always the same: how
 * much longer it took than it does undisturbed is how much the sample was disturbed. Of all samples the quietest are taken, and
 * what is left of the disturbance is divided out. On a machine of one's own this is the median of a few runs.
 */
export class QuietTimes {
  /** Seconds of the reference, undisturbed: the least that was seen, or what an earlier calibration saw. */
  referenceSeconds: number;
  private readonly multiply: () => void;
  private last: number;

  constructor(backend: Backend, referenceSeconds = Number.POSITIVE_INFINITY) {
    const { memory, kernels } = backend;
    const matrix: Tensor = memory.adopt(zeros('float32', [SIDE, SIDE]));
    const kernel = kernels.MatMul as Kernel<Record<never, never>>;
    const context = stateless('reference', (dtype, shape) => memory.allocate(dtype, shape));
    this.multiply = () => memory.release(kernel([matrix, matrix], {}, context)[0]!);
    this.referenceSeconds = referenceSeconds;
    for (let run = 0; run < 300; run++) this.reference();
    this.last = this.reference();
  }

  /**
   * Samples of `act`, each of one run or, where that is short, of several. `act` may note times of parts of its own, by the
   * number of the sample that it is given; `quiet` says which samples count, and what to divide them by.
   */
  samples({ samples, mostSamples, seconds }: Repeats, act: (sample: number) => void): Samples {
    const times: number[] = [];
    const slowdowns: number[] = [];
    const began = performance.now();
    const runs = Math.max(1, Math.round(LEAST_SECONDS / this.timed(() => act(-1))));
    while (
      times.length < samples ||
      (times.length < mostSamples && performance.now() - began < 1000 * seconds)
    ) {
      const before = this.last;
      const sample = times.length;
      times.push(
        this.timed(() => {
          for (let run = 0; run < runs; run++) act(sample);
        }) / runs,
      );
      this.last = this.reference();
      slowdowns.push((before + this.last) / 2);
    }
    return quietest(
      times,
      slowdowns.map((reference) => reference / this.referenceSeconds),
    );
  }

  /** The same of what other threads do: by the wall clock, one run a sample. */
  async samplesOfThreads(
    { samples, mostSamples, seconds }: Repeats,
    act: () => Promise<unknown>,
  ): Promise<Samples> {
    const times: number[] = [];
    const slowdowns: number[] = [];
    const began = performance.now();
    while (
      times.length < samples ||
      (times.length < mostSamples && performance.now() - began < 1000 * seconds)
    ) {
      const before = this.reference();
      const start = performance.now();
      await act();
      times.push((performance.now() - start) / 1000);
      slowdowns.push((before + this.reference()) / 2);
    }
    return quietest(
      times,
      slowdowns.map((reference) => reference / this.referenceSeconds),
    );
  }

  private reference(): number {
    const seconds = this.timed(this.multiply);
    this.referenceSeconds = Math.min(this.referenceSeconds, seconds);
    return seconds;
  }

  /** Seconds of an act: the wall clock's, or the processor's where others had the processor meanwhile. */
  private timed(act: () => void): number {
    const [cpu, began] = [process.cpuUsage(), performance.now()];
    act();
    const wall = performance.now() - began;
    const { user, system } = process.cpuUsage(cpu);
    // The processor's clock is read in microseconds.
    return Math.min(wall / 1000, wall < 0.1 ? Number.POSITIVE_INFINITY : (user + system) / 1e6);
  }
}

/** The samples that count: their numbers, and what to divide each by. */
export interface Samples {
  readonly seconds: number;
  readonly quiet: readonly { readonly sample: number; readonly slowdown: number }[];
}

function quietest(times: readonly number[], slowdowns: readonly number[]): Samples {
  const count = Math.max(Math.min(LEAST_QUIET, times.length), Math.round(QUIET_SHARE * times.length));
  const quiet = [...slowdowns.entries()]
    .sort(([, a], [, b]) => a - b)
    .slice(0, count)
    .map(([sample, slowdown]) => ({ sample, slowdown }));
  const seconds = quantile(
    quiet.map(({ sample, slowdown }) => times[sample]! / slowdown),
    0.5,
  );
  return { seconds, quiet };
}
