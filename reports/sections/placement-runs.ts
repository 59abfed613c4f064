import { formatInteger } from '../../base/format.ts';
import { formatPercent } from '../../base/units.ts';
import type { PlacementExperiment, PlacementRun } from '../../scenarios/results.ts';
import { shortName } from '../names.ts';

/* What all figures of a placement experiment know of its runs. */

/** From more runs than this on, figures begin with the best: nobody reads the order of the scenario out of so many. */
const MOST_IN_OWN_ORDER = 6;

/** Figures with a panel or a line per run draw no more; their tables have all. */
export const MOST_DRAWN = 6;

/** Names of runs among each other: how many evaluations a placer had is said only where it tells two runs apart. */
export function placementNames(runs: readonly PlacementRun[]): (run: PlacementRun) => string {
  const own = (run: PlacementRun): string => run.label.replace(/, \d{1,9} evaluations$/, '');
  const times = new Map<string, number>();
  for (const run of runs) times.set(own(run), (times.get(own(run)) ?? 0) + 1);
  return (run) => shortName(times.get(own(run)) === 1 ? own(run) : run.label, 60);
}

/** Of those that fit into memory; of all, where none does. */
export function fastestPlacement(runs: readonly PlacementRun[]): PlacementRun | undefined {
  const fitting = runs.filter((run) => run.outOfMemory === null);
  return (fitting.length > 0 ? fitting : runs).reduce<PlacementRun | undefined>(
    (best, run) => (best === undefined || run.score < best.score ? run : best),
    undefined,
  );
}

/** As figures list them: as the scenario does, or, where they are many, the best first and what does not fit last. */
export function inOrder(runs: readonly PlacementRun[]): readonly PlacementRun[] {
  if (runs.length <= MOST_IN_OWN_ORDER) return runs;
  return runs.toSorted(
    (a, b) => Number(a.outOfMemory !== null) - Number(b.outOfMemory !== null) || a.score - b.score,
  );
}

/** Those that a figure with little room draws: the best, and the single device that all have to beat. */
export function foremost(runs: readonly PlacementRun[]): readonly PlacementRun[] {
  const ordered = inOrder(runs);
  if (ordered.length <= MOST_DRAWN) return ordered;
  const first = ordered.slice(0, MOST_DRAWN);
  const single = ordered.find(({ placer }) => placer === 'single-device');
  return single === undefined || first.includes(single) ? first : [...first.slice(0, -1), single];
}

/** What a note says where not all are drawn; '' where all are. */
export const drawnInWords = (runs: readonly PlacementRun[]): string =>
  runs.length <= MOST_DRAWN
    ? ''
    : ` The best ${formatInteger(MOST_DRAWN)} of ${formatInteger(runs.length)}, the single device among them in any case; all are in the table.`;

/** What speed-ups are over: a device that could not hold the model is only imagined. */
export function singleDeviceInWords(runs: readonly PlacementRun[]): string {
  const fits = runs.every((run) => run.placer !== 'single-device' || run.outOfMemory === null);
  return fits ? 'the best single device' : 'a single device, had it enough memory';
}

/** Share of its memory that the fullest device needs; null where nothing is known of memory. */
export function fullestShare({ memory }: PlacementRun): number | null {
  const shares = memory.map(({ footprintBytes, capacityBytes }) => footprintBytes / capacityBytes);
  return shares.length === 0 ? null : Math.max(...shares);
}

/** `34.9 %`: how far a time is above a bound. */
export const aboveBound = (seconds: number, bound: number): string =>
  bound > 0 ? formatPercent(seconds / bound - 1) : 'n/a';

/** The best placement that was found, in whichever draw. */
export interface BestFound {
  readonly name: string;
  /** `draw 3 of 5`; '' where its placer draws nothing. */
  readonly draw: string;
  readonly stepSeconds: number;
  readonly score: number;
  readonly fits: boolean;
  readonly speedUp: number;
  /** The run that it is of. */
  readonly run: PlacementRun;
  /** Whether it is better than the draw in the middle, which the run stands for. */
  readonly beatsMedian: boolean;
}

/** Undefined where no placer placed. */
export function bestFound({ runs, portfolio }: PlacementExperiment): BestFound | undefined {
  const best = fastestPlacement(runs);
  const run = runs.find(({ label }) => label === portfolio.label) ?? best;
  if (best === undefined || run === undefined) return undefined;
  const { count } = run.draws;
  return {
    name: placementNames(runs)(run),
    draw: count > 1 ? `draw ${formatInteger(portfolio.trial + 1)} of ${formatInteger(count)}` : '',
    stepSeconds: portfolio.stepSeconds,
    score: portfolio.score,
    fits: portfolio.fits,
    speedUp:
      portfolio.stepSeconds > 0 ? (run.speedUp * run.stepSeconds) / portfolio.stepSeconds : run.speedUp,
    run,
    beatsMedian: portfolio.score < best.score,
  };
}

export const bestFoundName = ({ name, draw }: BestFound): string => [name, draw].filter(Boolean).join(', ');
