import type { Figure } from './figure.ts';
import type { KeyFigure } from './key-figures.ts';
import { escapeHtml, scriptJson, scriptText, tableHtml } from './markup.ts';
import { clip, unitsKept } from './names.ts';
import { STYLE } from './style.ts';

const POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

export interface Page {
  readonly title: string;
  /** What the figures are: `simulated, not measured`. */
  readonly brand: string;
  /** Version of stepcast. */
  readonly program: string;
  /** HTML of its parts. */
  readonly header: string;
  readonly main: string;
  readonly footer: string;
  /** What the script draws its charts from. */
  readonly data: unknown;
  /** Text of dist/report-client.js. */
  readonly client: string;
}

/** One HTML file with everything in it: no request, readable without JavaScript. */
export function pageHtml({ title, brand, program, header, main, footer, data, client }: Page): string {
  const name = escapeHtml(clip(title, 200));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="stepcast ${escapeHtml(clip(program, 40))}">
<title>${name}</title>
<style>${STYLE}</style>
<noscript><style>.chart{display:none}</style></noscript>
</head>
<body>
<header class="page">
<p class="brand"><span>stepcast</span> ${escapeHtml(brand)}</p>
<h1>${name}</h1>
${header}
</header>
<main class="page">
${main}
</main>
<footer class="page"><div>
${footer}
</div></footer>
<script type="application/json" id="results">${scriptJson(data)}</script>
<script>${scriptText(client)}</script>
</body>
</html>
`;
}

/** Characters. */
const LONG_ANSWER = 170;

/** The first sentence large, or less so where it is long; the others beneath it. */
export function answerHtml(answer: string): string {
  const [, first, rest] = /^(.+?[.!?])\s+(\p{Lu}.*)$/su.exec(answer) ?? [null, answer, ''];
  const size = first!.length > LONG_ANSWER ? 'answer long' : 'answer';
  const more = rest === '' ? '' : `\n<p class="answer-more">${escapeHtml(rest!)}</p>`;
  return `<p class="${size}">${escapeHtml(first!)}</p>${more}`;
}

/** Large figures side by side. */
export function keyFiguresHtml(figures: readonly KeyFigure[], heading: string): string {
  if (figures.length === 0) return '';
  const cards = figures
    .map(
      ({ name, value, detail }) =>
        `<div><dt>${escapeHtml(name)}</dt><dd><strong>${escapeHtml(value)}</strong> <span>${escapeHtml(unitsKept(detail))}</span></dd></div>`,
    )
    .join('\n');
  return `${heading === '' ? '' : `<p class="strip-title">${heading}</p>`}<dl class="strip">
${cards}
</dl>`;
}

/** Figures in rows: two neighbouring halves share one; a half without a neighbour gets the whole one. */
export function figuresHtml(figures: readonly Figure[]): string {
  let open = false;
  const rows = figures.map((figure, i) => {
    const paired = figure.width === 'half' && (open || figures[i + 1]?.width === 'half');
    open = paired && !open;
    return figureHtml(figure, paired ? 'half' : 'full');
  });
  return `<div class="figures">\n${rows.join('\n')}\n</div>`;
}

function figureHtml({ id, title, note, chart, tables }: Figure, width: Figure['width']): string {
  const contents = tables.map((table) => tableHtml(table, id)).join('\n');
  return `<div class="figure ${width}" id="${id}">
<div class="heading"><h3>${escapeHtml(unitsKept(title))}</h3>${note === '' ? '' : `<p class="note">${escapeHtml(note)}</p>`}</div>
${
  chart === null
    ? contents
    : `<div class="chart ${chart.kind}" data-chart="${id}"></div>
${tables.length === 0 ? '' : `<details><summary>Data as a table</summary>\n${contents}\n</details>`}`
}
</div>`;
}
