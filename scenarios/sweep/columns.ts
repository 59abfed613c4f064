import type { SweepFigures, SweepRow } from './job.ts';

export type Cell = string | number | boolean | null;

/** One column of a table of runs: what a spreadsheet, Parquet and SQL call it, and how its cells are stored. */
export interface Column {
  /** With the unit. */
  readonly name: string;
  readonly type: 'text' | 'integer' | 'number' | 'truth';
  /** What a cell is. */
  readonly about: string;
}

interface FigureColumn extends Column {
  readonly of: (figures: SweepFigures) => Cell;
}

const FIGURES: readonly FigureColumn[] = [
  { name: 'experiment', type: 'text', about: 'name of the experiment', of: (f) => f.experiment },
  { name: 'kind', type: 'text', about: 'training, placement or inference', of: (f) => f.kind },
  { name: 'label', type: 'text', about: 'strategy, placer or server', of: (f) => f.label },
  { name: 'workers', type: 'integer', about: 'with backups', of: (f) => f.workers },
  {
    name: 'parameter_servers',
    type: 'integer',
    about: '0 where it uses none',
    of: (f) => f.parameterServers,
  },
  {
    name: 'batch_samples',
    type: 'integer',
    about: 'per worker and step, of the placed step, or of a batch of requests',
    of: (f) => f.batch,
  },
  { name: 'step_seconds', type: 'number', about: 'mean time of a step', of: (f) => f.stepSeconds },
  {
    name: 'step_p99_seconds',
    type: 'number',
    about: '99 % of steps take no longer',
    of: (f) => f.stepSecondsP99,
  },
  {
    name: 'samples_per_second',
    type: 'number',
    about: 'of all workers together',
    of: (f) => f.samplesPerSecond,
  },
  {
    name: 'speed_up_factor',
    type: 'number',
    about: 'over one worker, or over the best single device',
    of: (f) => f.speedUp,
  },
  { name: 'efficiency_share', type: 'number', about: 'speed-up over workers', of: (f) => f.efficiency },
  {
    name: 'dollars_per_million_samples',
    type: 'number',
    about: 'where prices are known',
    of: (f) => f.dollarsPerMillionSamples,
  },
  { name: 'joules_per_step', type: 'number', about: 'where power is known', of: (f) => f.joulesPerStep },
  {
    name: 'out_of_memory',
    type: 'truth',
    about: 'the times are then of more memory',
    of: (f) => f.outOfMemory,
  },
  { name: 'stopped_because', type: 'text', about: 'why it ended early', of: (f) => f.stopped },
];

/** A table of runs: rows of a sweep, one line per run of each experiment; a point without figures has one, too. */
export interface RunTable {
  readonly columns: readonly Column[];
  /** Cells of each line, in the order of the columns. */
  readonly lines: () => Iterable<readonly Cell[]>;
}

const OWN: readonly Column[] = [
  { name: 'run', type: 'integer', about: 'number of the point in the sweep, from 0' },
  { name: 'seed', type: 'integer', about: 'of all that is drawn' },
];
const ERROR: Column = { name: 'error', type: 'text', about: 'why there are no figures' };

/** `rows` is gone through twice: first for what varies and its types. */
export function tableOf(rows: Iterable<SweepRow>): RunTable {
  const varied = variedColumns(rows);
  const names = [...varied.keys()];
  return {
    columns: [...OWN, ...varied.values(), ...FIGURES, ERROR].map(({ name, type, about }) => ({
      name,
      type,
      about,
    })),
    *lines() {
      for (const { index, seed, values, figures, error } of rows) {
        const own = [index, seed, ...names.map((name) => cellOf(values[name], varied.get(name)!.type))];
        if (figures.length === 0) yield [...own, ...FIGURES.map(() => null), error];
        for (const run of figures) yield [...own, ...FIGURES.map(({ of }) => of(run)), error];
      }
    },
  };
}

/** By parameter: a column of numbers where all its values are such, and so on; else of text. */
function variedColumns(rows: Iterable<SweepRow>): Map<string, Column> {
  const types = new Map<string, Column['type'] | undefined>();
  for (const { values } of rows) {
    for (const [name, value] of Object.entries(values)) types.set(name, common(types.get(name), value));
  }
  const taken = new Set([...OWN, ...FIGURES, ERROR].map(({ name }) => name));
  return new Map(
    [...types].map(([parameter, type = 'text']) => {
      // A parameter may be called as a column is: `seed`.
      const name = taken.has(parameter) ? `${parameter} (varied)` : parameter;
      return [parameter, { name, type, about: 'what varies, as the scenario says it' }];
    }),
  );
}

function common(type: Column['type'] | undefined, value: unknown): Column['type'] | undefined {
  if (value === null || value === undefined) return type;
  const own = Number.isSafeInteger(value)
    ? 'integer'
    : typeof value === 'number'
      ? 'number'
      : typeof value === 'boolean'
        ? 'truth'
        : 'text';
  if (type === undefined || type === own) return own;
  return [type, own].every((one) => one === 'integer' || one === 'number') ? 'number' : 'text';
}

function cellOf(value: unknown, type: Column['type']): Cell {
  if (value === null || value === undefined) return null;
  if (type === 'text') return typeof value === 'string' ? value : JSON.stringify(value);
  return value as number | boolean;
}
