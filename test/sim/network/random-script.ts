import type { RandomStream } from '../../../base/random.ts';
import type { Message, Script, SpeedChange } from './max-min.ts';

/**
 * Random links, routes of 1 to 5 of them, and 1 to `most` messages that start, end and are given up at any time. Half
 * of all scripts draw from few distinct values, which makes ties and equal shares.
 */
export function randomScript(random: RandomStream, most: number): Script {
  const links = 1 + random.below(12);
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
  const span = count / (1 + random.below(60));
  const messages = Array.from({ length: count }, (): Message => {
    const start = plain ? random.below(span + 1) : span * random.uniform();
    const path = routes[random.below(routes.length)]!;
    const bytes = random.uniform() < 0.03 ? 0 : 50 * value();
    const givenUp = random.uniform() < 0.1;
    return givenUp ? { path, bytes, start, cancel: start + random.uniform() } : { path, bytes, start };
  });
  const speeds: SpeedChange[] = [];
  for (let link = 0; link < links; link++) {
    if (random.uniform() < 0.7) continue;
    let at = 0;
    for (let change = random.below(4); change > 0; change--) {
      at += 3 * random.uniform();
      speeds.push({ at, link, factor: random.uniform() < 0.2 ? 0 : 2 * random.uniform() });
    }
    // Up in the end, so that all messages arrive.
    speeds.push({ at: at + 1, link, factor: 0.5 });
  }
  return { capacities, latencies, messages, speeds };
}

/** The same without what a message meets besides other messages. */
export const undisturbed = ({ capacities, latencies, messages }: Script): Script => ({
  capacities,
  latencies: latencies.map(() => 0),
  messages: messages.map(({ path, bytes, start }) => ({ path, bytes, start })),
  speeds: [],
});
