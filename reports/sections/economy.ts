import { formatFactor } from '../../base/format.ts';
import { capital } from '../../base/text.ts';
import {
  formatCount,
  formatDollars,
  formatJoules,
  formatKilowattHours,
  formatPrice,
  formatWatts,
} from '../../base/units.ts';
import type {
  Economy,
  InferenceExperiment,
  PlacementExperiment,
  TrainingExperiment,
} from '../../scenarios/results.ts';
import type { BarsChart, Chart, Figure, LinesChart, Table } from '../figure.ts';
import { numbers, text } from '../figure.ts';
import { shortName } from '../names.ts';
import { runNames, workersText } from '../runs.ts';
import { servedPerSecond, serverName } from './inference.ts';
import { inOrder, placementNames } from './placement-runs.ts';

/** A run with what it costs and draws. */
interface Row {
  readonly name: string;
  /** Runs of one line: a strategy, a server. */
  readonly series: string;
  /** What tells it apart on its line. */
  readonly point: string;
  readonly samplesPerSecond: number;
  readonly economy: Economy;
}

/** What a million samples cost, of money or of energy. */
interface Measure {
  readonly of: (row: Row) => number | null;
  readonly format: (value: number) => string;
  readonly axis: string;
  readonly best: string;
}

const DOLLARS: Measure = {
  of: ({ economy }) => economy.dollarsPerMillionSamples,
  format: formatDollars,
  axis: 'Cost of a million samples ($)',
  best: 'cheapest',
};
const ENERGY: Measure = {
  of: ({ economy }) => economy.kilowattHoursPerMillionSamples,
  format: formatKilowattHours,
  axis: 'Energy of a million samples (kWh)',
  best: 'most frugal',
};

/** What runs of training cost and draw, against how fast they are: faster to the right, cheaper below. */
export function trainingEconomy(experiment: TrainingExperiment, id: string): Figure[] {
  const nameOf = runNames(experiment.runs);
  const rows = experiment.runs.flatMap((run): Row[] =>
    run.economy === null || run.stopped !== null || run.outOfMemory !== null
      ? []
      : [
          {
            name: nameOf(run),
            series: shortName(run.label, 48),
            point: workersText(run.workers),
            samplesPerSecond: run.samplesPerSecond,
            economy: run.economy,
          },
        ],
  );
  return economyFigures(rows, id, linesOf);
}

/** What steps under each placement cost and draw. */
export function placementEconomy({ runs, batch }: PlacementExperiment, id: string): Figure[] {
  const nameOf = placementNames(runs);
  const rows = inOrder(runs).flatMap((run): Row[] => {
    if (run.economy === null || run.outOfMemory !== null) return [];
    const name = nameOf(run);
    const samplesPerSecond = batch / run.stepSeconds;
    return [{ name, series: name, point: '', samplesPerSecond, economy: run.economy }];
  });
  return economyFigures(rows, id, barsOf);
}

/** What servers cost and draw, by batch, as much as they serve within the latency. */
export function inferenceEconomy(experiment: InferenceExperiment, id: string): Figure[] {
  const rows = experiment.runs.flatMap((run): Row[] => {
    const served = servedPerSecond(run, experiment);
    if (run.economy === null || served === null) return [];
    const series = serverName(run);
    const point = `batches of ${run.batch}`;
    return [{ name: `${series}, ${point}`, series, point, samplesPerSecond: served, economy: run.economy }];
  });
  return economyFigures(rows, id, linesOf);
}

/** One figure of money and one of energy, as far as either is known; undrawn where neither is. */
function economyFigures(
  rows: readonly Row[],
  id: string,
  chartOf: (rows: readonly Row[], measure: Measure) => Chart,
): Figure[] {
  if (rows.length === 0) return [];
  const figures = [
    { measure: DOLLARS, name: 'cost' },
    { measure: ENERGY, name: 'energy' },
  ].flatMap(({ measure, name }): Figure[] => {
    const known = rows.filter((row) => measure.of(row) !== null);
    if (known.length === 0) return [];
    return [
      {
        id: `${id}-${name}`,
        title: finding(known, measure),
        note: NOTES[name as keyof typeof NOTES],
        chart: known.length === 1 ? null : chartOf(known, measure),
        tables: [],
        width: 'half',
        restsOn: 'cost',
      },
    ];
  });
  const tables = [economyTable(rows), basisTable(rows)];
  if (figures.length === 0) {
    return [
      {
        ...{ id: `${id}-cost`, title: 'What it costs and draws is not known', note: '', chart: null },
        ...{ tables: [basisTable(rows)], width: 'full', restsOn: 'cost' },
      },
    ];
  }
  const missing = rows[0]!.economy.basis.find((clause) => clause.includes('not known'));
  return figures.map((figure, i) => ({
    ...figure,
    note: i === 0 && missing !== undefined ? `${figure.note} ${sentenceOf(missing)}` : figure.note,
    // One table has all, below the first figure.
    tables: i === 0 ? tables : [economyTable(rows)],
    width: figures.length === 1 ? 'full' : 'half',
  }));
}

const NOTES = {
  cost: 'Whole hosts are paid for, with what waits in them; networks, storage and people are not in it.',
  energy:
    'By the power that devices were measured to draw, as a share of what they are rated for; cooling and network gear are not in it. The table has the least and the most that it can be.',
} as const;

/** Which is cheapest, and what the fastest costs beside it. */
function finding(rows: readonly Row[], { of, format, best }: Measure): string {
  const cheapest = rows.reduce((least, row) => (of(row)! < of(least)! ? row : least));
  const fastest = rows.reduce((most, row) => (row.samplesPerSecond > most.samplesPerSecond ? row : most));
  const first = `${cheapest.name}: ${format(of(cheapest)!)} for a million samples`;
  if (rows.length === 1) return first;
  if (fastest === cheapest) return `The fastest is the ${best}, ${first}`;
  const factor = formatFactor(of(fastest)! / of(cheapest)!);
  return `The ${best} is ${first}; the fastest, ${fastest.name}, takes ${factor} as much`;
}

/** Runs on lines by what they have in common: to the right is faster, below is cheaper. */
function linesOf(rows: readonly Row[], { of, format, axis }: Measure): LinesChart {
  const names = [...new Set(rows.map(({ series }) => series))];
  const series = names.map((name, tone) => {
    const own = rows
      .filter((row) => row.series === name)
      .sort((a, b) => a.samplesPerSecond - b.samplesPerSecond);
    return {
      name,
      tone,
      x: own.map(({ samplesPerSecond }) => samplesPerSecond),
      y: own.map((row) => of(row)!),
      tips: own.map((row) => [
        row.name,
        `${formatCount(row.samplesPerSecond)} samples/s`,
        `${format(of(row)!)} for a million samples`,
      ]),
    };
  });
  return {
    kind: 'lines',
    x: { label: 'Samples per second', scale: 'log', include: [], format: formatCount },
    y: { label: axis, scale: 'linear', include: [0], format: formatCount },
    curve: 'straight',
    symbols: true,
    reference: null,
    legend: series.map(({ name, tone }) => ({ name, tone })),
    panels: [{ title: '', series }],
  };
}

function barsOf(rows: readonly Row[], { of, format, axis }: Measure): BarsChart {
  const least = Math.min(...rows.map((row) => of(row)!));
  return {
    kind: 'bars',
    x: { label: axis, scale: 'linear', include: [0], format: formatCount },
    bars: rows.map((row) => ({
      name: row.name,
      value: of(row)!,
      shown: format(of(row)!),
      best: of(row) === least,
      tip: [row.name, `${format(of(row)!)} for a million samples`],
    })),
    bound: null,
  };
}

function economyTable(rows: readonly Row[]): Table {
  const ordered = rows.toSorted(
    (a, b) => order(DOLLARS, a) - order(DOLLARS, b) || order(ENERGY, a) - order(ENERGY, b),
  );
  const column = (
    header: string,
    of: (economy: Economy) => number | null,
    format: (value: number) => string,
  ) =>
    numbers(
      header,
      ordered.map(({ economy }) => shown(of(economy), format)),
      ordered.map(({ economy }) => of(economy)),
    );
  const front = frontOf(rows);
  return {
    caption: 'Cost and energy, the cheapest first',
    sortable: true,
    columns: [
      text(
        'Run',
        ordered.map(({ name }) => name),
      ),
      numbers(
        'Samples/s',
        ordered.map(({ samplesPerSecond }) => formatCount(samplesPerSecond)),
        ordered.map(({ samplesPerSecond }) => samplesPerSecond),
      ),
      column('Price', (economy) => economy.dollarsPerHour, formatPrice),
      column('Cost of a step', (economy) => economy.dollarsPerStep, formatDollars),
      column('… of a million samples', (economy) => economy.dollarsPerMillionSamples, formatDollars),
      column('Mean power', (economy) => economy.watts, formatWatts),
      numbers(
        'At least – at most',
        ordered.map(({ economy: { wattsRange: range } }) =>
          range === null ? '–' : `${formatWatts(range.least)} – ${formatWatts(range.most)}`,
        ),
      ),
      column('Energy of a step', (economy) => economy.joulesPerStep, formatJoules),
      column(
        '… of a million samples',
        (economy) => economy.kilowattHoursPerMillionSamples,
        formatKilowattHours,
      ),
      text(
        'Is another faster and cheaper?',
        ordered.map((row) => (front.has(row) ? 'no' : 'yes')),
      ),
    ],
  };
}

/** Runs that no other is both faster and cheaper than (the Pareto front); by energy, where costs are not known. */
function frontOf(rows: readonly Row[]): Set<Row> {
  const { of } = rows.some((row) => DOLLARS.of(row) !== null) ? DOLLARS : ENERGY;
  const beats = (a: Row, b: Row): boolean =>
    a.samplesPerSecond > b.samplesPerSecond && (of(a) ?? Number.POSITIVE_INFINITY) < (of(b) ?? 0);
  return new Set(rows.filter((row) => !rows.some((other) => beats(other, row))));
}

/** What the figures rest on, each clause with the runs that it is of. */
function basisTable(rows: readonly Row[]): Table {
  const runsOf = new Map<string, string[]>();
  for (const { name, economy } of rows) {
    for (const clause of economy.basis) runsOf.set(clause, [...(runsOf.get(clause) ?? []), name]);
  }
  const clauses = [...runsOf.keys()];
  return {
    caption: 'What cost and energy rest on',
    columns: [
      text('Basis', clauses.map(sentenceOf)),
      text(
        'Of',
        clauses.map((clause) =>
          runsOf.get(clause)!.length === rows.length ? 'all runs' : runsOf.get(clause)!.join('; '),
        ),
      ),
    ],
  };
}

const order = ({ of }: Measure, row: Row): number => of(row) ?? Number.MAX_VALUE;

const shown = (value: number | null, format: (value: number) => string): string =>
  value === null ? '–' : format(value);

const sentenceOf = (clause: string): string => `${capital(clause)}.`;
