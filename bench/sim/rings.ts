import { timed } from './child.ts';
import type { RingFigures } from './figures.ts';

/** Ring all-reduces at scale: everything that a user waits for, from nothing. None of it in a quick run. */
export async function ringFigures(quick: boolean): Promise<RingFigures[]> {
  if (quick) return [];
  const { count, makespan, buildSeconds, coldSeconds } = await timed({
    dag: 'ring, 1024',
    count: 2 * 1024 * 1023,
    network: 'fluid',
  });
  return [
    { ranks: 1024, how: 'flow by flow', transfers: count, seconds: buildSeconds + coldSeconds, makespan },
  ];
}
