import { describe, expect, test } from 'vitest';
import { meanEstimate } from '../../base/confidence.ts';
import { mean } from '../../base/statistics.ts';
import {
  dalyInterval,
  type FailureCosts,
  goodputOfInterval,
  secondsThroughFailures,
  youngInterval,
} from '../../sim/checkpoint-interval.ts';
import { randomFailures } from '../../sim/disturbances/failures.ts';
import { mergeChanges } from '../../sim/disturbances/merge.ts';
import { simulate } from '../../sim/engine.ts';
import { islands } from './activities.ts';
import { asynchronousProgram } from './tiny-training.ts';

const MINUTE = 60;
const HOUR = 3600;

/** Daly's example: dumps of 5 min, restarts of 10 min. */
const daly = (betweenFailures: number): FailureCosts => ({
  betweenFailures,
  write: 5 * MINUTE,
  restart: 10 * MINUTE,
});

/** Where the goodput is greatest: (1 − τ/M) e^((τ+δ)/M) = 1, Daly's equation 21, by bisection. */
function exactOptimum({ write, betweenFailures: m }: FailureCosts): number {
  let [low, high] = [0, m];
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if ((1 - middle / m) * Math.exp((middle + write) / m) > 1) low = middle;
    else high = middle;
  }
  return low;
}

describe("Young's and Daly's intervals", () => {
  // Daly (2006), figures 3, 4 and 5: "the new model predicts τopt = 117 min", 57 min, 9.1 min.
  test.each([
    [24 * HOUR, 117, 0],
    [6 * HOUR, 57, 0],
    [15 * MINUTE, 9.1, 1],
  ])("a failure every %d s: Daly's figure says %d min", (betweenFailures, minutes, digits) => {
    expect((dalyInterval(daly(betweenFailures)) / MINUTE).toFixed(digits)).toBe(minutes.toFixed(digits));
  });

  test('are near the exact optimum, Daly nearer', () => {
    // √(2 δ M) = √(2 · 5 · 1440) = 120 min.
    expect(youngInterval(daly(24 * HOUR)) / MINUTE).toBeCloseTo(120, 9);
    for (const hours of [0.25, 1, 6, 24, 1000]) {
      const costs = daly(hours * HOUR);
      const exact = exactOptimum(costs);
      const errorOf = (interval: number) => Math.abs(interval / exact - 1);
      expect(errorOf(dalyInterval(costs))).toBeLessThan(errorOf(youngInterval(costs)));
      // Daly's figure 2: the relative error of his estimate stays below a few per cent for δ < M/2, and falls fast.
      expect(errorOf(dalyInterval(costs))).toBeLessThan(hours < 1 ? 0.05 : 0.005);
      for (const other of [0.8, 1.25]) {
        expect(goodputOfInterval(exact, costs)).toBeGreaterThan(goodputOfInterval(other * exact, costs));
      }
    }
  });

  test('at the limits', () => {
    // Writing longer than two times the mean time between failures: Daly's formula no longer holds, and he takes M.
    expect(dalyInterval(daly(2 * MINUTE))).toBe(2 * MINUTE);
    expect(dalyInterval({ ...daly(HOUR), write: 0 })).toBe(0);
    expect(dalyInterval(daly(Number.POSITIVE_INFINITY))).toBe(Number.POSITIVE_INFINITY);
    expect(youngInterval({ ...daly(Number.POSITIVE_INFINITY), write: 0 })).toBe(0);
  });

  test('goodput without failures is the share that is not writing; without checkpoints nothing of a long job lasts', () => {
    const never = daly(Number.POSITIVE_INFINITY);
    expect(goodputOfInterval(45 * MINUTE, never)).toBe(0.9);
    expect(goodputOfInterval(Number.POSITIVE_INFINITY, never)).toBe(1);
    expect(goodputOfInterval(Number.POSITIVE_INFINITY, daly(HOUR))).toBe(0);
  });
});

describe('the simulated job', () => {
  // Steps of 10 s, 120 of them; 20 s to write a checkpoint; the machine with the variables fails every 400 s
  // on average. So Young's interval is √(2 · 20 · 400) = 126 s, Daly's 113 s: 11 steps.
  const STEP = 10;
  const STEPS = 120;
  const TRIALS = 1000;
  const job = asynchronousProgram({ compute: [STEP], deliver: 0, update: 0 }, STEPS);
  const costs = { betweenFailures: 400, write: 20, restart: 15, repair: 5 };
  const cluster = islands('ps', 'worker');
  const hosts = cluster.devices[0]!.host;

  /** Seconds that trial `trial` takes; all intervals meet the same failures. */
  function secondsOf(everyUpdates: number, trial: number): number {
    const changes = mergeChanges(
      randomFailures(
        {
          hostSeconds: costs.betweenFailures,
          deviceSeconds: Number.POSITIVE_INFINITY,
          repairSeconds: costs.repair,
          hosts,
        },
        cluster,
        trial,
      ),
    );
    return simulate(job, cluster, {
      disturbances: { changes },
      checkpoints: {
        everyUpdates,
        writeSeconds: costs.write,
        detectSeconds: 3,
        restartSeconds: 4,
        restoreSeconds: 8,
      },
    }).seconds;
  }

  /** Mean seconds by the closed form: segments with a checkpoint at their end, but for the last. */
  function expected(everyUpdates: number): number {
    const segments = Math.ceil(STEPS / everyUpdates);
    const rest = STEPS - (segments - 1) * everyUpdates;
    return (
      (segments - 1) * secondsThroughFailures(everyUpdates * STEP + costs.write, costs) +
      secondsThroughFailures(rest * STEP, costs)
    );
  }

  const EVERY = [2, 4, 6, 8, 10, 11, 12, 15, 20, 30, 40, 60];
  const seconds = new Map(
    EVERY.map((every) => [every, Array.from({ length: TRIALS }, (_, trial) => secondsOf(every, trial))]),
  );

  test.each(EVERY)('a checkpoint every %d steps: as long as the closed form says', (every) => {
    const { mean: simulated, halfWidth } = meanEstimate(seconds.get(every)!, 0.999);
    expect(Math.abs(simulated - expected(every))).toBeLessThan(halfWidth);
  });

  test("is quickest with Daly's interval, as nearly as the trials can tell", () => {
    const means = EVERY.map((every) => mean(seconds.get(every)!));
    const best = EVERY[means.indexOf(Math.min(...means))]!;
    const nearest = 11;
    expect(Math.round(dalyInterval(costs) / STEP)).toBe(nearest);
    // Around its optimum the curve is flat: the best interval of these trials costs within 2 % of Daly's by
    // the closed form, and is not better than it beyond the error of their difference, trial by trial (at 99
    // % for all intervals together).
    expect(Math.abs(expected(best) / expected(nearest) - 1)).toBeLessThan(0.02);
    const gain = meanEstimate(
      seconds.get(nearest)!.map((taken, trial) => taken - seconds.get(best)![trial]!),
      1 - 0.01 / EVERY.length,
    );
    expect(gain.mean - gain.halfWidth).toBeLessThanOrEqual(0);
    // Far from it there is no doubt, on both sides.
    for (const far of [2, 60]) {
      const worse = meanEstimate(
        seconds.get(far)!.map((taken, trial) => taken - seconds.get(nearest)![trial]!),
        0.999,
      );
      expect(worse.mean - worse.halfWidth).toBeGreaterThan(0);
    }
  });
});
