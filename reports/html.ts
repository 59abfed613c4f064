import { formatInteger } from '../base/format.ts';
import { formatBytes, formatCount, formatFlops } from '../base/units.ts';
import type { ModelSummary, Results } from '../scenarios/results.ts';
import type { Figure } from './figure.ts';
import { placementFigures, trainingFigures } from './figures.ts';
import { type KeyFigure, placementKeyFigures, trainingKeyFigures } from './key-figures.ts';
import { escapeHtml, scriptJson, scriptText, tableHtml } from './markup.ts';
import { clip, unitsKept } from './names.ts';
import { assumptions } from './sections/assumptions.ts';
import { STYLE } from './style.ts';

const POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** Characters. */
const LONG_ANSWER = 170;
const MOST_OF_ANSWER = 2000;

/**
 * One HTML file with everything in it: no request, readable without JavaScript, the same bytes for the same
 * results. `client` is the text of dist/report-client.js, which draws the charts.
 */
export function renderReport(results: Results, client: string): string {
  const experiments = [
    ...results.training.map((experiment, i) => ({
      id: `training-${i + 1}`,
      title: experiment.title,
      facts: [
        experiment.cluster,
        modelText(experiment.model),
        `${formatInteger(experiment.batchPerWorker)} samples per replica and step, learning rate ${formatCount(experiment.learningRate)}${experiment.learningRateScaling === null ? '' : ' times the replicas whose gradients an update takes'}`,
      ],
      keys: trainingKeyFigures(experiment),
      figures: trainingFigures(experiment, i),
    })),
    ...results.placement.map((experiment, i) => ({
      id: `placement-${i + 1}`,
      title: experiment.title,
      facts: [
        experiment.cluster,
        modelText(experiment.model),
        `${formatInteger(experiment.batch)} samples per step`,
      ],
      keys: placementKeyFigures(experiment),
      figures: placementFigures(experiment, i),
    })),
  ];
  const [answer, ...furtherAnswers] = results.answers;
  const title = escapeHtml(clip(results.title, 200));
  const links = experiments.map(({ id, title }) => `<a href="#${id}">${escapeHtml(clip(title, 80))}</a>`);

  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="stepcast ${escapeHtml(clip(results.program, 40))}">
<title>${title}</title>
<style>${STYLE}</style>
<noscript><style>.chart{display:none}</style></noscript>
</head>
<body>
<header class="page">
<p class="brand"><span>stepcast</span> simulated, not measured</p>
<h1>${title}</h1>
${answer === undefined ? '' : answerHtml(unitsKept(clip(answer, MOST_OF_ANSWER)))}
${furtherAnswers.length === 0 ? '' : `<ul class="answers">${furtherAnswers.map((text) => `<li>${escapeHtml(unitsKept(clip(text, MOST_OF_ANSWER)))}</li>`).join('')}</ul>`}
${results.description === '' ? '' : `<p class="description">${escapeHtml(clip(results.description, 2000))}</p>`}
</header>
<main class="page">
${experiments.length === 1 ? '' : experiments.map(({ id, title, keys }) => keyFigures(keys, `<a href="#${id}">${escapeHtml(clip(title, 80))}</a>`)).join('')}
<nav aria-label="Contents">${[...(experiments.length === 1 ? links : []), '<a href="#assumptions">Assumptions</a>', '<a href="#caveats">What is left out</a>'].join('')}</nav>
${experiments
  .map(
    ({ id, title, facts, keys, figures }) => `<section class="experiment" id="${id}">
<h2>${escapeHtml(clip(title, 200))}</h2>
<ul class="facts">${facts.map((fact) => `<li>${escapeHtml(clip(fact, 300))}</li>`).join('')}</ul>
${experiments.length === 1 ? keyFigures(keys, '') : ''}
<div class="figures">
${inRows(figures).join('\n')}
</div>
</section>`,
  )
  .join('\n')}
<section id="assumptions">
<h2>Assumptions</h2>
<p class="note"><span class="badge measured">measured</span> somebody measured it, by the method given; <span class="badge datasheet">datasheet</span> the maker says so; <span class="badge assumed">assumed</span> our estimate; <span class="badge scenario">scenario</span> you said so.</p>
${tableHtml(assumptions(results), 'all experiments')}
</section>
<section id="caveats">
<h2>What is left out</h2>
${results.caveats.length === 0 ? '<p class="note">Nothing was noted.</p>' : `<ul class="caveats">${results.caveats.map((text) => `<li>${escapeHtml(clip(text, 600))}</li>`).join('')}</ul>`}
</section>
</main>
<footer class="page"><div>
<details><summary>The scenario as resolved</summary>
<div class="scroll" role="region" tabindex="0" aria-label="The scenario as resolved"><pre>${escapeHtml(JSON.stringify(results.scenario, null, 2) ?? '')}</pre></div></details>
<p>Made by stepcast ${escapeHtml(clip(results.program, 40))} with seed ${escapeHtml(String(results.seed))}. The same scenario and seed give the same file, byte for byte.</p>
</div></footer>
<script type="application/json" id="results">${scriptJson(results)}</script>
<script>${scriptText(client)}</script>
</body>
</html>
`;
}

/** The first sentence large, or less so where it is long; the others beneath it. */
function answerHtml(answer: string): string {
  const [, first, rest] = /^(.+?[.!?])\s+(\p{Lu}.*)$/su.exec(answer) ?? [null, answer, ''];
  const size = first!.length > LONG_ANSWER ? 'answer long' : 'answer';
  const more = rest === '' ? '' : `\n<p class="answer-more">${escapeHtml(rest!)}</p>`;
  return `<p class="${size}">${escapeHtml(first!)}</p>${more}`;
}

function modelText({
  name,
  parameters,
  parameterBytes,
  nodes,
  forwardFlopsPerSample,
  trainingFlopsPerSample,
}: ModelSummary): string {
  const arithmetic =
    trainingFlopsPerSample === null
      ? `${formatFlops(forwardFlopsPerSample)} per sample`
      : `${formatFlops(trainingFlopsPerSample)} per training sample`;
  return `${clip(name, 80)}: ${formatInteger(parameters)} parameters (${formatBytes(parameterBytes)}), ${arithmetic}, ${formatInteger(nodes)} nodes`;
}

function keyFigures(figures: readonly KeyFigure[], heading: string): string {
  if (figures.length === 0) return '';
  const cards = figures
    .map(
      ({ name, value, detail }) =>
        `<div><dt>${escapeHtml(name)}</dt><dd><strong>${escapeHtml(value)}</strong> <span>${escapeHtml(detail)}</span></dd></div>`,
    )
    .join('\n');
  return `${heading === '' ? '' : `<p class="strip-title">${heading}</p>`}<dl class="strip">
${cards}
</dl>`;
}

/** Two neighbouring halves share a row; a half without a neighbour gets the whole one. */
function inRows(figures: readonly Figure[]): string[] {
  let open = false;
  return figures.map((figure, i) => {
    const paired = figure.width === 'half' && (open || figures[i + 1]?.width === 'half');
    open = paired && !open;
    return figureHtml(figure, paired ? 'half' : 'full');
  });
}

function figureHtml({ id, title, note, chart, tables }: Figure, width: Figure['width']): string {
  const contents = tables.map((table) => tableHtml(table, id)).join('\n');
  return `<div class="figure ${width}" id="${id}">
<div class="heading"><h3>${escapeHtml(title)}</h3>${note === '' ? '' : `<p class="note">${escapeHtml(note)}</p>`}</div>
${
  chart === null
    ? contents
    : `<div class="chart ${chart.kind}" data-chart="${id}"></div>
<details><summary>Data as a table</summary>
${contents}
</details>`
}
</div>`;
}
