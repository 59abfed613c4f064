import { formatCount, formatPercent, formatSeconds } from '../../base/units.ts';
import type { PlacementExperiment, PlacementRobustness, PlacementRun } from '../../scenarios/results.ts';
import type { Figure, StripsChart } from '../figure.ts';
import { numbers, text } from '../figure.ts';
import { timeUnit } from '../time-unit.ts';
import { inOrder, placementNames } from './placement-runs.ts';

/** How wrong operations' times are taken to be, and how often drawn: the constants of scenarios/placement-robustness.ts, … */
const SPREAD = '1 ± 20 %';
/** … which would bring the simulator into the page if they were imported. A test holds them together. */
export const DRAWS = 25;
/** Placements that take more than so many times as long as the fastest will not become the fastest: they are not drawn. */
const DRAWN_WITHIN = 2;
/** Tone of what is at half the bandwidth. */
const HALF = 3;

interface Tested {
  readonly run: PlacementRun;
  readonly name: string;
  readonly stands: PlacementRobustness;
}

/** How placements stand up to a cost model that is wrong. */
export function robustness({ runs }: PlacementExperiment, id: string): Figure | undefined {
  const nameOf = placementNames(runs);
  const tested = inOrder(runs).flatMap((run): Tested[] =>
    run.robustness === null ? [] : [{ run, name: nameOf(run), stands: run.robustness }],
  );
  const fitting = tested.filter(({ run }) => run.outOfMemory === null);
  if (fitting.length < 2) return undefined;
  const fastest = Math.min(...fitting.map(({ run }) => run.stepSeconds));
  const drawn = fitting.filter(({ run }) => run.stepSeconds <= DRAWN_WITHIN * fastest);
  const omitted =
    drawn.length < tested.length
      ? ` What does not fit or takes more than ${DRAWN_WITHIN} times as long as the fastest is only in the table.`
      : '';
  return {
    id,
    title: titleOf(fitting),
    note: `Step times where each operation takes ${SPREAD} as long, ${DRAWS} times, the same for all placements: bars reach from the shortest to the longest, the mark in them is the median. Placements are not made anew for the changed times.${omitted}`,
    chart: chartOf(drawn),
    tables: [
      {
        caption: `Step times if costs are wrong: each operation takes ${SPREAD} as long (${DRAWS} draws), or all links have half their bandwidth`,
        columns: [
          text(
            'Placement',
            tested.map(({ name }) => name),
            tested.map(({ run }) => run.label),
          ),
          numbers(
            'As predicted',
            tested.map(({ run }) => formatSeconds(run.stepSeconds)),
          ),
          numbers(
            'Median',
            tested.map(({ stands }) => formatSeconds(stands.medianSeconds)),
          ),
          numbers(
            'Least – most',
            tested.map(
              ({ stands }) => `${formatSeconds(stands.leastSeconds)} – ${formatSeconds(stands.mostSeconds)}`,
            ),
          ),
          numbers(
            'None faster in (% of draws)',
            tested.map(({ stands }) => formatPercent(stands.firstShare)),
          ),
          numbers(
            'Half the bandwidth',
            tested.map(({ stands }) => formatSeconds(stands.halfBandwidthSeconds)),
          ),
          numbers(
            'Longer by',
            tested.map(({ run, stands }) =>
              run.stepSeconds > 0 ? formatPercent(stands.halfBandwidthSeconds / run.stepSeconds - 1) : 'n/a',
            ),
          ),
        ],
      },
    ],
    width: 'full',
  };
}

/** Which is first most often where operations' times are wrong, and which at half the bandwidth. */
function titleOf(fitting: readonly Tested[]): string {
  const often = fitting.reduce((a, b) => (b.stands.firstShare > a.stands.firstShare ? b : a));
  const slow = fitting.reduce((a, b) =>
    b.stands.halfBandwidthSeconds < a.stands.halfBandwidthSeconds ? b : a,
  );
  const first = `Operations' times off by up to 20 %: ${often.name} has the shortest step in ${Math.round(often.stands.firstShare * DRAWS)} of ${DRAWS} draws`;
  return slow.stands.halfBandwidthSeconds >= often.stands.halfBandwidthSeconds
    ? `${first}, and at half the bandwidth`
    : `${first}; at half the bandwidth ${slow.name} has`;
}

function chartOf(drawn: readonly Tested[]): StripsChart {
  const times = drawn.flatMap(({ stands }) => [
    stands.leastSeconds,
    stands.mostSeconds,
    stands.halfBandwidthSeconds,
  ]);
  const [least, most] = [Math.min(...times), Math.max(...times)];
  const unit = timeUnit(most);
  return {
    kind: 'strips',
    x: {
      label: `Step time (${unit.name})`,
      scale: 'linear',
      include: [least, most].map((seconds) => seconds * unit.perSecond),
      format: formatCount,
    },
    ideal: null,
    bars: { name: `operations take ${SPREAD} as long`, tone: 0 },
    legend: [{ name: 'at half the bandwidth', tone: HALF }],
    rows: drawn.map(({ run, name, stands }) => ({
      name,
      median: stands.medianSeconds * unit.perSecond,
      middle: [stands.leastSeconds * unit.perSecond, stands.mostSeconds * unit.perSecond] as const,
      points: [
        {
          x: stands.halfBandwidthSeconds * unit.perSecond,
          tone: HALF,
          tip: [
            name,
            `step time ${formatSeconds(run.stepSeconds)} as predicted`,
            `${formatSeconds(stands.leastSeconds)} to ${formatSeconds(stands.mostSeconds)} if operations take ${SPREAD} as long`,
            `none faster in ${formatPercent(stands.firstShare)} of draws`,
            `${formatSeconds(stands.halfBandwidthSeconds)} at half the bandwidth`,
          ],
        },
      ],
    })),
  };
}
