import { formatBytes, formatCount, formatPercent, formatSeconds } from '../../base/units.ts';
import type { DeviceMemory, MemoryCurve, OutOfMemory } from '../../scenarios/results.ts';
import type { BarsChart, Figure } from '../figure.ts';
import { numbers, text } from '../figure.ts';
import { clip, shortName, visible } from '../names.ts';
import { timeUnit } from '../time-unit.ts';

interface Run {
  readonly name: string;
  readonly memory: readonly DeviceMemory[];
  readonly outOfMemory: OutOfMemory | null;
}

/** Devices that are emptier are not listed, unless they are the fullest of their run. */
const LEAST_SHARE = 0.01;

/** Of the values at a peak, the rest in a tip. */
const SHOWN_VALUES = 4;

/** Memory against capacity on the fullest device of each kind, and what fills it. */
export function memory(runs: readonly Run[], id: string): Figure | undefined {
  const rows = runs.flatMap((run) => {
    const most = Math.max(...run.memory.map(shareOf));
    // Nearly empty devices say nothing.
    return run.memory
      .filter((device) => shareOf(device) >= Math.min(most, LEAST_SHARE))
      .map((device) => ({ run: run.name, ...device }));
  });
  if (rows.length === 0) return undefined;
  const failed = runs.filter((run) => run.outOfMemory !== null);
  const fullest = rows.reduce((most, row) => (shareOf(row) > shareOf(most) ? row : most));
  return {
    id,
    title:
      failed.length > 0
        ? `Memory: ${failed.length === 1 ? `${clip(visible(failed[0]!.name), 80)} does` : `${failed.length} runs do`} not fit`
        : `Memory: all fit; ${clip(visible(fullest.model), 60)} is fullest at ${formatPercent(shareOf(fullest))}`,
    note: 'The fullest device of each job and model, where it is at least 1 % full. A value is live from the start of the op that makes it to the end of the last op that reads it; the footprint adds what the runtime reserves and its allocator wastes.',
    chart: bars(runs),
    restsOn: 'memory',
    tables: [
      {
        caption: 'Peak memory against capacity',
        columns: [
          text(
            'Run',
            rows.map((row) => clip(visible(row.run), 80)),
          ),
          text(
            'Device',
            rows.map((row) => shortName(row.device)),
            rows.map((row) => visible(row.device)),
          ),
          numbers(
            'Variables',
            rows.map((row) => formatBytes(row.residentBytes)),
          ),
          numbers(
            'Peak',
            rows.map((row) => formatBytes(row.peakBytes)),
          ),
          numbers(
            'Footprint',
            rows.map((row) => formatBytes(row.footprintBytes)),
          ),
          numbers(
            'Capacity',
            rows.map((row) => formatBytes(row.capacityBytes)),
          ),
          numbers(
            'Used (%)',
            rows.map((row) => formatPercent(shareOf(row))),
          ),
          text(
            'Largest values at the peak',
            rows.map((row) => largest(row, SHOWN_VALUES)),
            rows.map((row) => largest(row)),
          ),
        ],
      },
      ...(failed.length === 0
        ? []
        : [
            {
              caption: 'What did not fit',
              columns: [
                text(
                  'Run',
                  failed.map((run) => clip(visible(run.name), 80)),
                ),
                text(
                  'Device',
                  failed.map((run) => shortName(run.outOfMemory!.device)),
                  failed.map((run) => visible(run.outOfMemory!.device)),
                ),
                text(
                  'Node that asked',
                  failed.map((run) => clip(visible(run.outOfMemory!.node ?? 'variables'), 80)),
                ),
                numbers(
                  'Asked for',
                  failed.map((run) => formatBytes(run.outOfMemory!.bytes)),
                ),
                numbers(
                  'In use',
                  failed.map((run) => formatBytes(run.outOfMemory!.usedBytes)),
                ),
                numbers(
                  'Capacity',
                  failed.map((run) => formatBytes(run.outOfMemory!.capacityBytes)),
                ),
                text(
                  'What would fit',
                  failed.map((run) => clip(visible(run.outOfMemory!.remedies.join('; ')), 200)),
                ),
              ],
            },
          ]),
    ],
    width: 'full',
  };
}

const shareOf = ({ footprintBytes, capacityBytes }: DeviceMemory): number => footprintBytes / capacityBytes;

/** The first so many, their names shortened; all in full where no number is given. */
const largest = ({ largest: values }: DeviceMemory, shown?: number): string =>
  values
    .slice(0, shown)
    .map(
      ({ name, bytes }) =>
        `${shown === undefined ? visible(name) : clip(visible(name), 40)} (${formatBytes(bytes)})`,
    )
    .join(', ');

/** Bars of more runs than these are too many to read. */
const MOST_BARS = 12;

/** The fullest device of each run against what it has; the fullest runs where they are many. */
function bars(runs: readonly Run[]): BarsChart {
  const fullest = runs
    .filter(({ memory }) => memory.length > 0)
    .map(({ name, memory, outOfMemory }) => ({
      name: clip(visible(name), 80),
      fits: outOfMemory === null,
      device: memory.reduce((most, device) => (shareOf(device) > shareOf(most) ? device : most)),
    }));
  const shown =
    fullest.length <= MOST_BARS
      ? fullest
      : fullest.toSorted((a, b) => shareOf(b.device) - shareOf(a.device)).slice(0, MOST_BARS);
  return {
    kind: 'bars',
    x: {
      label: 'Footprint on the fullest device (% of its memory)',
      scale: 'linear',
      include: [0, 1],
      format: formatPercent,
    },
    bars: shown.map(({ name, fits, device }) => ({
      name,
      value: shareOf(device),
      shown: `${formatBytes(device.footprintBytes)} (${formatPercent(shareOf(device))})`,
      best: false,
      ...(!fits && { hollow: true as const }),
      tip: [
        name,
        `${shortName(device.device, 60)} · ${shortName(device.model, 60)}`,
        `${formatBytes(device.footprintBytes)} of ${formatBytes(device.capacityBytes)}`,
        `variables ${formatBytes(device.residentBytes)}, at the peak ${formatBytes(device.peakBytes)}`,
        ...(device.largest.length === 0 ? [] : [`largest: ${largest(device, SHOWN_VALUES)}`]),
      ],
    })),
    bound: { value: 1, lines: ['100 %: what the device has'] },
  };
}

/** Live bytes over one step. */
export function memoryOverTime(curves: readonly MemoryCurve[], id: string): Figure | undefined {
  if (curves.length === 0) return undefined;
  const most = curves.map(({ bytes }) => Math.max(0, ...bytes));
  const longest = Math.max(...curves.map(({ seconds }) => seconds.at(-1) ?? 0));
  const unit = timeUnit(longest);
  const names = curves.map(({ device }) => shortName(visible(device), 40));
  const fullest = most.indexOf(Math.max(...most));
  return {
    id,
    restsOn: 'memory',
    title: `Memory over a step: at most ${formatBytes(most[fullest]!)} live, on ${names[fullest]}`,
    note: 'Variables included; the most that was live in each of at most 400 equal spans of time.',
    chart: {
      kind: 'lines',
      x: {
        label: `Time since the step began (${unit.name})`,
        scale: 'linear',
        include: [0],
        format: formatCount,
      },
      y: { label: 'Live memory (bytes)', scale: 'linear', include: [0], format: formatBytes },
      curve: 'step',
      symbols: false,
      reference: null,
      legend: names.map((name, tone) => ({ name, tone })),
      panels: [
        {
          title: '',
          series: curves.map(({ seconds, bytes, capacityBytes }, tone) => ({
            name: names[tone]!,
            tone,
            x: seconds.map((second) => second * unit.perSecond),
            y: bytes,
            tips: seconds.map((second, i) => [
              names[tone]!,
              `${formatBytes(bytes[i]!)} of ${formatBytes(capacityBytes)}`,
              `after ${formatSeconds(second)}`,
            ]),
          })),
        },
      ],
    },
    tables: [
      {
        caption: 'Live memory over the step',
        columns: [
          text('Device', names),
          numbers(
            'At most',
            most.map((bytes) => formatBytes(bytes)),
          ),
          numbers(
            'After',
            curves.map(({ seconds, bytes }, i) => formatSeconds(seconds[bytes.indexOf(most[i]!)] ?? 0)),
          ),
          numbers(
            'Capacity',
            curves.map(({ capacityBytes }) => formatBytes(capacityBytes)),
          ),
        ],
      },
    ],
    width: 'full',
  };
}
