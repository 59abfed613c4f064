import { describe, expect, it } from 'vitest';
import { METRICS, type Metric } from '../../../scenarios/claims/claim.ts';
import { isRelative, metricOf, powerOfTime, secondsFor } from '../../../scenarios/claims/metrics.ts';
import { stubKind } from './stub.ts';

const stepOn = (workers: number, kernelFactor = 1) =>
  stubKind.predict({ workers, batch: 10 }, { cluster: undefined, catalog: undefined as never, kernelFactor });

describe('metrics of a step', () => {
  // Of 4 devices: 1.3 s, 40 samples, 200 words, 40 GFLOP, 400 GFLOP/s at peak; of one: 1 s, 10 samples.
  const values: Record<Metric, number> = {
    step_time: 1.3,
    throughput: 40 / 1.3,
    tokens_throughput: 200 / 1.3,
    tokens_throughput_per_device: 50 / 1.3,
    flops: 40e9 / 1.3,
    flops_per_device: 10e9 / 1.3,
    utilization: 0.1 / 1.3,
    bus_bandwidth: 1.5e6 / 1.3,
    algorithm_bandwidth: 1e6 / 1.3,
    speedup: 4 / 1.3,
    efficiency: 1 / 1.3,
    time_ratio: 1.3,
  };

  it.each(Object.keys(METRICS) as Metric[])('%s', (metric) => {
    expect(metricOf(metric, stepOn(4), stepOn(1))).toBeCloseTo(values[metric], 6);
  });

  it.each(Object.keys(METRICS) as Metric[])('%s is proportional to a power of the time', (metric) => {
    const step = stepOn(4);
    const twice = { ...step, seconds: 2 * step.seconds };
    expect(metricOf(metric, twice, stepOn(1)) / metricOf(metric, step, stepOn(1))).toBeCloseTo(
      2 ** powerOfTime(metric),
      12,
    );
  });

  it.each((Object.keys(METRICS) as Metric[]).filter((metric) => !isRelative(metric)))(
    'seconds for a value of %s give that value',
    (metric) => {
      const step = stepOn(4);
      const seconds = secondsFor(metric, 0.123, step);
      expect(metricOf(metric, { ...step, seconds })).toBeCloseTo(0.123, 12);
    },
  );

  it('says what a step lacks', () => {
    const { samples: _, ...step } = stepOn(2);
    expect(() => metricOf('throughput', step)).toThrow('throughput of a step without samples');
    expect(() => metricOf('speedup', stepOn(2))).toThrow('speedup without `relative_to`');
  });
});
