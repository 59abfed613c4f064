import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../base/errors.ts';
import { stream } from '../../../base/random.ts';
import { mean, quantile, standardDeviation } from '../../../base/statistics.ts';
import { alternation } from '../../../sim/disturbances/alternation.ts';
import type { Change } from '../../../sim/disturbances/disturbances.ts';
import { durationAt, empiricalSlowdown, findDurations } from '../../../sim/disturbances/empirical.ts';
import { type DisturbanceSettings, disturbancesOf } from '../../../sim/disturbances/index.ts';
import { mergeChanges } from '../../../sim/disturbances/merge.ts';
import { linksLike, matches } from '../../../sim/disturbances/pattern.ts';
import { deviceSpread, opSpread } from '../../../sim/disturbances/spread.ts';
import { tinyCluster } from '../tiny.ts';

const workers = (count: number) =>
  tinyCluster(
    Array.from({ length: count }, (_, i) => `worker/${i}`),
    Array.from({ length: count }, (_, i) => [
      [`worker/${i} → switch`, 1, 0] as const,
      [`switch → worker/${i}`, 1, 0] as const,
    ]).flat(),
    {},
  );

function take(changes: Iterator<Change>, count: number): Change[] {
  const taken: Change[] = [];
  for (let i = 0; i < count; i++) {
    const { done, value } = changes.next();
    if (done === true) break;
    taken.push(value);
  }
  return taken;
}

const until = (changes: Iterator<Change>, seconds: number): Change[] => {
  const taken: Change[] = [];
  for (;;) {
    const { done, value } = changes.next();
    if (done === true || value.seconds > seconds) return taken;
    taken.push(value);
  }
};

const ALL: DisturbanceSettings = {
  transients: { everySeconds: 100, lastSeconds: 20, slowdown: 3, hosts: '*' },
  flappingLinks: [{ link: '* <-> switch', upSeconds: 50, downSeconds: 5, factor: 0 }],
  randomFailures: { hostSeconds: 300, deviceSeconds: 500, repairSeconds: 30, hosts: 'worker/*' },
};

describe('what befalls a machine does not depend on the others', () => {
  type Named = { readonly kind: string; readonly link?: string | number };
  /** Changes of worker 1's device, links and host, by name. */
  const ofWorker1 = (count: number, settings = ALL): Named[] => {
    const cluster = workers(count);
    const changes = until(disturbancesOf(settings, cluster, 7).changes!, 2000);
    return changes.flatMap((change): Named[] => {
      switch (change.kind) {
        case 'device-speed':
          return change.device === 1 ? [{ ...change }] : [];
        case 'link-speed': {
          const { name } = cluster.links[change.link]!;
          return name.includes('worker/1 ') || name.endsWith('worker/1') ? [{ ...change, link: name }] : [];
        }
        default:
          return change.what === 'worker/1' ? [{ ...change }] : [];
      }
    });
  };

  it('is the same in a cluster of 2 and of 9', () => {
    const few = ofWorker1(2);
    expect(few.length).toBeGreaterThan(50);
    expect(new Set(few.map(({ kind }) => kind)).size).toBe(3);
    expect(ofWorker1(9)).toEqual(few);
  });

  it('is the same whatever else is disturbed', () => {
    const alone = ofWorker1(3, { transients: ALL.transients });
    expect(ofWorker1(3).filter(({ kind }) => kind === 'device-speed')).toEqual(alone);
  });

  it('is another under another seed, and the same again under the same', () => {
    const first = (seed: number): Change[] => take(disturbancesOf(ALL, workers(2), seed).changes!, 20);
    expect(first(7)).toEqual(first(7));
    expect(first(8)).not.toEqual(first(7));
  });

  it('holds for constant speeds, ops and steps', () => {
    const [few, many] = [deviceSpread(0.3, workers(3), 5), deviceSpread(0.3, workers(50), 5)];
    expect(many.subarray(0, 3)).toEqual(few);
    const [alone, among] = [opSpread(0.3, workers(1), 5), opSpread(0.3, workers(2), 5)];
    const drawn = [0, 1, 0, 1, 1, 0].map((device) => [device, among(device)]);
    const own = drawn.flatMap(([device, factor]) => (device === 0 ? [factor] : []));
    expect(own).toEqual([alone(0), alone(0), alone(0)]);
    const table = findDurations('bytedance-se');
    const [one, other] = [empiricalSlowdown(table, 3), empiricalSlowdown(table, 3)];
    expect([one(0, 0), one(4, 0), one(4, 1)].slice(1)).toEqual([other(4, 0), other(4, 1)]);
  });
});

describe('order of time', () => {
  it('is kept over all sources', () => {
    const times = take(disturbancesOf(ALL, workers(5), 1).changes!, 500).map(({ seconds }) => seconds);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times).toHaveLength(500);
  });

  it('merging is sorting, with ties in the order of the list', () => {
    const times = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 8 });
    fc.assert(
      fc.property(fc.array(times, { maxLength: 6 }), (lists) => {
        const sources = lists.map((list, device) =>
          list
            .toSorted((a, b) => a - b)
            .map(
              (seconds): Change => ({
                kind: 'failure',
                seconds,
                devices: [device],
                what: '',
                repairSeconds: 0,
              }),
            ),
        );
        const merged = [...mergeChanges(sources.map((list) => list.values()))];
        expect(merged.map(({ seconds }) => seconds)).toEqual(lists.flat().toSorted((a, b) => a - b));
        for (const [device, own] of sources.entries()) {
          const mine = merged.filter((change) => change.kind === 'failure' && change.devices[0] === device);
          expect(mine).toEqual(own);
        }
        expect([...mergeChanges(sources.map((list) => list.values()))]).toEqual(merged);
      }),
    );
  });

  it('slow-downs of one device or link from several sources multiply', () => {
    const speed = (seconds: number, factor: number): Change => ({
      kind: 'link-speed',
      seconds,
      link: 4,
      factor,
    });
    const sources = [
      [speed(0, 0.5)],
      [speed(1, 0), speed(2, 1)],
      [speed(1.5, 0.25), { kind: 'device-speed', seconds: 3, device: 4, factor: 0.1 } as const, speed(4, 1)],
    ];
    const factors = [...mergeChanges(sources.map((list) => list.values()))].map((change) =>
      change.kind === 'failure' ? Number.NaN : change.factor,
    );
    expect(factors).toEqual([0.5, 0, 0, 0.125, 0.1, 0.5]);
  });
});

describe('distributions', () => {
  it('well and ill by turns: mean times, and the share of ill time', () => {
    const turns = alternation(stream(2, 'turns'), 90, 10);
    let at = 0;
    const well: number[] = [];
    const ill: number[] = [];
    for (let i = 0; i < 40_000; i++) {
      const { seconds, well: isWell } = turns.next().value;
      (isWell ? ill : well).push(seconds - at);
      at = seconds;
    }
    // Standard errors: mean / √20 000 = 0.7 %.
    expect(mean(well) / 90).toBeCloseTo(1, 1);
    expect(mean(ill) / 10).toBeCloseTo(1, 1);
    expect(ill.reduce((sum, s) => sum + s, 0) / at).toBeCloseTo(0.1, 2);
    // An exponential's standard deviation is its mean, its median ln 2 of it.
    expect(standardDeviation(well) / mean(well)).toBeCloseTo(1, 1);
    expect(quantile(well, 0.5) / mean(well)).toBeCloseTo(Math.LN2, 1);
  });

  it('failures come at the rate of all machines together', () => {
    const settings: DisturbanceSettings = {
      randomFailures: {
        hostSeconds: 1000,
        deviceSeconds: Number.POSITIVE_INFINITY,
        repairSeconds: 0,
        hosts: '*',
      },
    };
    const failures = until(disturbancesOf(settings, workers(40), 3).changes!, 100_000);
    // Poisson of mean 40 · 100 = 4000, standard deviation 63.
    expect(Math.abs(failures.length - 4000)).toBeLessThan(3 * 63.3);
  });

  it('who is not repaired fails once; who is, not before that', () => {
    const withRepair = (repairSeconds: number) => {
      const settings: DisturbanceSettings = {
        randomFailures: {
          hostSeconds: 10,
          deviceSeconds: Number.POSITIVE_INFINITY,
          repairSeconds,
          hosts: 'worker/2',
        },
      };
      return take(disturbancesOf(settings, workers(4), 3).changes!, 200);
    };
    const lost = withRepair(Number.POSITIVE_INFINITY);
    expect(lost).toHaveLength(1);
    expect(lost[0]).toMatchObject({ kind: 'failure', what: 'worker/2', devices: [2] });
    const gaps = withRepair(600).map(({ seconds }, i, all) => seconds - (all[i - 1]?.seconds ?? -600));
    expect(Math.min(...gaps)).toBeGreaterThan(600);
    // The first failure is the same, however long the repair.
    expect(withRepair(600)[0]!.seconds).toBe(lost[0]!.seconds);
  });

  it('log-normal spreads have mean 1 and the deviation asked for', () => {
    const speeds = deviceSpread(0.2, workers(20_000), 1);
    expect(mean(speeds)).toBeCloseTo(1, 2);
    expect(standardDeviation(Float64Array.from(speeds, Math.log))).toBeCloseTo(0.2, 2);
    const draw = opSpread(0.5, workers(1), 1);
    const ops = Float64Array.from({ length: 20_000 }, () => draw(0));
    expect(mean(ops)).toBeCloseTo(1, 1);
    expect(standardDeviation(ops.map(Math.log))).toBeCloseTo(0.5, 1);
  });

  it('measured durations are drawn as they were measured', () => {
    const table = findDurations('bytedance-se');
    const slowdown = empiricalSlowdown(table, 1);
    const drawn = Float64Array.from({ length: 20_000 }, (_, step) => slowdown(0, step));
    for (const [i, expected] of table.quantiles.entries()) {
      expect(durationAt(table, i / (table.quantiles.length - 1))).toBeCloseTo(expected, 9);
      // Kolmogorov–Smirnov at 0.1 %: 1.95 / √20 000 = 0.0138.
      const below = drawn.filter((factor) => factor <= expected).length / drawn.length;
      if (i % 20 === 0) expect(Math.abs(below - i / (table.quantiles.length - 1))).toBeLessThan(0.0138);
    }
    expect(slowdown(-1, 0)).toBe(1);
  });

  it('who is slow by table is slow for good where the table says so', () => {
    const slowdown = empiricalSlowdown(findDurations('bytedance-ar'), 1);
    const factors = Array.from({ length: 50 }, (_, replica) => slowdown(replica, 0));
    expect(new Set(factors).size).toBeGreaterThan(45);
    expect(factors.map((_, replica) => slowdown(replica, 1))).toEqual(factors);
    const perStep = empiricalSlowdown(findDurations('bytedance-ar-healthy'), 1);
    expect(perStep(0, 0)).not.toBe(perStep(0, 1));
  });

  it('an unknown table is told with the nearest', () => {
    expect(() => findDurations('bytedance-s')).toThrow(
      new UserError('unknown table of durations "bytedance-s"; did you mean "bytedance-se"?'),
    );
  });
});

describe('scripts and constant slow-downs', () => {
  it('come as written, in order of time; hosts that a smaller cluster lacks do not fail', () => {
    const settings: DisturbanceSettings = {
      scriptedFailures: [
        { seconds: 20, host: 'worker/7', repairSeconds: 5 },
        { seconds: 10, device: 'worker/1', repairSeconds: Number.POSITIVE_INFINITY },
        { seconds: 20, host: 'worker/*', repairSeconds: 9 },
      ],
      slowLinks: [{ link: 'worker/0 -> switch', factor: 0.5 }],
    };
    const { changes } = disturbancesOf(settings, workers(2), 1);
    expect(take(changes!, 10)).toEqual([
      { kind: 'link-speed', seconds: 0, link: 0, factor: 0.5 },
      {
        kind: 'failure',
        seconds: 10,
        devices: [1],
        what: 'worker/1',
        repairSeconds: Number.POSITIVE_INFINITY,
      },
      { kind: 'failure', seconds: 20, devices: [0], what: 'worker/0', repairSeconds: 9 },
      { kind: 'failure', seconds: 20, devices: [1], what: 'worker/1', repairSeconds: 9 },
    ]);
  });

  it('nothing asked for is nothing', () => {
    expect(disturbancesOf({}, workers(2), 1)).toEqual({});
  });
});

describe('patterns', () => {
  it('a star stands for anything, and all of the name must fit', () => {
    expect(matches('worker/*', 'worker/12')).toBe(true);
    expect(matches('worker/1', 'worker/12')).toBe(false);
    expect(matches('*', '')).toBe(true);
    expect(matches('a*a', 'a')).toBe(false);
    expect(matches('*b*b', 'abcb')).toBe(true);
    expect(matches('*b*bb', 'abb')).toBe(false);
    expect(matches('w*r/*2', 'worker/12')).toBe(true);
    expect(matches('*/2', 'worker/12')).toBe(false);
  });

  it('agrees with regular expressions', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 6 });
    const name = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 });
    fc.assert(
      fc.property(letters, name, (pattern, text) => {
        expect(matches(pattern, text)).toBe(new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(text));
      }),
      { numRuns: 1000 },
    );
  });

  it('links are one direction or both', () => {
    const { links } = workers(3);
    expect(linksLike('worker/1 -> switch', links)).toEqual([2]);
    expect(linksLike('worker/1 <-> switch', links)).toEqual([2, 3]);
    expect(linksLike('switch → worker/*', links)).toEqual([1, 3, 5]);
    expect(linksLike('worker/9 -> switch', links)).toEqual([]);
    expect(() => linksLike('worker/1', links)).toThrow(
      'expected a link such as "worker/0 -> switch" (one direction) or "worker/* <-> switch" (both), got "worker/1"',
    );
  });
});
