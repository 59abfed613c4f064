import { UserError } from '../../base/errors.ts';
import type { Metric } from './claim.ts';
import type { PredictedStep } from './kinds/kind.ts';

/** Metrics that compare a step with another. */
const RELATIVE: ReadonlySet<Metric> = new Set(['speedup', 'efficiency', 'time_ratio']);
const GROW_WITH_TIME: ReadonlySet<Metric> = new Set(['step_time', 'time_ratio']);

export const isRelative = (metric: Metric): boolean => RELATIVE.has(metric);

/** 1 where a longer step has a greater value, -1 where it has a smaller one: values are proportional to this power of its time. */
export const powerOfTime = (metric: Metric): 1 | -1 => (GROW_WITH_TIME.has(metric) ? 1 : -1);

/**
 * What a metric says of a step, in SI units. `reference` is the step that a relative metric compares with.
 * @throws UserError where the step has nothing that the metric counts.
 */
export function metricOf(metric: Metric, step: PredictedStep, reference?: PredictedStep): number {
  const has = (key: 'samples' | 'tokens' | 'modelFlops' | 'peakFlops' | 'bytes'): number =>
    step[key] ?? fail(metric, `of a step without ${AMOUNTS[key]}`);
  const compared = (): PredictedStep => reference ?? fail(metric, 'without `relative_to`');
  switch (metric) {
    case 'step_time':
      return step.seconds;
    case 'throughput':
      return has('samples') / step.seconds;
    case 'tokens_throughput':
      return has('tokens') / step.seconds;
    case 'tokens_throughput_per_device':
      return has('tokens') / step.seconds / step.devices;
    case 'flops':
      return has('modelFlops') / step.seconds;
    case 'flops_per_device':
      return has('modelFlops') / step.seconds / step.devices;
    case 'utilization':
      return has('modelFlops') / step.seconds / has('peakFlops');
    case 'algorithm_bandwidth':
      return has('bytes') / step.seconds;
    case 'bus_bandwidth':
      return (has('bytes') / step.seconds) * (step.busFactor ?? fail(metric, 'of a step without a busbw'));
    case 'speedup':
      return rate(step) / rate(compared());
    case 'efficiency':
      return rate(step) / step.devices / (rate(compared()) / compared().devices);
    case 'time_ratio':
      return step.seconds / compared().seconds;
  }
}

/** Seconds of the step that has this value of a metric which is not relative. */
export function secondsFor(metric: Metric, value: number, step: PredictedStep): number {
  const predicted = metricOf(metric, step);
  return step.seconds * (powerOfTime(metric) === 1 ? value / predicted : predicted / value);
}

const AMOUNTS = {
  samples: 'samples',
  tokens: 'words',
  modelFlops: 'flops of a model',
  peakFlops: 'a peak',
  bytes: 'bytes',
} as const;

/** Samples, else words, else steps per second. */
function rate({ samples, tokens, seconds }: PredictedStep): number {
  return (samples ?? tokens ?? 1) / seconds;
}

function fail(metric: Metric, why: string): never {
  throw new UserError(`${metric} ${why}`);
}
