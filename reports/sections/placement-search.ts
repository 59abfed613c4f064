import { formatInteger } from '../../base/format.ts';
import type { PlacementExperiment } from '../../scenarios/results.ts';
import type { Figure } from '../figure.ts';
import { numbers, text } from '../figure.ts';
import { objectiveInWords } from './placement-objective.ts';
import { inOrder, MOST_DRAWN, placementNames } from './placement-runs.ts';

/** Placers that evaluate fewer placements choose among some rather than search. */
const SEARCHES_FROM = 20;
/** From this many evaluations on, their axis is logarithmic: the first finds matter most. */
const LOG_EVALUATIONS_FROM = 50;
/** From this ratio of the worst to the best on, the axis of what is found is logarithmic. */
const LOG_FINDS_FROM = 4;

/** The best found so far over evaluations, of the placers that searched. */
export function searchHistory(experiment: PlacementExperiment, id: string): Figure | undefined {
  const searches = inOrder(experiment.runs).flatMap((run) =>
    run.history !== null && run.history.seconds.length > 0 && run.evaluations >= SEARCHES_FROM
      ? [{ run, history: run.history }]
      : [],
  );
  if (searches.length === 0) return undefined;
  const nameOf = placementNames(experiment.runs);
  const { name, format, axis } = objectiveInWords(experiment);
  const found = ({ history }: (typeof searches)[number]): number => history.seconds.at(-1)!;
  const drawn =
    searches.length <= MOST_DRAWN
      ? searches
      : searches.toSorted((a, b) => found(a) - found(b)).slice(0, MOST_DRAWN);
  const finds = drawn.flatMap(({ history }) => history.seconds);
  const [least, most] = [Math.min(...finds), Math.max(...finds)];
  const wide = least > 0 && most / least >= LOG_FINDS_FROM;
  const { label, format: formatTick, perValue } = axis(wide ? least : most);
  const last = Math.max(...drawn.flatMap(({ history }) => history.evaluations));
  const logarithmic = last >= LOG_EVALUATIONS_FROM;
  const lines = drawn.map(({ run, history }, tone) => {
    const kept = history.evaluations.flatMap((count, i) => (logarithmic && count <= 0 ? [] : [i]));
    return {
      name: nameOf(run),
      tone,
      x: kept.map((i) => history.evaluations[i]!),
      y: kept.map((i) => history.seconds[i]! * perValue),
      tips: kept.map((i) => [
        nameOf(run),
        `after ${formatInteger(history.evaluations[i]!)} evaluations`,
        `best ${name.toLowerCase()} ${format(history.seconds[i]!)}`,
      ]),
    };
  });
  const rows = searches.flatMap(({ run, history }) => history.seconds.map((_, i) => ({ run, history, i })));
  const best = drawn.reduce((a, b) => (found(b) < found(a) ? b : a));
  const draws = experiment.runs.some((run) => run.draws.count > 1) ? ', of the draw in the middle' : '';
  const omitted =
    drawn.length < searches.length
      ? ` The ${formatInteger(drawn.length)} of ${formatInteger(searches.length)} searches that found most; all are in the table.`
      : '';
  return {
    id,
    title: `Search: from ${format(best.history.seconds[0]!)} to ${format(found(best))}, by ${nameOf(best.run)}`,
    note: `Best ${name.toLowerCase()} found so far${draws}. An evaluation is one simulated step; placements that do not fit count too, but are not shown.${wide ? ' Both axes are logarithmic.' : ''}${omitted}`,
    chart: {
      kind: 'lines',
      x: {
        label: `Evaluations (count${logarithmic ? ', logarithmic' : ''})`,
        scale: logarithmic ? 'log' : 'linear',
        include: logarithmic ? [1, last] : [0, last],
        format: formatInteger,
      },
      y: {
        label: `Best ${decapitalised(label)}`,
        scale: wide ? 'log' : 'linear',
        include: wide ? [] : [0],
        format: formatTick,
      },
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
            rows.map(({ run }) => nameOf(run)),
          ),
          numbers(
            'Evaluations',
            rows.map(({ history, i }) => formatInteger(history.evaluations[i]!)),
          ),
          numbers(
            `Best ${name.toLowerCase()}`,
            rows.map(({ history, i }) => format(history.seconds[i]!)),
          ),
        ],
      },
    ],
    width: 'half',
  };
}

const decapitalised = (label: string): string => `${label.slice(0, 1).toLowerCase()}${label.slice(1)}`;
