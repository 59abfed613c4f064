import { formatFactor, formatInteger } from '../../base/format.ts';
import { formatCount } from '../../base/units.ts';
import type { SweepOverview, SweptExperiment } from '../../scenarios/results.ts';
import { contentsHtml, figuresHtml } from '../chapter-html.ts';
import { factsHtml } from '../facts-html.ts';
import { numbers, text } from '../figure.ts';
import type { KeyFigure } from '../key-figures.ts';
import { escapeHtml, tableHtml } from '../markup.ts';
import { clip, unitsKept } from '../names.ts';
import { pageHtml } from '../page.ts';
import { verdictHtml } from '../verdict.ts';
import { effectFigures } from './effects.ts';
import { sweptId } from './figures.ts';
import { parameterNames } from './parameter-names.ts';
import { pointsTable } from './points.ts';

/**
 * The report of `stepcast sweep`: one HTML file with everything in it, the same bytes for the same results. `client`
 * is the text of dist/report-client.js, which draws the charts again and sorts the tables.
 */
export function renderSweep(overview: SweepOverview, client: string): string {
  const { title, program, experiments, parameters, failed } = overview;
  const sections = experiments.map(({ name }, i) => [sweptId(i), name] as const);
  return pageHtml({
    title,
    brand: 'a sweep; simulated, not measured',
    program,
    header: `${verdictHtml(unitsKept(verdict(overview)))}
${factsHtml(facts(overview))}
${contentsHtml('Contents', [...sections, ...(failed > 0 ? [['failed', 'What failed'] as const] : [])])}`,
    main: `${experiments.map((experiment, i) => experimentHtml(experiment, parameters, sweptId(i))).join('\n')}
${failed > 0 ? failedHtml(overview) : ''}`,
    footer: `<p>Made by stepcast ${escapeHtml(clip(program, 40))} of the runs beside this file: results.csv has all of them. The same sweep gives the same file, byte for byte.</p>`,
    data: overview,
    client,
  });
}

function verdict({ experiments, parameters, points }: SweepOverview): string {
  const known = experiments.filter(({ best }) => best.length > 0);
  if (known.length === 0) return 'No run of the sweep ends and fits into memory.';
  const names = parameterNames(parameters);
  const clauses = known.map(({ name, best }) => {
    const [first] = best;
    const where = names.map((name, p) => `${clip(name, 40)} = ${clip(first!.values[p]!, 40)}`);
    return `${clip(name, 40)} is fastest by ${clip(first!.label, 60)} with ${where.join(', ')}: ${formatCount(first!.samplesPerSecond)} samples/s`;
  });
  return `Of ${formatInteger(points)} points, ${clauses.join('; ')}.`;
}

function facts({ experiments, parameters, points, failed }: SweepOverview): KeyFigure[] {
  const [first] = experiments;
  const [best, worst] = [first?.best[0], first?.best.at(-1)];
  const [effect] = first?.effects ?? [];
  return [
    {
      name: 'Points',
      value: formatInteger(points),
      detail: failed === 0 ? 'all have figures' : `${formatInteger(failed)} without figures`,
    },
    ...(best === undefined || worst === undefined || best === worst
      ? []
      : [
          {
            name: 'Fastest over slowest',
            value: formatFactor(best.samplesPerSecond / worst.samplesPerSecond),
            detail: `of the runs of ${clip(first!.name, 40)} that are listed`,
          },
        ]),
    ...(effect === undefined
      ? []
      : [
          {
            name: 'Matters most',
            value: clip(parameterNames(parameters)[parameters.indexOf(effect.parameter)]!, 40),
            detail: clip(effect.parameter, 80),
          },
        ]),
  ];
}

function experimentHtml(experiment: SweptExperiment, parameters: readonly string[], id: string): string {
  const { name, runs, outOfMemory, stopped, best } = experiment;
  const left = [
    ...(outOfMemory > 0 ? [`${formatInteger(outOfMemory)} do not fit into memory`] : []),
    ...(stopped > 0 ? [`${formatInteger(stopped)} end early`] : []),
  ];
  const note = `${formatInteger(runs)} runs${left.length > 0 ? `; ${left.join(', ')}` : ''}. ${best.length < 1000 ? '' : 'The table has the 1,000 fastest; results.csv has all. '}Where points have several seeds, the table has their means.`;
  return `<section id="${id}">
<h2>${escapeHtml(clip(name, 80))}</h2>
<p class="note">${escapeHtml(note)}</p>
${figuresHtml(effectFigures(experiment, parameters, id), { level: 3, foot: () => '' })}
${best.length === 0 ? '' : tableHtml(pointsTable(experiment, parameters), `${id}-points`)}
</section>`;
}

function failedHtml({ reasons }: SweepOverview): string {
  const table = {
    caption: 'Points without figures, by reason',
    columns: [
      numbers(
        'Points',
        reasons.map(({ points }) => formatInteger(points)),
      ),
      numbers(
        'The first',
        reasons.map(({ index }) => String(index)),
      ),
      text(
        'Why',
        reasons.map(({ reason }) => clip(reason, 500)),
      ),
    ],
  };
  return `<section id="failed">
<h2>What failed</h2>
${tableHtml(table, 'failed-points')}
</section>`;
}
