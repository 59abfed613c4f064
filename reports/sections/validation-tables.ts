import { formatFactor, formatInteger } from '../../base/format.ts';
import { formatPercent } from '../../base/units.ts';
import type { Score, ValidatedPoint, Validation } from '../../scenarios/validation.ts';
import { type Column, numbers, type Table, text } from '../figure.ts';
import { clip, visible } from '../names.ts';
import { errorText, valueText } from './validated-points.ts';

export function sourcesTable({ sources, points }: Validation): Table {
  return {
    caption: 'Sources: error is the mean of |predicted / measured − 1| over the points that count',
    sortable: true,
    columns: [
      text(
        'Source',
        sources.map(({ source }) => source),
        sources.map(({ title }) => title),
      ),
      ...scoreColumns(sources, points),
      numbers(
        'Not counted',
        sources.map(({ statuses: { fitted, anchor, ordering } }) =>
          formatInteger(fitted + anchor + ordering),
        ),
        sources.map(({ statuses: { fitted, anchor, ordering } }) => fitted + anchor + ordering),
      ),
      numbers(
        'Failed',
        sources.map(({ statuses }) => formatInteger(statuses.failed)),
        sources.map(({ statuses }) => statuses.failed),
      ),
    ],
  };
}

export function kindsTable({ kinds, total, points }: Validation): Table {
  const rows = [
    ...kinds,
    { ...total, kind: 'all', sources: new Set(points.map(({ source }) => source)).size },
  ];
  return {
    caption: 'Kinds of questions',
    columns: [
      text(
        'Kind',
        rows.map(({ kind }) => kind),
      ),
      numbers(
        'Sources',
        rows.map(({ sources }) => formatInteger(sources)),
      ),
      ...scoreColumns(rows, points),
    ],
  };
}

export function claimsTable({ sources, points }: Validation): Table {
  const rows = sources.flatMap(({ source, claims }) => claims.map((claim) => ({ ...claim, source })));
  return {
    caption: 'Claims, with where their points were read',
    sortable: true,
    columns: [
      text(
        'Source',
        rows.map(({ source }) => source),
      ),
      text(
        'Claim',
        rows.map(({ claim }) => clip(visible(claim), 60)),
        rows.map(({ what }) => what),
      ),
      text(
        'Kind',
        rows.map(({ kind }) => kind),
      ),
      ...scoreColumns(rows, points),
      numbers(
        'Bound',
        rows.map(({ boundPercent, holds }) =>
          boundPercent === null ? '–' : `${boundPercent} %${holds ? '' : ' (over)'}`,
        ),
        rows.map(({ boundPercent }) => boundPercent),
      ),
      text(
        'Provenance',
        rows.map(({ provenance }) => clip(visible(provenance), 160)),
        rows.map(({ provenance }) => provenance),
      ),
    ],
  };
}

export function coverageTable({ coverage: { of, confidence } }: Validation): Table {
  return {
    caption: `How often ${formatPercent(confidence)} intervals, learnt from all other sources, hold a measurement`,
    columns: [
      text(
        'Question',
        of.map(({ question }) => question),
      ),
      numbers(
        'Points',
        of.map(({ points }) => formatInteger(points)),
      ),
      numbers(
        'Sources',
        of.map(({ sources }) => formatInteger(sources)),
      ),
      numbers(
        'Within',
        of.map(({ covered }) => formatPercent(covered)),
      ),
      numbers(
        'High / low',
        of.map(({ width }) => formatFactor(width)),
      ),
    ],
  };
}

/** Every point, with all that is known of it. */
export function pointsTable({ points }: Validation): Table {
  const column = (header: string, of: (point: ValidatedPoint) => string, most = 80): Column => {
    const full = points.map((point) => visible(of(point)));
    return text(
      header,
      full.map((cell) => clip(cell, most)),
      full,
    );
  };
  const number = (
    header: string,
    of: (point: ValidatedPoint) => number | null,
    show: (value: number, point: ValidatedPoint) => string,
  ): Column => {
    const values = points.map(of);
    return numbers(
      header,
      values.map((value, i) => (value === null ? '–' : show(value, points[i]!))),
      values,
    );
  };
  const errorBy = (key: 'predicted' | 'constant' | 'roofline') => (point: ValidatedPoint) =>
    point[key] === null ? null : point[key] / point.measured;
  return {
    caption: 'Every point',
    sortable: true,
    columns: [
      column('Source', ({ source }) => source),
      column('Claim', ({ claim }) => claim, 60),
      column('Point', ({ label }) => label, 120),
      column('Kind', ({ kind }) => kind),
      column('Device', ({ device }) => device),
      number('Devices', ({ devices }) => devices, formatInteger),
      column('Metric', ({ metric }) => metric.replaceAll('_', ' ')),
      number(
        'Measured',
        ({ measured }) => measured,
        (value, point) => valueText(point, value),
      ),
      number(
        'Predicted',
        ({ predicted }) => predicted,
        (value, point) => valueText(point, value),
      ),
      number('Error', errorBy('predicted'), errorText),
      text(
        '80 % interval',
        points.map((point) =>
          point.interval === null
            ? '–'
            : `${valueText(point, point.interval[0])} to ${valueText(point, point.interval[1])}`,
        ),
      ),
      number('Error of one constant', errorBy('constant'), errorText),
      number('Error of a roofline', errorBy('roofline'), errorText),
      { header: 'Status', kind: 'badge', cells: points.map(({ status }) => status) },
      column('From', ({ anchored }) => (anchored ? 'measured single device' : 'catalog')),
      column('Why it failed', ({ why }) => why, 120),
    ],
  };
}

export function leftOutTable({ sources }: Validation): Table | undefined {
  const rows = sources.flatMap(({ source, leftOut }) => leftOut.map((one) => ({ ...one, source })));
  if (rows.length === 0) return undefined;
  return {
    caption: 'Claims of the sources that are not in the ledger',
    columns: [
      text(
        'Source',
        rows.map(({ source }) => source),
      ),
      text(
        'Claim',
        rows.map(({ claim }) => clip(visible(claim), 80)),
      ),
      numbers(
        'Points',
        rows.map(({ points }) => (points === null ? '–' : formatInteger(points))),
      ),
      text(
        'Why',
        rows.map(({ why }) => clip(visible(why), 400)),
      ),
    ],
  };
}

function scoreColumns(scores: readonly Score[], points: readonly ValidatedPoint[]): Column[] {
  const column = (header: string, of: (score: Score) => number | null, show: (value: number) => string) => {
    const values = scores.map((score) => (score.counted === 0 ? null : of(score)));
    return numbers(
      header,
      values.map((value) => (value === null ? '–' : show(value))),
      values,
    );
  };
  const percent = (value: number): string => `${value < 100 ? value.toFixed(1) : formatInteger(value)} %`;
  const worstRatio = ({ worst }: Score): number | null =>
    worst === null ? null : points[worst]!.predicted! / points[worst]!.measured;
  return [
    numbers(
      'Points',
      scores.map(({ counted }) => formatInteger(counted)),
      scores.map(({ counted }) => counted),
    ),
    column('Error', ({ meanAbsolutePercent }) => meanAbsolutePercent, percent),
    column('Bias', ({ biasPercent }) => biasPercent / 100 + 1, errorText),
    column('Worst', worstRatio, errorText),
    numbers(
      'Order',
      scores.map(({ rankCorrelation }) => (rankCorrelation === null ? '–' : rankCorrelation.toFixed(2))),
      scores.map(({ rankCorrelation }) => rankCorrelation),
    ),
    column('One constant', ({ constantPercent }) => constantPercent, percent),
    column('Roofline', ({ rooflinePercent }) => rooflinePercent, percent),
  ];
}
