import { formatInteger } from '../../base/format.ts';
import { formatPercent } from '../../base/units.ts';
import type { PlacementExperiment, PlacementRun } from '../../scenarios/results.ts';
import type { Figure } from '../figure.ts';
import { numbers, text } from '../figure.ts';
import { clip, shortName, visible } from '../names.ts';
import { drawnInWords, foremost, inOrder, placementNames } from './placement-runs.ts';

const MOST_SCOPES = 200;

/** How many nodes of the graph each device got. */
export function nodesPerDevice(experiment: PlacementExperiment, id: string): Figure | undefined {
  const runs = inOrder(experiment.runs);
  const drawn = foremost(experiment.runs);
  const nameOf = placementNames(runs);
  const devices = runs[0]?.devices ?? [];
  if (devices.length === 0) return undefined;
  const share = (run: PlacementRun, d: number) => {
    const all = run.nodesPerDevice.reduce((sum, count) => sum + count, 0);
    return all === 0 ? 0 : (run.nodesPerDevice[d] ?? 0) / all;
  };
  const used = devices.map((_, d) => d).filter((d) => drawn.some((run) => (run.nodesPerDevice[d] ?? 0) > 0));
  return {
    id,
    title: 'Which devices get the operations',
    note: `Nodes of the graph, whatever their size.${drawnInWords(runs)}`,
    chart: {
      kind: 'stacks',
      x: { label: 'Share of the nodes (%)', scale: 'linear', include: [0, 1], format: formatPercent },
      parts: used.map((d, tone) => ({ name: shortName(devices[d]!.device, 40), tone })),
      panels: [
        {
          title: '',
          rows: drawn.map((run) => ({
            name: nameOf(run),
            shares: used.map((d) => share(run, d)),
            tip: [
              nameOf(run),
              ...used.map(
                (d) =>
                  `${shortName(devices[d]!.device, 60)}: ${formatInteger(run.nodesPerDevice[d] ?? 0)} nodes`,
              ),
            ],
          })),
        },
      ],
    },
    tables: [
      {
        caption: 'Nodes per device',
        columns: [
          text('Placement', runs.map(nameOf)),
          ...devices.map(({ device }, d) =>
            numbers(
              shortName(device, 60),
              runs.map((run) => formatInteger(run.nodesPerDevice[d] ?? 0)),
            ),
          ),
        ],
      },
      assignments(experiment),
    ],
    width: 'half',
  };
}

/** Where the nodes of each scope (first part of the name) went. */
function assignments({ nodes, runs }: PlacementExperiment) {
  const nameOf = placementNames(runs);
  const counts = runs.map(({ deviceOf, devices: all }) => {
    const scopes = new Map<string, Map<string, number>>();
    for (const [i, node] of nodes.entries()) {
      const device = all[deviceOf[i]!]?.device ?? '';
      const scope = node.split('/', 1)[0]!;
      const devices = scopes.get(scope) ?? new Map<string, number>();
      scopes.set(scope, devices.set(device, (devices.get(device) ?? 0) + 1));
    }
    return scopes;
  });
  const all = [...new Set(counts.flatMap((scopes) => [...scopes.keys()]))];
  const scopes = all.slice(0, MOST_SCOPES);
  const more =
    all.length > scopes.length ? `; the first ${scopes.length} of ${formatInteger(all.length)}` : '';
  const cell = (devices: Map<string, number> | undefined) =>
    [...(devices ?? [])]
      .map(([device, count]) => `${shortName(device, 60)} (${formatInteger(count)})`)
      .join(', ') || '–';
  return {
    caption: `Devices and number of nodes per scope of the graph${more}`,
    columns: [
      text(
        'Scope',
        scopes.map((scope) => clip(visible(scope), 80)),
        scopes,
      ),
      ...runs.map((run, r) =>
        text(
          nameOf(run),
          scopes.map((scope) => cell(counts[r]!.get(scope))),
        ),
      ),
    ],
  };
}
