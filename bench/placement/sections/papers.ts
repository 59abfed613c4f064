import { formatTable } from '../../../cli/table.ts';
import { measurePaper, type PaperMeasurement } from '../paper-measurement.ts';
import { verdicts } from '../paper-orderings.ts';
import { reasonNotToHold } from '../paper-refutations.ts';
import { paperRuntimes } from '../paper-runtimes.ts';
import { PAPERS, type PaperRow } from '../paper-tables.ts';
import type { Section } from '../section.ts';

/** Rows that are measured in seconds. */
const QUICK: readonly string[] = ['rnnlm-2', 'inception-2', 'inception-v3', 'resnet-152'];

/**
 * What the papers on learned placement found, in simulations of their scenarios: which placement is faster, not how long a
 * step takes. What is known not to come out is printed with its reason; it is an error where something else does not come
 * out.
 */
export const paperOrderings: Section = {
  name: 'papers',
  title: "The placement papers' models on their hardware: seconds per step, simulated (published, recalled)",
  run({ checks, quick, print, progress }) {
    for (const paper of PAPERS) {
      const rows = paper.rows.filter(({ experiment }) => !quick || QUICK.includes(experiment));
      const simulated = rows.map((row) =>
        measurePaper(paper, row, {
          ...(quick && { evaluations: 100 }),
          progress: (placer) => progress(`${paper.name}, ${row.title}: ${placer}`),
        }),
      );
      print(paperTable(paper.name, rows, simulated));
      const found = rows.flatMap((row, i) =>
        verdicts(row, simulated[i]!).map((verdict) => ({ row, ...verdict })),
      );
      print(`${found.filter(({ holds }) => holds).length} of ${found.length} orders as published`);
      const refuted = new Map<string, string[]>();
      for (const { row, statement, holds } of found) {
        const reason = reasonNotToHold(paper, row, statement);
        checks.check(holds || reason !== undefined, `${row.title}: ${statement}`);
        if (holds && reason !== undefined) print(`  holds now, though listed: ${row.title}: ${statement}`);
        if (holds) continue;
        const line = `${statement}${reason === undefined ? '' : ` (${reason})`}`;
        refuted.set(line, [...(refuted.get(line) ?? []), row.title]);
      }
      for (const [line, titles] of refuted) print(`  does not hold: ${line}: ${titles.join('; ')}`);
      print('');
    }
    print('RNNLM on two GPUs as the runtime of 2017 may have been; published: 1.57, 3.81, 11.94');
    print(runtimeTable());
  },
};

const figure = (seconds: number | undefined): string => {
  if (seconds === undefined) return '–';
  return seconds === Number.POSITIVE_INFINITY ? 'no fit' : seconds.toPrecision(3);
};

function paperTable(name: string, rows: readonly PaperRow[], simulated: readonly PaperMeasurement[]): string {
  const column = (
    header: string,
    of: (seconds: Omit<PaperRow, 'experiment' | 'title'>) => number | undefined,
  ) => ({
    header,
    align: 'right' as const,
    cells: rows.map((row, i) => `${figure(of(simulated[i]!))} (${figure(of(row))})`),
  });
  return formatTable([
    { header: name, cells: rows.map(({ title }) => title) },
    column('CPU', ({ cpu }) => cpu),
    column('GPU', ({ gpu }) => gpu),
    column('min-cut', ({ minCut }) => minCut),
    column('expert', ({ expert }) => expert),
    column('learned', ({ learned }) => learned),
    { header: 'by', cells: simulated.map(({ by }) => by) },
  ]);
}

function runtimeTable(): string {
  const rows = paperRuntimes();
  const column = (header: string, of: (row: (typeof rows)[number]) => number) => ({
    header,
    align: 'right' as const,
    cells: rows.map((row) => of(row).toFixed(2)),
  });
  return formatTable([
    { header: 'assumption', cells: rows.map(({ assumption }) => assumption) },
    column('one GPU', ({ gpu }) => gpu),
    column('expert', ({ expert }) => expert),
    column('min-cut', ({ minCut }) => minCut),
    column('expert / one GPU', ({ gpu, expert }) => expert / gpu),
  ]);
}
