import { stream } from '../../base/random.ts';
import type { Cluster } from '../../devices/cluster.ts';
import { alternation } from './alternation.ts';
import type { Change } from './disturbances.ts';
import { linksLike } from './pattern.ts';

/** Links that run below their bandwidth throughout, such as after a lane has failed. */
export interface SlowLinks {
  /** e.g. `worker/3 -> switch`, `worker/* <-> switch` */
  readonly link: string;
  /** Share of the bandwidth that is left. */
  readonly factor: number;
}

export function* slowLinks({ link: text, factor }: SlowLinks, { links }: Cluster): Generator<Change> {
  for (const link of linksLike(text, links)) yield { kind: 'link-speed', seconds: 0, link, factor };
}

/** Links that fail and recover by turns. */
export interface FlappingLinks {
  readonly link: string;
  /** Mean seconds up, and down; both exponentially distributed. */
  readonly upSeconds: number;
  readonly downSeconds: number;
  /** Share of the bandwidth that is left while it is down. */
  readonly factor: number;
}

/** Each direction by itself, from a stream of its name. */
export function flappingLinks(
  { link: text, upSeconds, downSeconds, factor }: FlappingLinks,
  { links }: Cluster,
  seed: number | string,
): Iterator<Change>[] {
  function* turns(link: number): Generator<Change> {
    const random = stream(seed, 'flap', links[link]!.name);
    for (const { seconds, well } of alternation(random, upSeconds, downSeconds)) {
      yield { kind: 'link-speed', seconds, link, factor: well ? 1 : factor };
    }
  }
  return linksLike(text, links).map(turns);
}
