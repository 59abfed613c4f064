import { formatInteger } from '../../base/format.ts';
import { formatBytes, formatPercent } from '../../base/units.ts';
import type {
  DeviceUse,
  PlacementExperiment,
  PlacementRun,
  TrainingExperiment,
  TrainingRun,
} from '../../scenarios/results.ts';
import type { Figure, StacksChart, Table } from '../figure.ts';
import { numbers, text } from '../figure.ts';
import { jobOf, kindOf, shortName } from '../names.ts';
import { percentages } from '../percentages.ts';
import { largestRuns } from '../run-groups.ts';
import { runNames } from '../runs.ts';
import { drawnInWords, foremost, inOrder, placementNames } from './placement-runs.ts';

/** More devices than this in one run are shown as means per job. */
const MOST_ROWS = 10;

/** What devices do with the time of a training run: the largest run of each strategy. */
export function trainingUse(experiment: TrainingExperiment, id: string): Figure | undefined {
  const largest = largestRuns(experiment.runs).filter((run) => run.devices.length > 0);
  if (largest.length === 0) return undefined;
  const nameOf = runNames(experiment.runs);
  return {
    id,
    title: titleOf(largest, nameOf),
    note: 'The largest run of each strategy; the others are in the table. Communication: not computing while a transfer to or from the device is under way. Waiting: neither.',
    chart: stacks(largest.map((run) => ({ title: nameOf(run), devices: run.devices }))),
    tables: [
      useTable(
        experiment.runs.map((run) => ({ title: nameOf(run), devices: run.devices })),
        'Run',
      ),
    ],
    width: 'full',
  };
}

/** The same for one step under each placement. */
export function placementUse(experiment: PlacementExperiment, id: string): Figure {
  const nameOf = placementNames(experiment.runs);
  const panelsOf = (runs: readonly PlacementRun[]) =>
    runs.map((run) => ({ title: nameOf(run), devices: run.devices }));
  return {
    id,
    title: 'What each device does during one step, per placement',
    note: `Communication: not computing while a transfer to or from the device is under way. Waiting: neither.${drawnInWords(experiment.runs)}`,
    chart: stacks(panelsOf(foremost(experiment.runs))),
    tables: [useTable(panelsOf(inOrder(experiment.runs)), 'Placement')],
    width: 'full',
  };
}

/** The links with the greatest loads in the largest run of each strategy. */
export function busiestLinks(experiment: TrainingExperiment, id: string): Figure | undefined {
  const nameOf = runNames(experiment.runs);
  const rows = largestRuns(experiment.runs).flatMap((run) =>
    run.links
      .toSorted((a, b) => b.load - a.load)
      .slice(0, 4)
      .map((link) => ({ run, link })),
  );
  if (rows.length === 0) return undefined;
  const top = rows.reduce((best, row) => (row.link.load > best.link.load ? row : best));
  return {
    id,
    title: `Links: the busiest carries ${formatPercent(top.link.load)} of what it could`,
    note: 'Per direction; the four busiest of the largest run of each strategy.',
    chart: null,
    tables: [
      {
        caption: 'Busiest directions of links',
        columns: [
          text(
            'Run',
            rows.map(({ run }) => nameOf(run)),
          ),
          text(
            'Link',
            rows.map(({ link }) => shortName(link.link)),
            rows.map(({ link }) => link.link),
          ),
          numbers(
            'Load (% of capacity)',
            rows.map(({ link }) => formatPercent(link.load)),
          ),
          numbers(
            'In use (% of time)',
            rows.map(({ link }) => formatPercent(link.busy)),
          ),
          numbers(
            'Carried',
            rows.map(({ link }) => formatBytes(link.bytes)),
          ),
        ],
      },
    ],
    width: 'full',
  };
}

interface UsePanel {
  readonly title: string;
  readonly devices: readonly DeviceUse[];
}

function titleOf(largest: readonly TrainingRun[], nameOf: (run: TrainingRun) => string): string {
  const worst = largest.toSorted((a, b) => waitShare(b) - waitShare(a))[0]!;
  return `Where the time goes: workers do not compute for up to ${formatPercent(waitShare(worst))} of it (${nameOf(worst)})`;
}

/** Mean share that the devices with work spend without computing; of the workers, where some are called so. */
function waitShare(run: TrainingRun): number {
  const active = run.devices.filter(isActive);
  const workers = active.filter((use) => jobOf(use.device) === 'worker');
  const counted = workers.length > 0 ? workers : active;
  return counted.length === 0 ? 0 : 1 - counted.reduce((sum, use) => sum + use.compute, 0) / counted.length;
}

/** Data that only pass through a device (host memory on the way to a GPU) do not make it one of interest. */
const isActive = (use: DeviceUse) => use.compute >= LEAST;

/** A device that computes for less than this share of the time only hands out work. */
const LEAST = 0.001;

function stacks(panels: readonly UsePanel[]): StacksChart {
  return {
    kind: 'stacks',
    x: { label: 'Share of the time (%)', scale: 'linear', include: [0, 1], format: formatPercent },
    parts: [
      { name: 'compute', tone: 'compute' },
      { name: 'communication', tone: 'communication' },
      { name: 'waiting', tone: 'waiting' },
    ],
    panels: panels.map(({ title, devices }) => ({
      title,
      rows: shownDevices(devices).map(({ name, title: full, use }) => ({
        name,
        shares: normalised([use.compute, use.communication, use.waiting]),
        tip: [
          full,
          `compute ${formatPercent(use.compute)}`,
          `communication ${formatPercent(use.communication)}`,
          `waiting ${formatPercent(use.waiting)}`,
        ],
      })),
    })),
  };
}

/** Devices that compute, or where these are many, the mean per job and kind of device. */
function shownDevices(devices: readonly DeviceUse[]) {
  const active = devices.filter(isActive);
  const shown = active.length > 0 ? active : devices;
  if (shown.length <= MOST_ROWS) {
    return shown.map((use) => ({
      name: shortName(use.device, 40),
      title: `${shortName(use.device, 200)} · ${shortName(use.model)}`,
      use,
    }));
  }
  const groups = new Map<string, DeviceUse[]>();
  for (const use of shown) {
    const group = `${jobOf(use.device) || 'device'} ${kindOf(use.device)}`.trim();
    groups.set(group, [...(groups.get(group) ?? []), use]);
  }
  return [...groups].map(([job, uses]) => {
    const average = (share: (use: DeviceUse) => number) =>
      uses.reduce((sum, use) => sum + share(use), 0) / uses.length;
    const name =
      uses.length === 1 ? shortName(uses[0]!.device, 40) : `${shortName(job, 24)}: mean of ${uses.length}`;
    return {
      name,
      title: name,
      use: {
        compute: average((use) => use.compute),
        communication: average((use) => use.communication),
        waiting: average((use) => use.waiting),
      },
    };
  });
}

function normalised(shares: readonly number[]): number[] {
  const sum = shares.reduce((a, b) => a + b, 0);
  return sum > 0
    ? shares.map((share) => share / sum)
    : shares.map((_, i) => (i === shares.length - 1 ? 1 : 0));
}

function useTable(panels: readonly UsePanel[], what: string): Table {
  const rows = panels.flatMap(({ title, devices }) =>
    devices.map((use) => ({
      title,
      use,
      shares: percentages([use.compute, use.communication, use.waiting]),
    })),
  );
  return {
    caption: `All devices: ${formatInteger(rows.length)} rows`,
    columns: [
      text(
        what,
        rows.map(({ title }) => title),
      ),
      text(
        'Device',
        rows.map(({ use }) => shortName(use.device)),
        rows.map(({ use }) => use.device),
      ),
      text(
        'Model',
        rows.map(({ use }) => shortName(use.model)),
      ),
      numbers(
        'Compute (%)',
        rows.map(({ shares }) => shares[0]!),
      ),
      numbers(
        'Communication (%)',
        rows.map(({ shares }) => shares[1]!),
      ),
      numbers(
        'Waiting (%)',
        rows.map(({ shares }) => shares[2]!),
      ),
    ],
  };
}
