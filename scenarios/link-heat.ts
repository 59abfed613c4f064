import type { Cluster } from '../devices/cluster.ts';
import type { Simulation } from '../sim/simulation.ts';
import type { LinkHeat } from './results.ts';

/** Directions of links that are listed, and stretches of time. */
const SHOWN_LINKS = 48;
const STRETCHES = 120;

/** What links carried while the simulation was recorded; null where that is nothing. */
export function linkHeat(
  of: string,
  cluster: Cluster,
  { linkLoads, recorded: { from, until } }: Pick<Simulation, 'linkLoads' | 'recorded'>,
): LinkHeat | null {
  const seconds = until - from;
  const width = seconds / STRETCHES;
  const cells = new Map<number, Float64Array>();
  const bytes = new Float64Array(cluster.links.length);
  const busy = new Float64Array(cluster.links.length);
  for (let row = 0; row < linkLoads.length; row++) {
    const link = linkLoads.link[row]!;
    const [start, end] = [Math.max(linkLoads.start[row]!, from), Math.min(linkLoads.end[row]!, until)];
    if (end <= start) continue;
    const rate = linkLoads.bytes[row]! / (linkLoads.end[row]! - linkLoads.start[row]!);
    let ofLink = cells.get(link);
    if (ofLink === undefined) {
      ofLink = new Float64Array(STRETCHES);
      cells.set(link, ofLink);
    }
    bytes[link]! += rate * (end - start);
    busy[link]! += end - start;
    const last = Math.min(STRETCHES - 1, Math.floor((end - from) / width));
    for (let cell = Math.min(last, Math.floor((start - from) / width)); cell <= last; cell++) {
      const [a, b] = [from + cell * width, cell === STRETCHES - 1 ? until : from + (cell + 1) * width];
      ofLink[cell]! += rate * Math.max(0, Math.min(end, b) - Math.max(start, a));
    }
  }
  const carrying = [...cells.keys()].filter((link) => bytes[link]! > 0);
  if (carrying.length === 0) return null;
  const shown = carrying.sort((a, b) => bytes[b]! - bytes[a]! || a - b).slice(0, SHOWN_LINKS);
  return {
    of,
    seconds,
    links: shown.map((link) => cluster.links[link]!.name),
    bytes: shown.map((link) => bytes[link]!),
    busy: shown.map((link) => Math.min(1, busy[link]! / seconds)),
    load: shown.map((link) => {
      const capacity = cluster.links[link]!.model.bytesPerSecond.value * width;
      return Array.from(cells.get(link)!, (carried) => millionths(Math.min(1, carried / capacity)));
    }),
    others: carrying.length - shown.length,
  };
}

/** More digits would only fill the file. */
const millionths = (share: number): number => Math.round(share * 1e6) / 1e6;
