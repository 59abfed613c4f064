import { formatFactor } from '../base/format.ts';
import { capital } from '../base/text.ts';
import { formatCount, formatPercent, formatSeconds } from '../base/units.ts';
import { economyAnswer } from './economy-answer.ts';
import { errorBarAnswer } from './error-bar-answer.ts';
import { fastestRun } from './fastest-run.ts';
import { goodputAnswer } from './goodput-answer.ts';
import { learningAnswer, targetOf } from './learning-answer.ts';
import { outOfMemoryInWords } from './memory.ts';
import type { DeviceUse, TrainingExperiment, TrainingRun } from './results.ts';
import { counted, runWords, share } from './run-words.ts';
import { backupsAnswer, scalingAnswer, serversAnswer } from './scaling-answer.ts';
import type { TrialsChoice } from './trials.ts';

/**
 * Which run of a training experiment is best, how much better and what limits it; how the other strategies compare, how far
 * workers, servers and backups pay off, and which run learns first. Where the question is the time to an accuracy, that comes first.
 */
export function trainingAnswer({ title, baseline, runs }: TrainingExperiment): string {
  const nameOf = runWords(runs);
  const lasting = runs.filter((run) => run.stopped === null);
  if (lasting.length === 0)
    return `${title}: no run reaches its end. ${nameOf(runs[0]!)} stops: ${runs[0]!.stopped}.`;
  const fitting = lasting.filter((run) => run.outOfMemory === null);
  const fastest = fastestRun(runs)!;
  if (fastest.outOfMemory !== null) {
    return `${title}: no run fits. ${nameOf(fastest)} runs ${outOfMemoryInWords(fastest.outOfMemory)}.`;
  }
  const learned = learningAnswer(lasting, nameOf);
  const learningFirst = targetOf(runs)?.measure === 'accuracy';
  const goodput = goodputAnswer(fitting, fastest);
  const goodputFirst = fitting.length > 1 && !learningFirst;
  const times = runs.length === 1 ? 'is' : 'trains fastest,';
  const sentences = [
    ...(learningFirst ? [learned] : []),
    `${nameOf(fastest)} ${times} ${formatFactor(fastest.speedUp)} as fast as ${baseline} (efficiency ${share(fastest.efficiency)}).`,
    ...(goodputFirst ? [goodput] : []),
    `That is ${formatCount(fastest.samplesPerSecond)} samples/s${precision(fastest)}, ${formatSeconds(fastest.stepSeconds.mean)} an update; ${limitOf(fastest)}.`,
    errorBarAnswer(fastest.stepSeconds.mean, fastest.errorBar),
    ...(goodputFirst ? [] : [goodput]),
    othersInWords(fitting, fastest),
    scalingAnswer(fitting, fastest),
    serversAnswer(fitting, fastest),
    backupsAnswer(fitting, fastest),
    economyAnswer(fitting, fastest),
    ...(learningFirst ? [] : [learned]),
    unfitInWords(runs, nameOf),
    ...runs
      .filter((run) => run.stopped !== null)
      .slice(0, 1)
      .map((run) => `${nameOf(run)} stops: ${run.stopped}.`),
  ];
  const [first, ...others] = sentences.filter((sentence) => sentence !== '');
  return [`${title}: ${first}`, ...others.map(capital)].join(' ');
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
  return `The error of ${formatPercent(choice.relative_error)} that was asked for is not reached in ${trials} trials: the step time of ${runWords(runs)(worst)} is known to ± ${formatPercent(errorOf(worst))}.`;
}

/** Below this an error is rounding. */
const LEAST_ERROR = 1e-9;

/** How the best of each other strategy does on as many workers as the winner, the fastest first. */
function othersInWords(runs: readonly TrainingRun[], winner: TrainingRun): string {
  const best = new Map<string, TrainingRun>();
  for (const run of runs) {
    if (run.workers !== winner.workers || run.label === winner.label) continue;
    if (run.samplesPerSecond > (best.get(run.label)?.samplesPerSecond ?? 0)) best.set(run.label, run);
  }
  const others = [...best.values()]
    .sort((a, b) => b.speedUp - a.speedUp)
    .slice(0, MOST_OTHERS)
    .map(({ label, speedUp }) => `${label}: ${formatFactor(speedUp)}`);
  return others.length === 0 ? '' : `Speed-ups of others on as many workers: ${others.join('; ')}.`;
}

const MOST_OTHERS = 5;

function unfitInWords(runs: readonly TrainingRun[], nameOf: (run: TrainingRun) => string): string {
  const [first, ...others] = runs.filter((run) => run.outOfMemory !== null);
  if (first === undefined) return '';
  const more = others.length === 0 ? '' : `; so do ${counted(others.length, 'other run')}`;
  return `${nameOf(first)} runs ${outOfMemoryInWords(first.outOfMemory!)}${more}.`;
}

/** What the workers' computing devices do, and the busiest link. */
function limitOf({ devices, links }: TrainingRun): string {
  // Devices that nothing ran on are no part of it: accelerators without a worker, and workers that others stand for.
  const ofWorkers = devices.filter(
    ({ device, compute, communication }) => device.startsWith('/job:worker/') && compute + communication > 0,
  );
  const accelerators = ofWorkers.filter(({ device }) => !device.includes('CPU'));
  const computing = accelerators.length > 0 ? accelerators : ofWorkers;
  const mean = (of: (use: DeviceUse) => number): string =>
    share(computing.reduce((sum, use) => sum + of(use), 0) / computing.length);
  const use = `its workers compute ${mean((d) => d.compute)} of the time, communicate ${mean((d) => d.communication)} and wait ${mean((d) => d.waiting)}`;
  if (links.length === 0) return use;
  const busiest = links.reduce((most, link) => (link.load > most.load ? link : most));
  return `${use}; the busiest link, ${busiest.link}, carries ${share(busiest.load)} of what it could`;
}
