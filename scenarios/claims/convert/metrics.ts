import type { Metric } from '../claim.ts';
import { UNITS } from '../units.ts';
import { asNumber, type Facts } from './facts.ts';
import { Refusal, required } from './refusal.ts';

/* What was measured, as sources call it. */

export interface Measured {
  readonly metric: Metric;
  readonly unit: string;
  readonly value: number;
}

/** Units as they are spelt elsewhere. */
const SPELLINGS: Readonly<Record<string, string>> = {
  tops: 'TOP/s',
  'tera-ops/s': 'TOP/s',
  'img/s': 'images/s',
  'images/sec': 'images/s',
  'seq/s': 'sequences/s',
  'sequences/sec': 'sequences/s',
  'examples/s': 'samples/s',
  'records/s': 'samples/s',
  'tok/s': 'tokens/s',
  'tokens/sec': 'tokens/s',
  sec: 's',
  seconds: 's',
  msec: 'ms',
  usec: 'us',
  minutes: 'min',
  'gbytes/s': 'GB/s',
  tflops: 'TFLOP/s',
  pflops: 'PFLOP/s',
  'tflop/s': 'TFLOP/s',
  'pflop/s': 'PFLOP/s',
  percent: '%',
};

/** Metrics by name; `refused`: why a metric cannot be predicted. */
const NAMES: readonly (readonly [pattern: RegExp, metric: Metric | { readonly refused: string }])[] = [
  [/run_average/, { refused: 'it includes evaluation, which is not predicted' }],
  [
    /range_(low|high)|^(max|min|worst)/,
    { refused: 'it is an end of a range, not the measurement of a step' },
  ],
  [/\bhfu\b/, { refused: 'it counts recomputation as work; METRICS counts the model only' }],
  [/^mfu_without/, { refused: 'it leaves out the arithmetic of attention' }],
  [/memory|activations|params_and_optimizer/, { refused: 'it is memory, not time' }],
  [/(forward|fwd).*(backward|bwd).*time/, 'step_time'],
  [
    /time_to_|train_time|training_time|training_cost|epoch_time|convergence/,
    { refused: 'time to a quality is not the time of a step' },
  ],
  [/p99|percentile|latency_bound/, { refused: 'a percentile of response times is not the time of a step' }],
  [
    /(step|iteration|batch|allreduce|all_reduce|allgather|collective|update|gradient).*time|^time$|^step$|^iteration$|latency/,
    'step_time',
  ],
  [/algbw|algorithm_bandwidth/, 'algorithm_bandwidth'],
  [/busbw|bus_bandwidth/, 'bus_bandwidth'],
  [/(achieved|sustained|tflops|flops).*(per_gpu|per_device|per_chip)/, 'flops_per_device'],
  [/sustained_total|aggregate_(p|t)?flops|^achieved_tops$|^tops$|^flops$/, 'flops'],
  [/^mfu(_pct)?$|model_flops_utili[sz]ation|^utili[sz]ation$/, 'utilization'],
  [/efficiency/, 'efficiency'],
  [/^speed-?up$|^scaling$/, 'speedup'],
  [/throughput|images_per_s|samples_per_s|sequences_per_s|rate$/, 'throughput'],
];

/** Keys besides `value` from which a source computes a figure that can be predicted, where `value` itself cannot. */
const BESIDE: readonly (readonly [key: string, metric: Metric, unit: string])[] = [
  ['mean_images_per_s', 'throughput', 'images/s'],
  ['step_s', 'step_time', 's'],
];

/**
 * Step times that a source computes from the flops per second that were measured. They are taken instead: whether those flops count what is
 * computed again, and which formula counts them, differs from paper to paper.
 */
const COMPUTED_STEPS = ['derived_iter_s', 'derived_step_s', 'derived_iteration_s'];

/** What a point measured, in the ledger's words. @throws Refusal */
export function measuredBy(point: Facts): Measured {
  const name = String(point.metric ?? '')
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_');
  const row = NAMES.find(([pattern]) => pattern.test(name))?.[1];
  if (row === undefined || typeof row !== 'string') {
    for (const [key, metric, unit] of BESIDE) {
      const value = asNumber(point[key]);
      if (value !== undefined) return { metric, unit, value };
    }
    throw new Refusal(`${point.metric ?? 'nothing'}: ${row?.refused ?? 'it is no metric that is predicted'}`);
  }
  const seconds = COMPUTED_STEPS.map((key) => asNumber(point[key])).find((step) => step !== undefined);
  if ((row === 'flops' || row === 'flops_per_device') && seconds !== undefined && seconds > 0)
    return { metric: 'step_time', unit: 's', value: seconds };
  const value = required(asNumber(point.value), `its value is ${JSON.stringify(point.value)}`);
  if (!(value > 0)) throw new Refusal(`its value is ${value}`);
  return { ...inUnit(row, String(point.unit ?? '').trim()), value };
}

function inUnit(metric: Metric, written: string): Pick<Measured, 'metric' | 'unit'> {
  const lower = written.toLowerCase().replaceAll(' ', '');
  const perDevice = /^(.*\/s)\/(gpu|device|chip)$/.exec(lower);
  const unit = spelt(perDevice?.[1] ?? lower);
  if (metric === 'throughput' && (unit === 'tokens/s' || unit === 'words/s'))
    return { metric: perDevice === null ? 'tokens_throughput' : 'tokens_throughput_per_device', unit };
  if (perDevice !== null)
    throw new Refusal(`${written}: samples per device are no metric; give those of all devices`);
  const known = Object.keys(UNITS[metric]).find((name) => name.toLowerCase() === unit.toLowerCase());
  return { metric, unit: required(known, `${metric} is not measured in ${JSON.stringify(written)}`) };
}

const spelt = (unit: string): string => (Object.hasOwn(SPELLINGS, unit) ? SPELLINGS[unit]! : unit);
