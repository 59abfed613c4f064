import { formatFactor, formatInteger } from '../base/format.ts';
import { printable } from '../base/text.ts';
import type { Score, SourceScore, ValidatedPoint, Validation } from '../scenarios/validation.ts';
import type { colorsFor } from './colors.ts';
import { formatTable, type TableColumn } from './table.ts';

type Colors = ReturnType<typeof colorsFor>;

/** What `stepcast validate` prints: a table of sources, one of kinds, how often intervals hold, and what could not be predicted. */
export function validationText(validation: Validation, { bold, dim, red }: Colors): string {
  const { sources, kinds, total, points, coverage } = validation;
  const parts = [
    formatTable([
      { header: 'source', cells: sources.map(({ source }) => source) },
      ...scoreColumns(sources, points),
      { header: 'bound', align: 'right', cells: sources.map(boundOf) },
      { header: '', cells: sources.map(verdictOf) },
    ]),
    '\n',
    formatTable([
      { header: 'kind', cells: [...kinds.map(({ kind }) => kind), 'all'] },
      {
        header: 'sources',
        align: 'right',
        cells: [...kinds.map((kind) => `${kind.sources}`), `${sources.length}`],
      },
      ...scoreColumns([...kinds, total], points),
    ]),
    dim(
      'error: mean of |predicted / measured − 1| over the points that count; order: rank correlation; constant: one share of peak per source\nand kind, fitted on these very points; roofline: flops / peak or bytes / bandwidth, nothing else.\n',
    ),
    `\n${intervalsText(coverage)}`,
    othersText(points),
    ...sources.flatMap(({ source, claims }) =>
      claims
        .filter(({ holds }) => !holds)
        .map((claim) =>
          red(
            `${source}/${claim.claim}: error ${percent(claim.meanAbsolutePercent)} %, bound ${claim.boundPercent} %${failedIn(points, source, claim.claim)}\n`,
          ),
        ),
    ),
  ];
  return parts.join('');

  function intervalsText({ confidence, of }: Validation['coverage']): string {
    if (of.length === 0) return '';
    const table = formatTable([
      { header: 'interval of', cells: of.map(({ question }) => question) },
      { header: 'points', align: 'right', cells: of.map((row) => formatInteger(row.points)) },
      { header: 'sources', align: 'right', cells: of.map((row) => `${row.sources}`) },
      { header: 'within', align: 'right', cells: of.map((row) => `${percent(100 * row.covered)} %`) },
      { header: 'high/low', align: 'right', cells: of.map((row) => formatFactor(row.width)) },
    ]);
    return `${bold(`${Math.round(confidence * 100)} % intervals, learnt from all other sources`)}\n${table}`;
  }
}

function scoreColumns(scores: readonly Score[], points: readonly ValidatedPoint[]): TableColumn[] {
  const column = (header: string, of: (score: Score) => string): TableColumn => ({
    header,
    align: 'right',
    cells: scores.map((score) => (score.counted === 0 && header !== 'order' ? '–' : of(score))),
  });
  return [
    column('points', ({ counted }) => formatInteger(counted)),
    column('error %', ({ meanAbsolutePercent }) => percent(meanAbsolutePercent)),
    column('bias %', ({ biasPercent }) => signed(biasPercent)),
    column('worst %', ({ worst }) => signed(errorOf(points[worst!]!))),
    column('order', ({ rankCorrelation }) => (rankCorrelation === null ? '–' : rankCorrelation.toFixed(2))),
    column('constant %', ({ constantPercent }) => percent(constantPercent)),
    column('roofline %', ({ rooflinePercent }) => percent(rooflinePercent)),
  ];
}

const errorOf = ({ predicted, measured }: ValidatedPoint): number => 100 * (predicted! / measured - 1);
const percent = (value: number): string => (Math.abs(value) < 100 ? value.toFixed(1) : formatInteger(value));
const signed = (value: number): string => `${value > 0 ? '+' : ''}${percent(value)}`;

/** The bounds of its claims: one, or the least and the greatest; and how many claims have one, where not all do. */
function boundOf({ claims }: SourceScore): string {
  const bounds = claims.map(({ boundPercent }) => boundPercent).filter((bound) => bound !== null);
  if (bounds.length === 0) return '–';
  const [least, most] = [Math.min(...bounds), Math.max(...bounds)];
  const range = least === most ? `${least}` : `${least}–${most}`;
  return bounds.length === claims.length ? range : `${range} (${bounds.length} of ${claims.length})`;
}

function verdictOf({ claims, counted }: SourceScore): string {
  if (claims.some(({ holds }) => !holds)) return 'over';
  return counted > 0 && claims.some(({ boundPercent }) => boundPercent !== null) ? 'ok' : '';
}

function failedIn(points: readonly ValidatedPoint[], source: string, claim: string): string {
  const failed = points.filter(
    (point) => point.source === source && point.claim === claim && point.status === 'failed',
  ).length;
  return failed === 0 ? '' : `; ${failed} of its points could not be predicted`;
}

const counted = (points: number): string => `${formatInteger(points)} point${points === 1 ? '' : 's'}`;

const MOST_REASONS = 10;

/** Points that do not count, and why. */
function othersText(points: readonly ValidatedPoint[]): string {
  const of = (status: ValidatedPoint['status']): number =>
    points.filter((point) => point.status === status).length;
  const told = [
    [of('cross-validated'), 'fitted on, and predicted by fits that left them out'],
    [of('fitted'), 'fitted on: not counted'],
    [of('anchor'), 'of one device, from which predictions start: not counted'],
    [of('ordering'), 'recalled: counted for their order only'],
  ] as const;
  const lines = told.filter(([count]) => count > 0).map(([count, what]) => `${counted(count)} ${what}`);
  const reasons = new Map<string, number>();
  for (const { why, source, claim } of points) {
    if (why === '') continue;
    const line = `${source}/${claim}: ${printable(why)}`;
    reasons.set(line, (reasons.get(line) ?? 0) + 1);
  }
  if (reasons.size > 0) {
    lines.push(`${counted(of('failed'))} not predicted:`);
    const shown = [...reasons].slice(0, MOST_REASONS);
    lines.push(...shown.map(([line, count]) => `  ${count === 1 ? '' : `${count} × `}${line}`));
    if (reasons.size > shown.length)
      lines.push(`  and ${reasons.size - shown.length} more reasons; the report has all`);
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}
