import { formatFactor, formatInteger } from '../../base/format.ts';
import { formatBytes, formatCount, formatPercent, formatSeconds } from '../../base/units.ts';
import type { PlacementExperiment, PlacementRun } from '../../scenarios/results.ts';
import type { Figure } from '../figure.ts';
import { numbers, text } from '../figure.ts';
import { clip, shortName, visible } from '../names.ts';
import { timeUnit } from '../time-unit.ts';

/** From this many evaluations on, their axis is logarithmic: the first finds matter most. */
const LOG_EVALUATIONS_FROM = 50;
const MOST_SCOPES = 200;

/** Of those that fit into memory; of all, where none does. */
export function fastestPlacement(runs: readonly PlacementRun[]): PlacementRun | undefined {
  const fitting = runs.filter((run) => run.outOfMemory === null);
  return (fitting.length > 0 ? fitting : runs).reduce<PlacementRun | undefined>(
    (best, run) => (best === undefined || run.score < best.score ? run : best),
    undefined,
  );
}

/** Which times are of placements that could not be had. */
function asIf(runs: readonly PlacementRun[]): string {
  const unfit = runs.filter((run) => run.outOfMemory !== null);
  if (unfit.length === 0) return '';
  const who =
    unfit.length === runs.length
      ? 'No placement fits into memory'
      : `Too large for memory: ${unfit.map(placementName).join(', ')}`;
  return ` ${who}; timed as if it fitted.`;
}

/** What speed-ups are over: a device that could not hold the model is only imagined. */
export function singleDeviceInWords(runs: readonly PlacementRun[]): string {
  const fits = runs.every((run) => run.placer !== 'single-device' || run.outOfMemory === null);
  return fits ? 'the best single device' : 'a single device, had it enough memory';
}

/** Seconds below which no placement can be. */
export function lowerBound({ bounds }: PlacementExperiment): number {
  return Math.max(...Object.values(bounds));
}

export const placementName = (run: PlacementRun) => shortName(run.label, 60);

/** Placements side by side, with the lower bound. */
export function placements(experiment: PlacementExperiment, id: string): Figure {
  const { runs, bounds, model } = experiment;
  const step = model.trainingFlopsPerSample === null ? 'inference' : 'training step';
  const best = fastestPlacement(runs);
  const bound = lowerBound(experiment);
  const unit = timeUnit(Math.max(bound, ...runs.map((run) => run.stepSeconds)));
  return {
    id,
    title:
      best === undefined
        ? 'Step time per placement'
        : `Step time: ${formatSeconds(best.stepSeconds)}, ${formatFactor(best.speedUp)} as fast as ${singleDeviceInWords(runs)}, by ${placementName(best)}`,
    note: `One ${step} of the whole graph; shorter is better.${asIf(runs)}`,
    chart: {
      kind: 'bars',
      x: { label: `Step time (${unit.name})`, scale: 'linear', include: [0], format: formatCount },
      bars: runs.map((run) => ({
        name: placementName(run),
        value: run.stepSeconds * unit.perSecond,
        shown: formatSeconds(run.stepSeconds),
        best: run === best,
        tip: [
          shortName(run.label, 200),
          `step time ${formatSeconds(run.stepSeconds)}`,
          `speed-up ${formatFactor(run.speedUp)} over ${singleDeviceInWords(runs)}`,
          `${formatBytes(run.transferBytes)} cross devices`,
        ],
      })),
      bound: {
        value: bound * unit.perSecond,
        lines: [`${formatSeconds(bound)}: no placement can be faster`, '(a bound, not a measurement)'],
      },
    },
    tables: [
      {
        caption: 'Placements',
        columns: [
          text(
            'Placement',
            runs.map(placementName),
            runs.map((run) => run.label),
          ),
          numbers(
            'Step time',
            runs.map((run) => formatSeconds(run.stepSeconds)),
          ),
          numbers(
            `Speed-up over ${singleDeviceInWords(runs)}`,
            runs.map((run) => formatFactor(run.speedUp)),
          ),
          numbers(
            'Step time over the bound',
            runs.map((run) => overBound(run, bound)),
          ),
          numbers(
            'Crosses devices',
            runs.map((run) => formatBytes(run.transferBytes)),
          ),
          numbers(
            'Evaluations',
            runs.map((run) => formatInteger(run.evaluations)),
          ),
          text(
            'Note',
            runs.map((run) => shortName(run.note, 80)),
            runs.map((run) => run.note),
          ),
        ],
      },
      {
        caption: 'Lower bounds of the step time: the larger one counts',
        columns: [
          text('Bound', ['critical path', 'area']),
          text('Meaning', [
            'longest chain of dependent operations, each on its fastest device, transfers free',
            'all work spread perfectly over all devices',
          ]),
          numbers('Seconds', [formatSeconds(bounds.criticalPathSeconds), formatSeconds(bounds.areaSeconds)]),
        ],
      },
    ],
    width: 'full',
  };
}

export function overBound(run: PlacementRun, bound: number): string {
  return bound > 0 ? formatFactor(run.stepSeconds / bound) : 'n/a';
}

/** Best step time over evaluations, of the placers that searched. */
export function searchHistory({ runs }: PlacementExperiment, id: string): Figure | undefined {
  const searches = runs.flatMap((run, index) =>
    run.history !== null && run.history.seconds.length > 0 ? [{ run, index, history: run.history }] : [],
  );
  if (searches.length === 0) return undefined;
  const unit = timeUnit(Math.max(...searches.flatMap(({ history }) => history.seconds)));
  const last = Math.max(...searches.flatMap(({ history }) => history.evaluations));
  const logarithmic = last >= LOG_EVALUATIONS_FROM;
  const rows = searches.flatMap(({ run, history }) => history.seconds.map((_, i) => ({ run, history, i })));
  const lines = searches.map(({ run, history }, tone) => {
    const kept = history.evaluations.flatMap((count, i) => (logarithmic && count <= 0 ? [] : [i]));
    return {
      name: placementName(run),
      tone,
      x: kept.map((i) => history.evaluations[i]!),
      y: kept.map((i) => history.seconds[i]! * unit.perSecond),
      tips: kept.map((i) => [
        placementName(run),
        `after ${formatInteger(history.evaluations[i]!)} evaluations`,
        `best step time ${formatSeconds(history.seconds[i]!)}`,
      ]),
    };
  });
  const found = (search: (typeof searches)[number]) => search.history.seconds.at(-1)!;
  const best = searches.reduce((least, search) => (found(search) < found(least) ? search : least));
  return {
    id,
    title: `Search: from ${formatSeconds(best.history.seconds[0]!)} to ${formatSeconds(found(best))}, by ${placementName(best.run)}`,
    note: 'Best step time found so far. An evaluation is one simulated step.',
    chart: {
      kind: 'lines',
      x: {
        label: `Evaluations (count${logarithmic ? ', logarithmic' : ''})`,
        scale: logarithmic ? 'log' : 'linear',
        include: logarithmic ? [1, last] : [0, last],
        format: formatInteger,
      },
      y: { label: `Best step time (${unit.name})`, scale: 'linear', include: [0], format: formatCount },
      curve: 'step',
      symbols: false,
      reference: null,
      legend: lines,
      panels: [{ title: '', series: lines }],
    },
    tables: [
      {
        caption: 'Search history',
        columns: [
          text(
            'Placement',
            rows.map(({ run }) => placementName(run)),
          ),
          numbers(
            'Evaluations',
            rows.map(({ history, i }) => formatInteger(history.evaluations[i]!)),
          ),
          numbers(
            'Best step time',
            rows.map(({ history, i }) => formatSeconds(history.seconds[i]!)),
          ),
        ],
      },
    ],
    width: 'half',
  };
}

/** How many nodes of the graph each device got. */
export function nodesPerDevice({ runs }: PlacementExperiment, id: string): Figure | undefined {
  const devices = runs[0]?.devices ?? [];
  if (devices.length === 0) return undefined;
  const share = (run: PlacementRun, d: number) => {
    const all = run.nodesPerDevice.reduce((sum, count) => sum + count, 0);
    return all === 0 ? 0 : (run.nodesPerDevice[d] ?? 0) / all;
  };
  const used = devices.map((_, d) => d).filter((d) => runs.some((run) => (run.nodesPerDevice[d] ?? 0) > 0));
  return {
    id,
    title: 'Which devices get the operations',
    note: 'Nodes of the graph, whatever their size.',
    chart: {
      kind: 'stacks',
      x: { label: 'Share of the nodes (%)', scale: 'linear', include: [0, 1], format: formatPercent },
      parts: used.map((d, tone) => ({ name: shortName(devices[d]!.device, 40), tone })),
      panels: [
        {
          title: '',
          rows: runs.map((run) => ({
            name: placementName(run),
            shares: used.map((d) => share(run, d)),
            tip: [
              placementName(run),
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
          text('Placement', runs.map(placementName)),
          ...devices.map(({ device }, d) =>
            numbers(
              shortName(device, 60),
              runs.map((run) => formatInteger(run.nodesPerDevice[d] ?? 0)),
            ),
          ),
        ],
      },
      assignments(runs),
    ],
    width: 'half',
  };
}

/** Where the nodes of each scope (first part of the name) went. */
function assignments(runs: readonly PlacementRun[]) {
  const counts = runs.map(({ assignment }) => {
    const scopes = new Map<string, Map<string, number>>();
    for (const [node, device] of Object.entries(assignment)) {
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
          placementName(run),
          scopes.map((scope) => cell(counts[r]!.get(scope))),
        ),
      ),
    ],
  };
}
