import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type RandomStream, stream } from '../../../base/random.ts';
import { drive } from './drive.ts';
import { type Message, naiveFluid, type Script, type SpeedChange } from './max-min.ts';

const oracles = '../shared/oracles/network.json';

interface OracleCase {
  readonly id: string;
  readonly capacities: number[];
  readonly flows: { path: number[]; bytes: number; start: number; finish: number }[];
}

describe.skipIf(!existsSync(oracles))('published cases of max-min sharing', () => {
  const cases = existsSync(oracles)
    ? (JSON.parse(readFileSync(oracles, 'utf8')) as { cases: OracleCase[] }).cases
    : [];
  test.each(cases)('$id', ({ capacities, flows }) => {
    const latencies = capacities.map(() => 0);
    const { finish } = drive({ capacities, latencies, messages: flows, speeds: [] });
    for (const [m, flow] of flows.entries()) expect(finish[m]! / flow.finish).toBeCloseTo(1, 9);
  });
});

const near = (a: number, b: number): boolean => Object.is(a, b) || Math.abs(a - b) <= 1e-9 * Math.min(a, b);

/** Random links, routes of 1 to 5 of them, messages that start, end and are given up at any time. */
function randomScript(random: RandomStream, most: number): Script {
  const links = 1 + random.below(12);
  // Few distinct values make ties and equal shares; many make none.
  const plain = random.uniform() < 0.5;
  const value = (): number => (plain ? 1 + random.below(4) : Math.exp(4 * random.uniform()));
  const capacities = Array.from({ length: links }, () => 100 * value());
  const latencies = capacities.map(() => (random.uniform() < 0.3 ? 0 : 0.1 * value()));
  const routes = Array.from({ length: 1 + random.below(20) }, () => {
    const path = new Set<number>();
    for (let hop = random.below(5); hop >= 0; hop--) path.add(random.below(links));
    return [...path];
  });
  const count = 1 + random.below(most);
  const crowd = 1 + random.below(60);
  const messages = Array.from({ length: count }, (): Message => {
    const start = plain ? random.below(count / crowd + 1) : (count / crowd) * random.uniform();
    const path = routes[random.below(routes.length)]!;
    const bytes = random.uniform() < 0.03 ? 0 : 50 * value();
    return random.uniform() < 0.1
      ? { path, bytes, start, cancel: start + random.uniform() }
      : { path, bytes, start };
  });
  const speeds: SpeedChange[] = [];
  for (let link = 0; link < links; link++) {
    if (random.uniform() < 0.7) continue;
    let at = 0;
    for (let change = random.below(4); change > 0; change--) {
      at += 3 * random.uniform();
      speeds.push({ at, link, factor: random.uniform() < 0.2 ? 0 : 2 * random.uniform() });
    }
    // All links are up in the end, so that all messages arrive.
    speeds.push({ at: at + 1, link, factor: 0.5 });
  }
  return { capacities, latencies, messages, speeds };
}

test('1,000 random networks: as solved from scratch at every event, flow by flow', () => {
  for (let c = 0; c < 1000; c++) {
    const script = randomScript(stream(1, 'fluid', c), c % 20 === 0 ? 500 : 60);
    const expected = naiveFluid(script);
    const actual = drive(script);
    for (const [m, finish] of expected.finish.entries()) {
      expect(
        near(actual.finish[m]!, finish),
        `case ${c}, message ${m}: ${actual.finish[m]} for ${finish}`,
      ).toBe(true);
    }
    for (const [link, bytes] of expected.bytes.entries()) {
      expect(
        near(actual.bytes[link]!, bytes),
        `case ${c}, link ${link}: ${actual.bytes[link]} bytes for ${bytes}`,
      ).toBe(true);
      expect(
        near(actual.busySeconds[link]!, expected.busySeconds[link]!),
        `case ${c}, link ${link}: seconds`,
      ).toBe(true);
    }
  }
});
