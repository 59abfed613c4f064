import { formatInteger } from '../base/format.ts';
import { formatBytes, formatCount, formatFlops, formatSeconds } from '../base/units.ts';
import type { InferenceExperiment, ModelSummary, Results } from '../scenarios/results.ts';
import { inferenceFigures, placementFigures, trainingFigures } from './figures.ts';
import { inferenceKeyFigures, placementKeyFigures, trainingKeyFigures } from './key-figures.ts';
import { escapeHtml, tableHtml } from './markup.ts';
import { clip, unitsKept } from './names.ts';
import { answerHtml, figuresHtml, keyFiguresHtml, pageHtml } from './page.ts';
import { assumptions } from './sections/assumptions.ts';
import { evidenceMixHtml } from './sections/evidence-mix.ts';

/** Characters. */
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
    ...(results.inference ?? []).map((experiment, i) => ({
      id: `inference-${i + 1}`,
      title: experiment.title,
      facts: [modelText(experiment.model), latencyText(experiment)],
      keys: inferenceKeyFigures(experiment),
      figures: inferenceFigures(experiment, i),
    })),
  ];
  const [answer, ...furtherAnswers] = results.answers;
  const links = experiments.map(({ id, title }) => `<a href="#${id}">${escapeHtml(clip(title, 80))}</a>`);

  return pageHtml({
    title: results.title,
    brand: 'simulated, not measured',
    program: results.program,
    header: `${answer === undefined ? '' : answerHtml(unitsKept(clip(answer, MOST_OF_ANSWER)))}
${furtherAnswers.length === 0 ? '' : `<ul class="answers">${furtherAnswers.map((text) => `<li>${escapeHtml(unitsKept(clip(text, MOST_OF_ANSWER)))}</li>`).join('')}</ul>`}
${results.description === '' ? '' : `<p class="description">${escapeHtml(clip(results.description, 2000))}</p>`}`,
    main: `${experiments.length === 1 ? '' : experiments.map(({ id, title, keys }) => keyFiguresHtml(keys, `<a href="#${id}">${escapeHtml(clip(title, 80))}</a>`)).join('')}
<nav aria-label="Contents">${[...(experiments.length === 1 ? links : []), '<a href="#assumptions">Assumptions</a>', '<a href="#caveats">What is left out</a>'].join('')}</nav>
${experiments
  .map(
    ({ id, title, facts, keys, figures }) => `<section class="experiment" id="${id}">
<h2>${escapeHtml(clip(title, 200))}</h2>
<ul class="facts">${facts.map((fact) => `<li>${escapeHtml(clip(fact, 300))}</li>`).join('')}</ul>
${experiments.length === 1 ? keyFiguresHtml(keys, '') : ''}
${figuresHtml(figures)}
</section>`,
  )
  .join('\n')}
<section id="assumptions">
<h2>Assumptions</h2>
<p class="note"><span class="badge measured">measured</span> somebody measured it, by the method given; <span class="badge datasheet">datasheet</span> the maker says so; <span class="badge assumed">assumed</span> our estimate; <span class="badge scenario">scenario</span> you said so.</p>
${evidenceMixHtml(results)}
${tableHtml(assumptions(results), 'all experiments')}
</section>
<section id="caveats">
<h2>What is left out</h2>
${results.caveats.length === 0 ? '<p class="note">Nothing was noted.</p>' : `<ul class="caveats">${results.caveats.map((text) => `<li>${escapeHtml(clip(text, 600))}</li>`).join('')}</ul>`}
</section>`,
    footer: `<details><summary>The scenario as resolved</summary>
<div class="scroll" role="region" tabindex="0" aria-label="The scenario as resolved"><pre>${escapeHtml(JSON.stringify(results.scenario, null, 2) ?? '')}</pre></div></details>
<p>Made by stepcast ${escapeHtml(clip(results.program, 40))} with seed ${escapeHtml(String(results.seed))}. The same scenario and seed give the same file, byte for byte.</p>`,
    data: results,
    client,
  });
}

function latencyText({ latencySeconds }: InferenceExperiment): string {
  return latencySeconds === null
    ? 'devices always busy'
    : `99 % of requests answered within ${formatSeconds(latencySeconds)}`;
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
