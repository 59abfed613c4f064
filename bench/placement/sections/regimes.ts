import { stream } from '../../../base/random.ts';
import { formatTable } from '../../../cli/table.ts';
import { heft } from '../../../placement/heft.ts';
import { drawProblem, UNSEEN_FAMILIES } from '../../../placement/learned-list/families.ts';
import { learnedListZeroShot } from '../../../placement/learned-list-zero-shot.ts';
import { listContext } from '../../../placement/list-context.ts';
import { medianOf, REGIME_DEFAULTS, type RegimeRow } from '../regime-measurement.ts';
import { measureRegimes } from '../regime-threads.ts';
import { REGIME_CASES } from '../regimes.ts';
import type { Section } from '../section.ts';

/**
 * The learned list scheduler, annealing and the best of all heuristics, where placement is hard for different reasons. Step
 * times by list scheduling, first ready first run, with sends one after another per device.
 */
export const regimes: Section = {
  name: 'regimes',
  title: 'Regimes: milliseconds per step, medians over seeds',
  async run({ checks, quick, print, progress }) {
    const options = quick ? { seeds: 1, evaluations: 256 } : REGIME_DEFAULTS;
    const cases = REGIME_CASES.flatMap((_, at) => (quick && at % 5 !== 0 ? [] : [at]));
    const rows = await measureRegimes(cases, options, (row, done) =>
      progress(`${row.name} (${done} of ${cases.length})`),
    );
    print(
      `${options.evaluations} evaluations, ${options.seeds} seeds; the share gained is that over the best heuristic`,
    );
    print(regimeTable(rows));
    const won = rows.filter((row) => medianOf(row.learned) < 0.99 * row.heuristic);
    print(
      `learned-list beats the best of all heuristics by more than 1 % in ${won.length} of ${rows.length} cases`,
    );
    for (const row of rows) checks.atMost(`${row.name}: lower bound`, row.bound, Math.min(...row.learned));
    if (!quick) {
      checks.atMost('half of the cases, and those won by learned-list', rows.length / 2, won.length);
      for (const { name, secondsToBest } of rows) {
        checks.atMost(`${name}: seconds until learned-list's best, and 60`, secondsToBest, 60);
      }
    }
    const ratios = unseenRatios(quick ? 5 : 20);
    print(unseenTable(ratios));
    const all = [...ratios.values()].flatMap((of) => of.ratios);
    checks.atMost('unseen families: median over HEFT, and 1.02', medianOf(all), 1.02);
  },
};

const ms = (seconds: number): string => (Number.isFinite(seconds) ? (1000 * seconds).toFixed(1) : 'no fit');

function regimeTable(rows: readonly RegimeRow[]): string {
  const column = (header: string, cell: (row: RegimeRow) => string, align?: 'right') => ({
    header,
    ...(align !== undefined && { align }),
    cells: rows.map(cell),
  });
  const spread = (values: readonly number[]): string =>
    `${ms(medianOf(values))} (${ms(Math.min(...values))}–${ms(Math.max(...values))})`;
  return formatTable([
    column('regime', ({ regime }) => regime),
    column('case', ({ name }) => name),
    column('ops', ({ tasks }) => `${tasks}`, 'right'),
    column('bound', ({ bound }) => ms(bound), 'right'),
    column('one device', ({ single }) => ms(single), 'right'),
    column('HEFT', (row) => ms(row.heft), 'right'),
    column('best heuristic', ({ heuristic, by }) => `${ms(heuristic)} ${by}`),
    column('zero-shot', ({ zeroShot }) => ms(zeroShot), 'right'),
    column('learned-list', ({ learned }) => spread(learned)),
    column('gain, %', (row) => (100 * (1 - medianOf(row.learned) / row.heuristic)).toFixed(1), 'right'),
    column('annealing', ({ annealed }) => spread(annealed)),
    column('as long', ({ annealedAsLong }) => spread(annealedAsLong)),
    column('evaluations', ({ evaluations }) => evaluations.toFixed(0), 'right'),
    column('no fit, %', ({ failures }) => (100 * failures).toFixed(0), 'right'),
    column('s', ({ seconds }) => seconds.toFixed(1), 'right'),
    column('s to best', ({ secondsToBest }) => secondsToBest.toFixed(1), 'right'),
  ]);
}

interface Unseen {
  /** Step time of the shipped policy as it is over HEFT's; Infinity where only HEFT's fits, 0 where only the policy's does. */
  readonly ratios: number[];
  readonly misfits: number;
  readonly heftMisfits: number;
}

/** Per unseen family and memory: the shipped policy as it is beside HEFT. Draws that neither fits count as equal. */
function unseenRatios(draws: number): Map<string, Unseen> {
  const found = new Map<string, Unseen>();
  for (const [name, family] of Object.entries(UNSEEN_FAMILIES)) {
    for (const tightness of ['unlimited', 'tight'] as const) {
      const pairs = Array.from({ length: draws }, (_, i) => {
        const problem = drawProblem(family, stream(i, 'unseen', name), 0.7, tightness);
        return [learnedListZeroShot(), heft].map((placer) => {
          const context = listContext(problem, stream(i, 'unseen', name, placer.name));
          const score = context.evaluate(placer.place(problem, context).placement);
          return score < context.failing ? score : Number.POSITIVE_INFINITY;
        }) as [number, number];
      });
      found.set(`${name}, ${tightness} memory`, {
        ratios: pairs.map(([policy, other]) => (policy === other ? 1 : policy / other)),
        misfits: pairs.filter(([policy]) => policy === Number.POSITIVE_INFINITY).length,
        heftMisfits: pairs.filter(([, other]) => other === Number.POSITIVE_INFINITY).length,
      });
    }
  }
  return found;
}

function unseenTable(unseen: ReadonlyMap<string, Unseen>): string {
  const percent = (ratio: number): string =>
    Number.isFinite(ratio) ? (100 * (ratio - 1)).toFixed(1) : 'no fit';
  const column = (header: string, cell: (of: Unseen) => string) => ({
    header,
    align: 'right' as const,
    cells: [...unseen.values()].map(cell),
  });
  return formatTable([
    { header: 'shipped policy, unseen family', cells: [...unseen.keys()] },
    column('% over HEFT, median', ({ ratios }) => percent(medianOf(ratios))),
    column('best', ({ ratios }) => percent(Math.min(...ratios))),
    column('worst that fits', ({ ratios }) => percent(Math.max(...ratios.filter(Number.isFinite)))),
    column('no fit', ({ misfits }) => `${misfits}`),
    column('HEFT no fit', ({ heftMisfits }) => `${heftMisfits}`),
  ]);
}
