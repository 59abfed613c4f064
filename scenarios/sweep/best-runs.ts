import { mean } from '../../base/statistics.ts';
import type { SweepFigures, SweepRow } from './job.ts';

/** A run of an experiment at a point of a sweep: means over the seeds of the point. */
export interface BestRun {
  readonly values: SweepRow['values'];
  /** Number of the first run of the point. */
  readonly index: number;
  readonly seeds: number;
  readonly figures: SweepFigures;
}

/**
 * Of each experiment, the runs with the most samples per second, the fastest first. What stops early under some seed,
 * or does not fit into memory, is none of them. Rows come in the order of the points: seeds of one stand together.
 */
export class BestRuns {
  readonly #most: number;
  readonly #byExperiment = new Map<string, BestRun[]>();
  #point: { readonly values: string; readonly rows: SweepRow[] } | undefined;

  constructor(most: number) {
    this.#most = most;
  }

  add(row: SweepRow): void {
    const values = JSON.stringify(row.values);
    if (this.#point?.values !== values) {
      this.#closePoint();
      this.#point = { values, rows: [] };
    }
    this.#point!.rows.push(row);
  }

  /** By name of the experiment; none where nothing ended and fitted. */
  get(): ReadonlyMap<string, readonly BestRun[]> {
    this.#closePoint();
    return this.#byExperiment;
  }

  #closePoint(): void {
    const rows = (this.#point?.rows ?? []).filter(({ error }) => error === null);
    this.#point = undefined;
    for (const i of rows[0]?.figures.keys() ?? []) {
      // Under another seed fewer runs may be possible: they are then not the same.
      const same = rows.flatMap(({ figures }) => figures[i] ?? []);
      if (same.length === rows.length) this.#offer(averaged(rows[0]!, same));
    }
  }

  #offer(run: BestRun): void {
    const { experiment, samplesPerSecond, outOfMemory, stopped } = run.figures;
    const best = this.#byExperiment.get(experiment) ?? [];
    this.#byExperiment.set(experiment, best);
    if (samplesPerSecond === null || outOfMemory || stopped !== null) return;
    // Of equals, the point that comes first.
    const at = best.findIndex((other) => other.figures.samplesPerSecond! < samplesPerSecond);
    best.splice(at === -1 ? best.length : at, 0, run);
    if (best.length > this.#most) best.pop();
  }
}

function averaged({ values, index }: SweepRow, runs: readonly SweepFigures[]): BestRun {
  const first = runs[0]!;
  const meanOf = (of: (figures: SweepFigures) => number | null): number | null => {
    const known = runs.map(of).filter((figure) => figure !== null);
    if (known.length < runs.length) return null;
    // Sums of equal numbers are not exact, and seeds need not matter.
    return known.every((figure) => figure === known[0]) ? known[0]! : mean(known);
  };
  const figures: SweepFigures = {
    ...first,
    stepSeconds: meanOf((run) => run.stepSeconds),
    stepSecondsP99: meanOf((run) => run.stepSecondsP99),
    samplesPerSecond: meanOf((run) => run.samplesPerSecond),
    speedUp: meanOf((run) => run.speedUp),
    efficiency: meanOf((run) => run.efficiency),
    dollarsPerMillionSamples: meanOf((run) => run.dollarsPerMillionSamples),
    joulesPerStep: meanOf((run) => run.joulesPerStep),
    outOfMemory: runs.some(({ outOfMemory }) => outOfMemory),
    stopped: runs.find(({ stopped }) => stopped !== null)?.stopped ?? null,
  };
  return { values, index, seeds: runs.length, figures };
}
