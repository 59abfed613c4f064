import { formatPercent } from '../../base/units.ts';
import type { PlacedGraph, PlacedScope } from '../../scenarios/results.ts';
import type { Tone } from '../figure.ts';
import { shortName } from '../names.ts';

/** Colours and letters that a reader can keep apart. */
const MOST_DEVICES = 16;
const LETTERS = 'ABCDEFGHIJKLMNOP';
/** Letters in one box. */
const MOST_LETTERS = 2;

/** A device in the drawing of a graph, or all that have no colour of their own. */
export interface DrawnDevice {
  readonly letter: string;
  readonly name: string;
  readonly tone: Tone | 'muted';
  /** Which devices of the graph it stands for. */
  readonly devices: readonly number[];
}

/** The devices with most nodes, in the order of the graph; of more than 16, the last stands for all others. */
export function drawnDevices({ devices, scopes }: Pick<PlacedGraph, 'devices' | 'scopes'>): DrawnDevice[] {
  const nodes = devices.map((_, d) =>
    scopes.reduce((sum, { nodesPerDevice }) => sum + (nodesPerDevice[d] ?? 0), 0),
  );
  const ranked = devices.map((_, d) => d).sort((a, b) => nodes[b]! - nodes[a]! || a - b);
  const own = new Set(devices.length > MOST_DEVICES ? ranked.slice(0, MOST_DEVICES - 1) : ranked);
  const drawn = devices.flatMap((_, d) => (own.has(d) ? [d] : []));
  const others = devices.flatMap((_, d) => (own.has(d) ? [] : [d]));
  return [
    ...drawn.map(
      (d, tone): DrawnDevice => ({
        letter: LETTERS[tone]!,
        name: shortName(devices[d]!, 60),
        tone,
        devices: [d],
      }),
    ),
    ...(others.length === 0
      ? []
      : [
          {
            letter: '*',
            name: `${others.length} other devices`,
            tone: 'muted' as const,
            devices: others,
          },
        ]),
  ];
}

/** Which devices the nodes of a scope are on, the most first. */
export function deviceShares(
  { nodes, nodesPerDevice }: PlacedScope,
  drawn: readonly DrawnDevice[],
): {
  readonly parts: readonly { readonly share: number; readonly tone: Tone | 'muted' }[];
  readonly letters: readonly string[];
  readonly words: string;
} {
  const all = Math.max(1, nodes);
  const present = drawn
    .map((device) => ({
      ...device,
      share: device.devices.reduce((sum, d) => sum + (nodesPerDevice[d] ?? 0), 0) / all,
    }))
    .filter(({ share }) => share > 0)
    .sort((a, b) => b.share - a.share);
  const letters = present.map(({ letter }) => letter);
  return {
    parts: present.map(({ share, tone }) => ({ share, tone })),
    letters: letters.length > MOST_LETTERS ? [letters[0]!, '…'] : letters,
    words: present.map(({ name, share }) => `${name} ${formatPercent(share)}`).join(', '),
  };
}
