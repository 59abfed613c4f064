import { basename } from 'node:path';
import { contentHash } from '../../base/canonical-json.ts';
import { invariant, UserError } from '../../base/errors.ts';
import { printable, shortened } from '../../base/text.ts';
import { sentence, show } from '../fields.ts';
import type { LoadOptions } from '../load.ts';
import { entryOf, folderOf } from '../origin.ts';
import { type Override, parseOverride, pathOf } from '../override.ts';
import { ScenarioSource } from '../source.ts';
import { report } from '../yaml-text.ts';
import { type Design, designOf, grid, product } from './design.ts';
import type { SweepPlan, SweepPoint } from './plan.ts';
import { MOST_RUNS, type SweepChoice, spacedSchema, sweepSchema, type Varied } from './schema.ts';

/** What is changed of a sweep when it is read, and what varies besides. */
export interface SweepOptions extends LoadOptions {
  /** `path=[a, b, c]`, or `path={from: 1, to: 64, scale: log, points: 7}`, each: further parameters of a grid. */
  readonly vary?: readonly string[];
}

/**
 * Reads the sweep of a scenario file; of any scenario, where `vary` says what varies. `-` is standard input.
 *
 * @throws UserError with a line per problem.
 */
export function loadSweep(path: string, options: SweepOptions = {}): SweepPlan {
  return planOf(ScenarioSource.read(path), sweepName(path), options);
}

/** The same of text already read; `file` is what messages call it. */
export function parseSweep(source: string, file: string, options: SweepOptions = {}): SweepPlan {
  return planOf(ScenarioSource.parse(source, file), sweepName(file), options);
}

/** What a sweep is called after its file. */
export function sweepName(path: string): string {
  return path === '-' || path.startsWith('/dev/') ? 'stdin' : basename(path).replace(/\.ya?ml$/, '');
}

/** The same of what was read before. */
export function planOf(read: ScenarioSource, name: string, options: SweepOptions): SweepPlan {
  const { set = [], vary = [], seed } = options;
  const source = read.with(set.map((argument) => parseOverride(argument)));
  const written = sweepOf(source);
  if (written === undefined && vary.length === 0) {
    throw new UserError(
      `${source.file}:1:1: nothing varies; write a \`sweep\`, or give what varies, e.g. --vary cluster.workers.accelerator=[k40,v100]`,
    );
  }
  const further = vary.map((argument) => parseOverride(argument, '--vary'));
  const varied = variedBy(further);
  const inFile = written === undefined ? grid({}) : designOf(without(written, Object.keys(varied)));
  const design = product(inFile, grid(varied));
  for (const path of inFile.parameters) {
    if (Object.hasOwn(varied, path))
      throw new UserError(`--vary ${path}: the points of the file set ${path} already`);
  }
  const seeds = written?.seeds ?? 1;
  const seedsPerPoint = typeof seeds === 'number' ? seeds : seeds.length;
  if (seed !== undefined && typeof seeds !== 'number') {
    const { text } = source.place(['sweep', 'seeds']);
    throw new UserError(
      `${text}: sweep.seeds: seeds are listed here; leave out --seed ${seed}, or list others`,
    );
  }
  const count = design.count * seedsPerPoint;
  const place = written === undefined ? `${source.file}:1:1` : source.place(['sweep'], true).text;
  if (count > MOST_RUNS) {
    throw new UserError(
      `${place}: sweep: ${count} runs are more than ${MOST_RUNS}; vary less, or draw points`,
    );
  }
  const changesOf = changes(source, design, inFile.parameters.length, further);
  checkVariables(source, changesOf);
  const base = source.at(['title']);
  const pointOf = (index: number): number => {
    invariant(
      Number.isInteger(index) && index >= 0 && index < count,
      `a sweep of ${count} has no run ${index}`,
    );
    return Math.floor(index / seedsPerPoint);
  };
  const values = (index: number): readonly unknown[] => design.values(pointOf(index));
  return {
    name,
    title: typeof base === 'string' ? base : name,
    parameters: design.parameters,
    count,
    fingerprint: fingerprint({
      written: source.at([]),
      vary: further.map(({ path, value }) => [path, value]),
      seed,
    }),
    values,
    point(index): SweepPoint {
      const point = pointOf(index);
      try {
        const scenario = source.with(changesOf(point)).resolve();
        const first = seed ?? scenario.seed;
        const turn = index % seedsPerPoint;
        const own = typeof seeds === 'number' ? (first + turn) % 2 ** 32 : seeds[turn]!;
        return { index, values: values(index), scenario: { ...scenario, seed: own } };
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        const named = design.parameters
          .map((path, p) => `${path} = ${shown(design.values(point)[p])}`)
          .join(', ');
        throw new UserError(
          `${error.message}\n${place}: sweep: this is run ${index} of ${count}, with ${printable(shortened(named, 500))}`,
        );
      }
    },
  };
}

/** Of what is written, which need not make sense: JSON has no NaN. */
function fingerprint(written: unknown): string {
  return contentHash(
    JSON.stringify(written, (_, value) => (typeof value === 'number' ? String(value) : value)),
  );
}

function shown(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : show(value);
}

/** What the file says of its sweep, checked. */
function sweepOf(source: ScenarioSource): SweepChoice | undefined {
  const written = source.at(['sweep']);
  if (written === undefined || written === null) return undefined;
  const result = sweepSchema.safeParse(written, { error: sentence });
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => ({ ...issue, path: ['sweep', ...issue.path] }));
  throw new UserError(report({ issues }, source.file, (path, isKey) => source.place(path, isKey)));
}

/** The parameters that `--vary` adds, by their paths. */
function variedBy(further: readonly Override[]): Record<string, Varied> {
  const varied: Record<string, Varied> = {};
  for (const { said, path, value } of further) {
    const key = path.join('.');
    if (Object.hasOwn(varied, key)) throw new UserError(`${said}: ${key} varies already`);
    const result = spacedSchema.safeParse(value, { error: sentence });
    if (!result.success) {
      const [{ message, path: at }] = result.error.issues as [(typeof result.error.issues)[number]];
      throw new UserError(`${said}: ${[...at, message].join(': ')}`);
    }
    varied[key] = result.data;
  }
  return varied;
}

/** A grid without the parameters that the command line varies instead. */
function without(sweep: SweepChoice, paths: readonly string[]): SweepChoice {
  if (sweep.kind !== 'grid') return sweep;
  const parameters = Object.fromEntries(
    Object.entries(sweep.parameters).filter(([path]) => !paths.includes(path)),
  );
  return { ...sweep, parameters };
}

/** The changes that make each point. */
function changes(
  source: ScenarioSource,
  design: Design,
  inFile: number,
  further: readonly Override[],
): (point: number) => Override[] {
  const folder = folderOf(entryOf(source.origin, 'sweep').text);
  const paths = design.parameters.map((path, p) => {
    if (p >= inFile) return further[p - inFile]!.path;
    const { text } = source.place(['sweep', ...design.placeOf(0, p)], true);
    return pathOf(path, `${text}: sweep: ${printable(shortened(path))}`);
  });
  return (point) => {
    const values = design.values(point);
    return paths.map((path, p): Override => {
      const fromFile = p < inFile;
      const said = (): string =>
        fromFile ? source.place(['sweep', ...design.placeOf(point, p)]).text : further[p - inFile]!.said;
      return {
        get said() {
          return said();
        },
        path,
        value: values[p],
        folder: fromFile ? folder : '.',
        mayBeAbsent: true,
      };
    });
  };
}

/** Variables that vary count as declared. Those that are unknown are told first: others may only seem to be unused. */
function checkVariables(source: ScenarioSource, changesOf: (point: number) => Override[]): void {
  const declared = source.with(changesOf(0).filter(({ path }) => path[0] === 'variables'));
  declared.values();
  // Other files may mention more.
  const namesFiles = changesOf(0).some(({ path }) => ['cluster', 'model'].includes(path.at(-1)!));
  if (!namesFiles) declared.checkVariables();
}
