import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { stream } from '../../../base/random.ts';
import { drive } from './drive.ts';
import { maxMinRates, naiveFluid, type Script } from './max-min.ts';
import { randomScript, undisturbed } from './random-script.ts';

const oracles = '../shared/oracles/network.json';

interface OracleCase {
  readonly id: string;
  readonly capacities: number[];
  readonly flows: { path: number[]; bytes: number; start: number; finish: number }[];
}

describe.skipIf(!existsSync(oracles))('published cases of max-min sharing', () => {
  const text = existsSync(oracles) ? readFileSync(oracles, 'utf8') : '{"cases": []}';
  const { cases } = JSON.parse(text) as { cases: OracleCase[] };
  test.each(cases)('$id, and by the reference', ({ capacities, flows }) => {
    const script = { capacities, latencies: capacities.map(() => 0), messages: flows, speeds: [] };
    const [actual, reference] = [drive(script), naiveFluid(script)];
    for (const [m, { finish }] of flows.entries()) {
      expect(actual.finish[m]! / finish).toBeCloseTo(1, 9);
      expect(reference.finish[m]! / finish).toBeCloseTo(1, 9);
    }
  });
});

test('the reference: two links, three flows', () => {
  // Link 1 gives 30 / 2 to each of its flows; what that leaves of link 0, 85, is the other one's.
  expect(maxMinRates([100, 30], [[0, 1], [0], [1]])).toEqual([15, 85, 15]);
});

const near = (a: number, b: number): boolean => Object.is(a, b) || Math.abs(a - b) <= 1e-9 * Math.min(a, b);

/** 1,000 of them, each 20th with up to 500 messages. */
const script = (c: number): Script => randomScript(stream(1, 'fluid', c), c % 20 === 0 ? 500 : 60);

test('1,000 random networks: as solved from scratch at every event, flow by flow', () => {
  for (let c = 0; c < 1000; c++) {
    const [actual, expected] = [drive(script(c)), naiveFluid(script(c))];
    for (const column of ['finish', 'bytes', 'busySeconds'] as const) {
      for (const [at, value] of expected[column].entries()) {
        const found = actual[column][at]!;
        expect(near(found, value), `case ${c}, ${column}[${at}]: ${found} instead of ${value}`).toBe(true);
      }
    }
  }
});

test('at any time no link carries more than it can, and no flow can get more', () => {
  const broken: string[] = [];
  for (let c = 0; c < 1000; c++) {
    const { capacities, messages, speeds } = script(c);
    drive(script(c), (network, now) => {
      const capacity = [...capacities];
      for (const { at, link, factor } of speeds) if (at <= now) capacity[link] = capacities[link]! * factor;
      const used = capacity.map(() => 0);
      const largest = capacity.map(() => 0);
      const flowing = [...messages.keys()].filter((m) => network.isFlowing(m));
      for (const m of flowing) {
        for (const link of messages[m]!.path) {
          used[link]! += network.rateOf(m);
          largest[link] = Math.max(largest[link]!, network.rateOf(m));
        }
      }
      for (const [link, most] of capacity.entries()) {
        if (used[link]! > most * (1 + 1e-9))
          broken.push(`case ${c} at ${now}: link ${link} carries too much`);
      }
      for (const m of flowing) {
        // Max-min fair: each flow has a full link on which none has more.
        const least = network.rateOf(m) * (1 + 1e-9);
        const isBottleneck = (link: number): boolean =>
          used[link]! >= capacity[link]! * (1 - 1e-9) && largest[link]! <= least;
        if (!messages[m]!.path.some(isBottleneck))
          broken.push(`case ${c} at ${now}: message ${m} could get more`);
      }
    });
  }
  expect(broken).toEqual([]);
});

test('twice the capacity halves all times, to the last digit, where there are no latencies', () => {
  for (let c = 0; c < 200; c++) {
    const plain = undisturbed(script(c));
    const fast = drive({
      ...plain,
      capacities: plain.capacities.map((capacity) => 2 * capacity),
      messages: plain.messages.map((message) => ({ ...message, start: message.start / 2 })),
    });
    const slow = drive(plain);
    expect(fast.finish.map((seconds) => 2 * seconds)).toEqual(slow.finish);
    expect(fast.order).toEqual(slow.order);
  }
});

test('a link carries the bytes of all messages that cross it', () => {
  for (let c = 0; c < 200; c++) {
    const plain = undisturbed(script(c));
    const expected = plain.capacities.map(() => 0);
    for (const { path, bytes } of plain.messages) for (const link of path) expected[link]! += bytes;
    for (const [link, bytes] of drive(plain).bytes.entries()) expect(near(bytes, expected[link]!)).toBe(true);
  }
});

test('what an observer is told adds up to what links carried, and changes nothing', () => {
  for (let c = 0; c < 200; c++) {
    const { capacities } = script(c);
    const carried = capacities.map(() => 0);
    const busy = capacities.map(() => 0);
    const since = capacities.map(() => 0);
    const rate = capacities.map(() => 0);
    const sharers = capacities.map(() => 0);
    const observed = drive(script(c), undefined, (link, now, bytesPerSecond, flows) => {
      carried[link]! += rate[link]! * (now - since[link]!);
      if (sharers[link]! > 0) busy[link]! += now - since[link]!;
      since[link] = now;
      rate[link] = bytesPerSecond;
      sharers[link] = flows;
    });
    expect(observed).toEqual(drive(script(c)));
    for (const link of capacities.keys()) {
      expect(sharers[link]).toBe(0);
      expect(near(carried[link]!, observed.bytes[link]!), `case ${c}, link ${link}`).toBe(true);
      expect(near(busy[link]!, observed.busySeconds[link]!), `case ${c}, link ${link}`).toBe(true);
    }
  }
});
