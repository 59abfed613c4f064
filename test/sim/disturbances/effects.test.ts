import { describe, expect, it } from 'vitest';
import { ActivityGraphBuilder } from '../../../sim/activity-graph.ts';
import { disturbancesOf } from '../../../sim/disturbances/index.ts';
import { deviceSpread, opSpread } from '../../../sim/disturbances/spread.ts';
import { simulateActivities } from '../../../sim/simulate-activities.ts';
import { tinyCluster } from '../tiny.ts';

/* What disturbances do to simulated times, by closed forms. */

/** Two devices, 10 bytes per second between them, no latency. */
const cluster = tinyCluster(
  ['a', 'b'],
  [
    ['a → b', 10, 0],
    ['b → a', 10, 0],
  ],
  { '0>1': [0], '1>0': [1] },
);

/** Ops of 1 s, one after the other on device a. */
function chain(count: number) {
  const write = new ActivityGraphBuilder();
  const stream = write.stream(0);
  let last = write.compute(stream, 1);
  for (let i = 1; i < count; i++) {
    const next = write.compute(stream, 1);
    write.after(last, next);
    last = next;
  }
  return write.finish();
}

function message(bytes: number) {
  const write = new ActivityGraphBuilder();
  write.transfer(0, 1, bytes);
  return write.finish();
}

const run = (graph: ReturnType<typeof chain>, settings: Parameters<typeof disturbancesOf>[0], seed = 4) =>
  simulateActivities(graph, cluster, { disturbances: disturbancesOf(settings, cluster, seed) });

describe('devices', () => {
  it('a constant factor stretches all ops of its device', () => {
    const factor = deviceSpread(0.4, cluster, 4)[0]!;
    expect(Math.abs(factor - 1)).toBeGreaterThan(0.01);
    expect(run(chain(7), { deviceSigma: 0.4 }).seconds).toBeCloseTo(7 * factor, 12);
  });

  it('factors per op add up', () => {
    const draw = opSpread(0.4, cluster, 4);
    const sum = Array.from({ length: 7 }, () => draw(0)).reduce((total, factor) => total + factor, 0);
    expect(run(chain(7), { opSigma: 0.4 }).seconds).toBeCloseTo(sum, 12);
  });

  it('ops that start in a spell take as many times as long, all others their time', () => {
    const transients = { everySeconds: 20, lastSeconds: 5, slowdown: 3, hosts: 'a' };
    const changes = disturbancesOf({ transients }, cluster, 4).changes!;
    let next = changes.next().value;
    let factor = 1;
    let now = 0;
    let spells = 0;
    for (let op = 0; op < 200; op++) {
      while (next.seconds <= now) {
        factor = next.kind === 'device-speed' ? 1 / next.factor : Number.NaN;
        if (factor > 1) spells++;
        next = changes.next().value;
      }
      now += factor;
    }
    expect(spells).toBeGreaterThan(3);
    expect(run(chain(200), { transients }).seconds).toBeCloseTo(now, 9);
  });

  it('spells of others change nothing', () => {
    const transients = { everySeconds: 1, lastSeconds: 5, slowdown: 3, hosts: 'b' };
    expect(run(chain(50), { transients }).seconds).toBe(50);
  });
});

describe('links', () => {
  it('a slow one takes as many times as long, and the other direction its time', () => {
    expect(run(message(100), { slowLinks: [{ link: 'a -> b', factor: 0.25 }] }).seconds).toBeCloseTo(40, 9);
    expect(run(message(100), { slowLinks: [{ link: 'b -> a', factor: 0.25 }] }).seconds).toBeCloseTo(10, 9);
  });

  it('a flapping one carries bytes while it is up, and a share of them while it is down', () => {
    for (const factor of [0, 0.25]) {
      const flappingLinks = [{ link: '* <-> *', upSeconds: 7, downSeconds: 3, factor }];
      const turns = disturbancesOf({ flappingLinks: [{ ...flappingLinks[0]!, link: 'a -> b' }] }, cluster, 4);
      const changes = turns.changes!;
      let left = 1000;
      let now = 0;
      let speed = 10;
      for (;;) {
        const turn = changes.next().value;
        if (left <= speed * (turn.seconds - now)) break;
        left -= speed * (turn.seconds - now);
        now = turn.seconds;
        speed = turn.kind === 'link-speed' ? 10 * turn.factor : Number.NaN;
      }
      // The other direction flaps by itself, and changes nothing.
      expect(run(message(1000), { flappingLinks }).seconds).toBeCloseTo(now + left / speed, 9);
      expect(now).toBeGreaterThan(100);
    }
  });
});
