import { formatFactor, formatInteger } from '../../base/format.ts';
import { formatBytes, formatDollars, formatPercent, formatSeconds } from '../../base/units.ts';
import type { InferenceRun, PlacementRun, TrainingRun } from '../../scenarios/results.ts';

/** What the panel shows of one run: now, and as it was in the report. */
export interface LiveFigure {
  readonly name: string;
  /** With its unit. */
  readonly text: string;
  /** Null where there is none. */
  readonly value: number | null;
  /** Which is better. */
  readonly better: 'less' | 'more';
  /** What it is relative to, where it is: figures relative to different things have no change. */
  readonly against?: string;
}

const figure = (
  name: string,
  value: number | null,
  format: (value: number) => string,
  better: LiveFigure['better'],
): LiveFigure => ({ name, text: value === null ? '–' : format(value), value, better });

/** `baseline`: what speed-ups are against, in words. */
export function trainingFigures(run: TrainingRun, baseline: string): LiveFigure[] {
  const { mean, p99, count } = run.stepSeconds;
  const timed = (value: number): number | null => (count === 0 ? null : value);
  const price = run.economy?.dollarsPerMillionSamples ?? null;
  return [
    figure('Step time, mean', timed(mean), formatSeconds, 'less'),
    figure('Step time, 99 % within', timed(p99), formatSeconds, 'less'),
    figure('Samples per second', run.samplesPerSecond, formatInteger, 'more'),
    { ...figure('Speed-up over one worker', run.speedUp, formatFactor, 'more'), against: baseline },
    { ...figure('Efficiency', run.efficiency, formatPercent, 'more'), against: baseline },
    ...(price === null ? [] : [figure('Cost of a million samples', price, formatDollars, 'less')]),
  ];
}

export function placementFigures(run: PlacementRun): LiveFigure[] {
  const price = run.economy?.dollarsPerStep ?? null;
  return [
    figure('Step time', run.stepSeconds, formatSeconds, 'less'),
    figure('Speed-up over the best single device', run.speedUp, formatFactor, 'more'),
    figure('Moved between devices per step', run.transferBytes, formatBytes, 'less'),
    ...(price === null ? [] : [figure('Cost of a step', price, formatDollars, 'less')]),
  ];
}

export function inferenceFigures(run: InferenceRun): LiveFigure[] {
  const bounded = run.boundedSamplesPerSecond;
  return [
    figure('Time of a batch', run.batchSeconds, formatSeconds, 'less'),
    figure('Inferences per second, always busy', run.samplesPerSecond, formatInteger, 'more'),
    ...(bounded === null
      ? []
      : [figure('Inferences per second, within the latency', bounded, formatInteger, 'more')]),
    figure('99 % answered within, at 90 % load', run.responseSeconds, formatSeconds, 'less'),
  ];
}
