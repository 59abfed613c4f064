import { formatFactor } from '../base/format.ts';
import { formatCount, formatPercent, formatSeconds } from '../base/units.ts';
import { outOfMemoryInWords } from './memory.ts';
import type {
  DeviceUse,
  PlacementExperiment,
  PlacementRun,
  TrainingExperiment,
  TrainingRun,
} from './results.ts';
import type { TrialsChoice } from './trials.ts';

/** Which run of a training experiment is best, how much better, what limits it, and which learns first. */
export function trainingAnswer({ title, runs }: TrainingExperiment): string {
  const lasting = runs.filter((run) => run.stopped === null);
  if (lasting.length === 0) return `${title}: no run reaches its end. ${stoppedInWords(runs[0]!)}.`;
  const fitting = lasting.filter((run) => run.outOfMemory === null);
  const fastest = (fitting.length > 0 ? fitting : lasting).reduce((best, run) =>
    run.samplesPerSecond > best.samplesPerSecond ? run : best,
  );
  if (fastest.outOfMemory !== null) {
    return `${title}: no run fits. ${runInWords(fastest)} runs ${outOfMemoryInWords(fastest.outOfMemory)}.`;
  }
  const sentences = [
    `${title}: ${runInWords(fastest)} trains fastest, ${formatFactor(fastest.speedUp)} as fast as one synchronous worker (efficiency ${share(fastest.efficiency)}).`,
    `That is ${formatCount(fastest.samplesPerSecond)} samples/s${precision(fastest)}; ${limitOf(fastest)}.`,
    lossesInWords(fastest),
    ...(fastest.strategy === 'sync' ? [] : [synchronousInComparison(runs, fastest)]),
    ...learningAnswer(runs),
    ...runs
      .filter((run) => run.outOfMemory !== null)
      .slice(0, 1)
      .map((run) => `${runInWords(run)} runs ${outOfMemoryInWords(run.outOfMemory!)}.`),
    ...runs
      .filter((run) => run.stopped !== null)
      .slice(0, 1)
      .map((run) => `${stoppedInWords(run)}.`),
  ];
  return sentences.filter((sentence) => sentence !== '').join(' ');
}

/** How well the rate is known: what is known of the mean step, where that varies. */
function precision({ stepSeconds: { mean, meanInterval } }: TrainingRun): string {
  if (meanInterval === null || mean === 0) return '';
  const { halfWidth, confidence, from, count } = meanInterval;
  const error = halfWidth / mean;
  if (error < LEAST_ERROR) return '';
  return ` (± ${formatPercent(error)} at ${formatPercent(confidence)} confidence, from ${count} ${from === 'trials' ? 'trials' : 'batches of steps'})`;
}

/** Where the error that was asked for is not reached: what is, and by which run least; '' elsewhere. */
export function errorAnswer({ runs, trials }: TrainingExperiment, choice: TrialsChoice): string {
  if (typeof choice === 'number') return '';
  const errorOf = ({ stepSeconds: { mean, meanInterval } }: TrainingRun): number =>
    meanInterval === null || mean === 0 ? 0 : meanInterval.halfWidth / mean;
  const worst = runs.reduce((most, run) => (errorOf(run) > errorOf(most) ? run : most));
  if (errorOf(worst) <= choice.relative_error) return '';
  return `The error of ${formatPercent(choice.relative_error)} that was asked for is not reached in ${trials} trials: the step time of ${runInWords(worst)} is known to ± ${formatPercent(errorOf(worst))}.`;
}

/** Below this an error is rounding. */
const LEAST_ERROR = 1e-9;

/** What failures cost a run; '' where none happened. */
function lossesInWords({ losses: { failures, restarts, updatesLost } }: TrainingRun): string {
  if (failures === 0) return '';
  const times = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
  const cost =
    restarts === 0
      ? 'without loss of variables'
      : `${restarts} of them with loss of variables, and makes ${times(updatesLost, 'update')} again`;
  return `It lives through ${times(failures, 'failure')}, ${cost}.`;
}

function stoppedInWords(run: TrainingRun): string {
  return `${runInWords(run)} stops: ${run.stopped}`;
}

/** The synchronous run on as many workers, against which the winner counts. */
function synchronousInComparison(runs: readonly TrainingRun[], { workers }: TrainingRun): string {
  const synchronous = runs.find((run) => run.strategy === 'sync' && run.workers === workers);
  return synchronous === undefined || synchronous.stopped !== null || synchronous.outOfMemory !== null
    ? ''
    : `Synchronous training on as many workers reaches ${formatFactor(synchronous.speedUp)}.`;
}

function learningAnswer(runs: readonly TrainingRun[]): string[] {
  const targetLoss = runs.find(({ learning }) => learning !== null)?.learning?.targetLoss;
  if (targetLoss === undefined) return [];
  const goal = `a held-out loss of ${targetLoss.toFixed(2)}, a third of the first`;
  const secondsOf = (run: TrainingRun): number => run.learning?.secondsToTarget ?? Number.POSITIVE_INFINITY;
  const first = runs.reduce((best, run) => (secondsOf(run) < secondsOf(best) ? run : best));
  if (!Number.isFinite(secondsOf(first))) return [`No run reaches ${goal}.`];
  const alone = runs.find((run) => run.workers === 1 && run.strategy === 'sync');
  const compared =
    alone === undefined || alone === first || !Number.isFinite(secondsOf(alone))
      ? ''
      : `, ${formatFactor(secondsOf(alone) / secondsOf(first))} sooner than one synchronous worker`;
  return [
    `First to ${goal}: ${runInWords(first)}, after ${formatSeconds(secondsOf(first))} of simulated time${compared}.`,
  ];
}

/** What the workers' computing devices do, and the busiest link. */
function limitOf({ devices, links }: TrainingRun): string {
  const ofWorkers = devices.filter(({ device }) => device.startsWith('/job:worker/'));
  const accelerators = ofWorkers.filter(({ device }) => !device.includes('CPU'));
  const computing = accelerators.length > 0 ? accelerators : ofWorkers;
  const mean = (of: (use: DeviceUse) => number): string =>
    share(computing.reduce((sum, use) => sum + of(use), 0) / computing.length);
  const use = `its workers compute ${mean((d) => d.compute)} of the time, communicate ${mean((d) => d.communication)} and wait ${mean((d) => d.waiting)}`;
  if (links.length === 0) return use;
  const busiest = links.reduce((most, link) => (link.load > most.load ? link : most));
  return `${use}; the busiest link, ${busiest.link}, carries ${share(busiest.load)} of what it could`;
}

/** Whole percent, as prose wants them. */
function share(ratio: number): string {
  const percent = Math.round(ratio * 100);
  return percent === 0 && ratio > 0 ? 'less than 1 %' : `${percent} %`;
}

function runInWords({ label, workers }: TrainingRun): string {
  return `${label} on ${workers === 1 ? '1 worker' : `${workers} workers`}`;
}

/** The fastest of the runs whose memory suffices; of all, where none does. */
export function fastestThatFits(runs: readonly PlacementRun[]): PlacementRun {
  const fitting = runs.filter((run) => run.outOfMemory === null);
  return (fitting.length > 0 ? fitting : runs).reduce((least, run) =>
    run.stepSeconds < least.stepSeconds ? run : least,
  );
}

/** Which placer wins, against the best single device and the bound. */
export function placementAnswer({ title, runs, bounds }: PlacementExperiment): string {
  const best = fastestThatFits(runs);
  const bound = Math.max(bounds.criticalPathSeconds, bounds.areaSeconds);
  // Its settings only where they tell two runs of one placer apart.
  const nameOf = (run: PlacementRun): string =>
    runs.filter(({ placer }) => placer === run.placer).length > 1 ? run.label : run.placer;
  const others = runs
    .filter((run) => run !== best)
    .map(
      (run) => `${nameOf(run)} ${run.outOfMemory === null ? formatSeconds(run.stepSeconds) : 'does not fit'}`,
    );
  if (best.outOfMemory !== null) {
    return `${title}: no placement fits. ${nameOf(best)} runs ${outOfMemoryInWords(best.outOfMemory)}.`;
  }
  const sentences = [
    `${title}: ${nameOf(best)} finds the shortest step, ${formatSeconds(best.stepSeconds)}: ${besideSingleDevice(best, runs)}.`,
    ...(others.length > 0 ? [`The others: ${others.join(', ')}.`] : []),
    `No placement can take less than ${formatSeconds(bound)}, so this one is at most ${share(best.stepSeconds / bound - 1)} above the best possible.`,
  ];
  return sentences.join(' ');
}

/** How the best placement compares with a single device, where there is one that fits. */
function besideSingleDevice(best: PlacementRun, runs: readonly PlacementRun[]): string {
  if (best.placer === 'single-device') return 'no other placer does better';
  const fits = runs.every((run) => run.placer !== 'single-device' || run.outOfMemory === null);
  return fits
    ? `${formatFactor(best.speedUp)} as fast as the best single device`
    : 'a single device has too little memory';
}
