import { parquetMetadata, parquetReadObjects, parquetSchema } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { BestRuns } from '../../../scenarios/sweep/best-runs.ts';
import { tableOf } from '../../../scenarios/sweep/columns.ts';
import { csvPieces } from '../../../scenarios/sweep/csv.ts';
import type { SweepFigures, SweepRow } from '../../../scenarios/sweep/job.ts';
import { parquetBytes } from '../../../scenarios/sweep/parquet.ts';
import { queryRuns } from '../../../scenarios/sweep/query.ts';

const FIGURES: SweepFigures = {
  experiment: 'cnn',
  kind: 'training',
  label: 'backup, 1 "spare"',
  workers: 8,
  parameterServers: 2,
  batch: 32,
  stepSeconds: 0.1,
  stepSecondsP99: 0.30000000000000004,
  samplesPerSecond: 2560,
  speedUp: 7.5,
  efficiency: 0.9375,
  dollarsPerMillionSamples: null,
  joulesPerStep: 12,
  outOfMemory: false,
  stopped: null,
};

function row(index: number, values: SweepRow['values'], figures: readonly Partial<SweepFigures>[]): SweepRow {
  return {
    sweep: '0123456789abcdef',
    key: String(index).padStart(64, '0'),
    index,
    seed: 4294967295,
    values,
    error: figures.length === 0 ? 'no\nscenario' : null,
    figures: figures.map((own) => ({ ...FIGURES, ...own })),
  };
}

const ROWS: readonly SweepRow[] = [
  row(0, { 'cluster.network.bandwidth': '10 Gb/s', sigma: 0, seed: true }, [{}, { label: '=cmd()' }]),
  row(1, { 'cluster.network.bandwidth': { a: [1] }, sigma: 0.5, seed: null }, [{ workers: null }]),
  row(2, { 'cluster.network.bandwidth': '1,5', sigma: 2, seed: false }, []),
];

describe('a table of runs', () => {
  const table = tableOf(ROWS);

  it('has a column of its own type per parameter, and units in its names', () => {
    expect(table.columns.slice(0, 6).map(({ name, type }) => [name, type])).toEqual([
      ['run', 'integer'],
      ['seed', 'integer'],
      ['cluster.network.bandwidth', 'text'],
      ['sigma', 'number'],
      ['seed (varied)', 'truth'],
      ['experiment', 'text'],
    ]);
    expect([...table.lines()]).toHaveLength(4);
  });

  it('is CSV that spreadsheets read, and take no text for a formula', () => {
    const lines = [...csvPieces(table)].join('').split('\r\n');
    expect(lines[1]).toBe(
      '0,4294967295,10 Gb/s,0,true,cnn,training,"backup, 1 ""spare""",8,2,32,0.1,0.30000000000000004,2560,7.5,0.9375,,12,false,,',
    );
    expect(lines[2]).toContain(",'=cmd(),");
    expect(lines[3]).toContain(',"{""a"":[1]}",0.5,,');
    expect(lines.slice(4).join('\r\n')).toBe(`2,4294967295,"1,5",2,false${','.repeat(16)}"no\nscenario"\r\n`);
  });

  it('is Parquet that other programs read', async () => {
    const file = parquetBytes(table).buffer as ArrayBuffer;
    const types = parquetSchema(parquetMetadata(file)).children.map(({ element }) => element);
    expect(types.map(({ name, type, repetition_type }) => [name, type, repetition_type]).slice(0, 5)).toEqual(
      [
        ['run', 'INT64', 'OPTIONAL'],
        ['seed', 'INT64', 'OPTIONAL'],
        ['cluster.network.bandwidth', 'BYTE_ARRAY', 'OPTIONAL'],
        ['sigma', 'DOUBLE', 'OPTIONAL'],
        ['seed (varied)', 'BOOLEAN', 'OPTIONAL'],
      ],
    );
    const read = await parquetReadObjects({ file });
    const cells = read.map((line) =>
      Object.values(line).map((cell) => (typeof cell === 'bigint' ? Number(cell) : (cell ?? null))),
    );
    expect(cells).toEqual([...table.lines()]);
  });

  it('answers SQL, and reaches nothing else', async () => {
    const { columns, rows } = await queryRuns(
      table,
      'SELECT label, count(*) AS n, sum(workers), max(step_p99_seconds) FROM runs GROUP BY ALL ORDER BY ALL',
    );
    expect(columns.map(({ name, isNumber }) => [name, isNumber])).toEqual([
      ['label', false],
      ['n', true],
      ['sum(workers)', true],
      ['max(step_p99_seconds)', true],
    ]);
    expect(rows).toEqual([
      ['=cmd()', 1, 8, 0.30000000000000004],
      ['backup, 1 "spare"', 2, 8, 0.30000000000000004],
      [null, 1, null, null],
    ]);
    for (const query of [
      "SELECT * FROM read_text('/etc/hostname')",
      "COPY runs TO '/tmp/stepcast-stolen.csv'",
      "ATTACH '/tmp/stepcast-stolen.db'",
      'INSTALL httpfs',
      'SET enable_external_access = true',
      "SELECT * FROM 'https://example.com/x.parquet'",
      'SELEC',
    ]) {
      await expect(queryRuns(table, query), query).rejects.toThrow(/^SQL: /);
    }
  });
});

describe('the best runs', () => {
  it('are those with the most samples per second, by means over seeds, that fit and end', () => {
    const best = new BestRuns(2);
    const rate = (samplesPerSecond: number | null, more: Partial<SweepFigures> = {}) => ({
      samplesPerSecond,
      ...more,
    });
    best.add(row(0, { x: 1 }, [rate(100), rate(9, { experiment: 'b', outOfMemory: true })]));
    best.add(row(1, { x: 1 }, [rate(300), rate(9, { experiment: 'b' })]));
    best.add(row(2, { x: 2 }, [rate(250)]));
    best.add(row(3, { x: 3 }, [rate(900, { stopped: 'lost' })]));
    best.add(row(4, { x: 4 }, [rate(200)]));
    best.add(row(5, { x: 5 }, [rate(null)]));
    best.add(row(6, { x: 6 }, []));
    const shown = [...best.get()].map(([experiment, runs]) => [
      experiment,
      runs.map(({ values, seeds, figures }) => [values.x, seeds, figures.samplesPerSecond]),
    ]);
    expect(shown).toEqual([
      [
        'cnn',
        [
          [2, 1, 250],
          [1, 2, 200],
        ],
      ],
      ['b', []],
    ]);
  });
});
