import type { Chapter } from './chapter.ts';
import { drawChart } from './charts/draw-chart.ts';
import { drawPlacedGraph } from './charts/placed-graph.ts';
import { textWidthByTable } from './charts/text-width.ts';
import type { Chart, Figure } from './figure.ts';
import { escapeHtml, tableHtml } from './markup.ts';
import { clip, unitsKept } from './names.ts';

/** CSS pixels that charts are drawn at before the page knows its width, and without JavaScript for good. */
const STILL = { full: 760, half: 520 } as const;

/** HTML that follows a figure. */
export type Foot = (figure: Figure) => string;

/** Links to parts of the page. */
export function contentsHtml(label: string, links: readonly (readonly [id: string, name: string])[]): string {
  const items = links.map(([id, name]) => `<li><a href="#${id}">${escapeHtml(clip(name, 80))}</a></li>`);
  return `<nav aria-label="${escapeHtml(label)}"><ul>${items.join('')}</ul></nav>`;
}

/** Chapters one after another; what a chapter found stands for the title of its first figure where that is the same. */
export function chaptersHtml(chapters: readonly Chapter[], foot: Foot): string {
  return chapters
    .map(
      ({ id, name, finding, figures }) => `<section class="chapter" id="${id}">
<h3><span class="kicker">${escapeHtml(name)}<span class="unseen">: </span></span> ${escapeHtml(unitsKept(finding))}</h3>
${figuresHtml(figures, { level: 4, foot, told: finding })}
</section>`,
    )
    .join('\n');
}

interface Options {
  /** Of the headings of figures. */
  readonly level: 3 | 4;
  readonly foot: Foot;
  /** What stands above the first figure already. */
  readonly told?: string;
}

/** Figures in rows: two neighbouring halves share one; a half without a neighbour gets the whole one. */
export function figuresHtml(figures: readonly Figure[], options: Options): string {
  let open = false;
  const rows = figures.map((figure, i) => {
    const paired = figure.width === 'half' && (open || figures[i + 1]?.width === 'half');
    open = paired && !open;
    const told = i === 0 && options.told !== undefined && sameWords(figure.title, options.told);
    return figureHtml(figure, paired ? 'half' : 'full', told, options);
  });
  return `<div class="figures">\n${rows.join('\n')}\n</div>`;
}

/** A finding may leave out what its chapter's name says. */
function sameWords(title: string, told: string): boolean {
  return title.toLowerCase().endsWith(told.toLowerCase());
}

function figureHtml(
  { id, title, note, chart, tables, ...figure }: Figure,
  width: Figure['width'],
  told: boolean,
  { level, foot }: Options,
): string {
  const contents = tables.map((table) => tableHtml(table, id)).join('\n');
  const heading = told ? '' : `<h${level}>${escapeHtml(unitsKept(title))}</h${level}>`;
  const remark = note === '' ? '' : `<p class="note">${escapeHtml(unitsKept(note))}</p>`;
  const still = chart === null ? '' : stillHtml(chart, title, STILL[width]);
  return `<div class="figure ${width}" id="${id}">
<div class="heading">${heading}${remark}</div>
${chart === null ? contents : `<div class="chart ${chart.kind}" data-chart="${id}">${still}</div>`}
<div class="under">${chart === null || tables.length === 0 ? '' : `<details><summary>Data as a table</summary>\n${contents}\n</details>`}
<div class="foot">${foot({ id, title, note, chart, tables, ...figure })}</div></div>
</div>`;
}

/** A chart as Node draws it; '' of those that only a page can draw. */
function stillHtml(chart: Chart, title: string, width: number): string {
  const context = { width, label: `${title}. The data follow as a table.`, textWidth: textWidthByTable };
  const drawing = chart.kind === 'placed-graph' ? drawPlacedGraph(chart, context) : drawChart(chart, context);
  return drawing?.html ?? '';
}
