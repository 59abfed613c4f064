import type { SweepOverview, SweptExperiment, SweptRun } from '../results.ts';
import { type BestRun, BestRuns } from './best-runs.ts';
import { EffectGatherer, strengthOf, valueText } from './effects.ts';
import { FailureReasons } from './failure-reasons.ts';
import type { SweepFigures, SweepRow } from './job.ts';
import type { SweepHeader } from './sweep-header.ts';

/** Runs of each experiment in the table of the report; the others are in results.csv. */
const LISTED = 1000;
const REASONS = 20;

/** What the report of a sweep shows, of all its rows in order. */
export function overviewOf(header: SweepHeader, rows: Iterable<SweepRow>): SweepOverview {
  const { program, title, name, parameters } = header;
  const best = new BestRuns(LISTED);
  const tallies = new Map<string, Tally>();
  const reasons = new FailureReasons();
  let [points, failed] = [0, 0];
  for (const row of rows) {
    points++;
    best.add(row);
    if (row.error !== null) {
      failed++;
      reasons.add(row.index, row.error);
    }
    for (const figures of row.figures) {
      const tally = tallies.get(figures.experiment) ?? newTally(parameters);
      tallies.set(figures.experiment, tally);
      count(tally, row, figures, parameters);
    }
  }
  const bestOf = best.get();
  return {
    format: 'stepcast sweep overview',
    program,
    title,
    name,
    parameters,
    points,
    failed,
    reasons: reasons.get().slice(0, REASONS),
    experiments: [...tallies].map(([experiment, tally]): SweptExperiment => {
      const { runs, outOfMemory, stopped, effects } = tally;
      return {
        name: experiment,
        runs,
        outOfMemory,
        stopped,
        effects: effects
          .map((gatherer) => gatherer.get())
          .filter(({ values }) => values.length > 1)
          .toSorted((a, b) => strengthOf(b) - strengthOf(a)),
        best: (bestOf.get(experiment) ?? []).map((run) => sweptRun(run, parameters)),
      };
    }),
  };
}

interface Tally {
  runs: number;
  outOfMemory: number;
  stopped: number;
  readonly effects: readonly EffectGatherer[];
}

function newTally(parameters: readonly string[]): Tally {
  const effects = parameters.map((parameter) => new EffectGatherer(parameter));
  return { runs: 0, outOfMemory: 0, stopped: 0, effects };
}

function count(
  tally: Tally,
  { values }: SweepRow,
  figures: SweepFigures,
  parameters: readonly string[],
): void {
  tally.outOfMemory += Number(figures.outOfMemory);
  tally.stopped += Number(figures.stopped !== null);
  const isGood = !figures.outOfMemory && figures.stopped === null;
  tally.runs += Number(isGood);
  const rate = isGood ? figures.samplesPerSecond : null;
  for (const [p, parameter] of parameters.entries()) {
    tally.effects[p]!.add(values[parameter], labelOf(figures), rate);
  }
}

/** `synchronous, 8 workers`. */
function labelOf({ label, workers, kind, batch }: SweepFigures): string {
  if (workers !== null) return `${label}, ${workers} worker${workers === 1 ? '' : 's'}`;
  return kind === 'inference' && batch !== null ? `${label}, batches of ${batch}` : label;
}

function sweptRun({ values, index, seeds, figures }: BestRun, parameters: readonly string[]): SweptRun {
  const { stepSeconds, samplesPerSecond, speedUp, dollarsPerMillionSamples, joulesPerStep } = figures;
  return {
    index,
    values: parameters.map((parameter) => valueText(values[parameter])),
    seeds,
    label: labelOf(figures),
    stepSeconds,
    samplesPerSecond: samplesPerSecond!,
    speedUp,
    dollarsPerMillionSamples,
    joulesPerStep,
  };
}
