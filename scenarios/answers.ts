import { formatFactor } from '../base/format.ts';
import { formatCount, formatPercent, formatSeconds } from '../base/units.ts';
import type { DeviceUse, Learning, PlacementExperiment, TrainingExperiment, TrainingRun } from './results.ts';

/** One or two sentences per training experiment: which run is best, how much better, and what limits it. */
export function trainingAnswer({ model, runs, title }: TrainingExperiment): string {
  const fastest = runs.reduce((best, run) => (run.samplesPerSecond > best.samplesPerSecond ? run : best));
  const sentences = [
    `${title}: ${fastest.label} training on ${workersInWords(fastest)} is the fastest, with ${formatCount(fastest.samplesPerSecond)} samples/s: ${formatFactor(fastest.speedUp)} one synchronous worker (efficiency ${formatPercent(fastest.efficiency)}); ${limitOf(fastest)}.`,
  ];
  const learned = runs.filter((run) => run.learning !== null);
  if (learned.length > 0) sentences.push(learningAnswer(model.name, learned));
  return sentences.join(' ');
}

/** Learning is compared by the time to a third of the first held-out loss. */
const TARGET_SHARE = 1 / 3;

function learningAnswer(model: string, runs: readonly TrainingRun[]): string {
  const target = runs[0]!.learning!.heldOutLoss[0]! * TARGET_SHARE;
  const times = runs.map((run) => ({ run, seconds: secondsTo(target, run.learning!) }));
  const reached = times.filter(
    (entry): entry is { run: TrainingRun; seconds: number } => entry.seconds !== undefined,
  );
  const goal = `a held-out loss of ${target.toFixed(2)} (a third of ${model}'s first)`;
  if (reached.length === 0) return `No run reaches ${goal}.`;
  const first = reached.reduce((best, entry) => (entry.seconds < best.seconds ? entry : best));
  const alone = reached.find(({ run }) => run.workers === 1 && run.strategy === 'sync');
  const compared =
    alone === undefined || alone === first
      ? ''
      : `, ${formatFactor(alone.seconds / first.seconds)} sooner than one worker`;
  return `First to ${goal}: ${first.run.label} on ${workersInWords(first.run)}, after ${formatSeconds(first.seconds)} of simulated time${compared}.`;
}

/** When the held-out loss first fell to `target`, by linear interpolation between evaluations. */
export function secondsTo(target: number, { heldOutLoss, seconds }: Learning): number | undefined {
  const at = heldOutLoss.findIndex((loss) => loss <= target);
  if (at < 0) return undefined;
  if (at === 0) return seconds[0]!;
  const share = (heldOutLoss[at - 1]! - target) / (heldOutLoss[at - 1]! - heldOutLoss[at]!);
  return seconds[at - 1]! + share * (seconds[at]! - seconds[at - 1]!);
}

/** What the workers' computing devices do, and the busiest link. */
function limitOf({ devices, links, workers }: TrainingRun): string {
  const computing = devices.filter(
    ({ device }) => device.startsWith('/job:worker/') && (workersOwn(devices) || !device.includes('CPU')),
  );
  const share = (of: (use: DeviceUse) => number): number =>
    computing.reduce((sum, use) => sum + of(use), 0) / workers;
  const busiest = links.reduce((most, link) => (link.busy > most.busy ? link : most), links[0]!);
  return `its workers compute ${formatPercent(share((use) => use.compute))} of the time, communicate ${formatPercent(share((use) => use.communication))} and wait ${formatPercent(share((use) => use.waiting))}, and the busiest link, ${busiest.link}, is in use ${formatPercent(busiest.busy)}`;
}

/** Whether workers have nothing but CPUs to compute on. */
function workersOwn(devices: readonly DeviceUse[]): boolean {
  return devices.every(({ device }) => !device.startsWith('/job:worker/') || device.includes('CPU'));
}

function workersInWords({ workers }: TrainingRun): string {
  return workers === 1 ? '1 worker' : `${workers} workers`;
}

/** Which placer wins, against the best single device and the bound. */
export function placementAnswer({ title, runs, bounds }: PlacementExperiment): string {
  const best = runs.reduce((least, run) => (run.stepSeconds < least.stepSeconds ? run : least));
  const bound = Math.max(bounds.criticalPathSeconds, bounds.areaSeconds);
  const others = runs
    .filter((run) => run !== best)
    .map((run) => `${run.placer} ${formatSeconds(run.stepSeconds)}`);
  return `${title}: ${best.label} gives the shortest step, ${formatSeconds(best.stepSeconds)}: ${formatFactor(best.speedUp)} the best single device, and at most ${formatPercent(best.stepSeconds / bound - 1)} above what any placement could reach${others.length > 0 ? ` (${others.join(', ')})` : ''}.`;
}
