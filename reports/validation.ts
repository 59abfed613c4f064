import { formatFactor, formatInteger } from '../base/format.ts';
import { formatPercent } from '../base/units.ts';
import type { Validation } from '../scenarios/validation.ts';
import { contentsHtml, figuresHtml } from './chapter-html.ts';
import { factsHtml } from './facts-html.ts';
import type { KeyFigure } from './key-figures.ts';
import { escapeHtml, tableHtml } from './markup.ts';
import { clip, unitsKept } from './names.ts';
import { pageHtml } from './page.ts';
import {
  claimsTable,
  coverageTable,
  kindsTable,
  leftOutTable,
  pointsTable,
  sourcesTable,
} from './sections/validation-tables.ts';
import { validationFigures } from './validation-figures.ts';
import { inSentences, verdictHtml } from './verdict.ts';

/**
 * The report of `stepcast validate`: one HTML file with everything in it, the same bytes for the same validation.
 * `client` is the text of dist/report-client.js, which draws the charts and sorts the tables.
 */
export function renderValidation(validation: Validation, client: string): string {
  const leftOut = leftOutTable(validation);
  const words = unitsKept(answer(validation));
  const [, rest = ''] = inSentences(words);
  return pageHtml({
    title: 'Predictions against published measurements',
    brand: 'validation',
    program: validation.program,
    header: `${verdictHtml(words)}
${rest === '' ? '' : `<p class="answer-more">${escapeHtml(rest)}</p>`}
${factsHtml(keyFigures(validation))}
${contentsHtml('Contents', [
  ['errors', 'Errors'],
  ['sources', 'Sources'],
  ['intervals', 'Intervals'],
  ['points', 'Every point'],
  ['claims', 'Claims and provenance'],
  ...(leftOut === undefined ? [] : ([['left-out', 'What is left out']] as const)),
])}`,
    main: `<section id="errors">
<h2>Errors</h2>
${figuresHtml(validationFigures(validation), { level: 3, foot: () => '' })}
</section>
<section id="sources">
<h2>Sources and kinds</h2>
<p class="note">Points that something was fitted on, that predictions start from, or that are recalled rather than read, are not counted. Order: Spearman’s rank correlation of predictions with measurements. One constant: everything runs at one share of its peak, fitted per source and kind on the very points that it is judged by. Roofline: the larger of flops over peak and bytes over bandwidth, op by op.</p>
${tableHtml(kindsTable(validation), 'kinds')}
${tableHtml(sourcesTable(validation), 'sources')}
</section>
<section id="intervals">
<h2>Intervals</h2>
<p class="note">Every prediction carries an interval, learnt from how far measurements of the same kind of question were off. Here each source is left out in turn, and its measurements are held against the intervals that the others give.</p>
${tableHtml(coverageTable(validation), 'intervals')}
</section>
<section id="points">
<h2>Every point</h2>
<p class="note"><span class="badge validated">validated</span> nothing was fitted on it; <span class="badge crossvalidated">cross-validated</span> a fit used it, and it is predicted by one that left it out; <span class="badge fitted">fitted</span> a fit used it; <span class="badge anchor">anchor</span> predictions of its claim start from it; <span class="badge ordering">ordering</span> recalled; <span class="badge failed">failed</span> not predicted. Only the first two count.</p>
${tableHtml(pointsTable(validation), 'points')}
</section>
<section id="claims">
<h2>Claims and provenance</h2>
${tableHtml(claimsTable(validation), 'claims')}
</section>
${leftOut === undefined ? '' : `<section id="left-out">\n<h2>What is left out</h2>\n${tableHtml(leftOut, 'left out')}\n</section>`}`,
    footer: `<p>Made by stepcast ${escapeHtml(clip(validation.program, 40))}. The same ledger and catalog give the same file, byte for byte.</p>`,
    data: validation,
    client,
  });
}

function answer({ total, sources, points }: Validation): string {
  const failed = points.filter(({ status }) => status === 'failed').length;
  const unpredicted =
    failed === 0 ? '' : ` ${formatInteger(failed)} point${failed === 1 ? '' : 's'} could not be predicted.`;
  if (total.counted === 0) return `No measurement counts.${unpredicted}`;
  const of = sources.filter(({ counted }) => counted > 0).length;
  const what = `${formatInteger(total.counted)} measurements of ${of} source${of === 1 ? '' : 's'}`;
  return `Predictions of ${what} are off by ${percent(total.meanAbsolutePercent)} on average. One constant, fitted on the same points, is off by ${percent(total.constantPercent)}, and a plain roofline by ${percent(total.rooflinePercent)}.${unpredicted}`;
}

function keyFigures({ total, coverage, sources }: Validation): KeyFigure[] {
  if (total.counted === 0) return [];
  const all = coverage.of.find(({ question }) => question === 'all');
  const over = sources.filter(({ claims }) => claims.some(({ holds }) => !holds)).length;
  return [
    {
      name: 'Mean error',
      value: percent(total.meanAbsolutePercent),
      detail: 'mean of |predicted / measured − 1|',
    },
    { name: 'Bias', value: percent(total.biasPercent), detail: 'mean of predicted / measured − 1' },
    {
      name: 'Order',
      value: total.rankCorrelation === null ? '–' : total.rankCorrelation.toFixed(2),
      detail: 'rank correlation with measurements',
    },
    ...(all === undefined
      ? []
      : [
          {
            name: `${formatPercent(coverage.confidence)} intervals`,
            value: formatPercent(all.covered),
            detail: `of measurements of a source left out are within; high / low ${formatFactor(all.width)}`,
          },
        ]),
    {
      name: 'Beyond bounds',
      value: formatInteger(over),
      detail: over === 1 ? 'source' : 'sources',
    },
  ];
}

const percent = (value: number): string =>
  `${Math.abs(value) < 100 ? value.toFixed(1) : formatInteger(value)} %`;
