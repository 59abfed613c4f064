import { formatInteger } from '../base/format.ts';
import { formatBytes, formatCount, formatFlops, formatSeconds } from '../base/units.ts';
import type { InferenceExperiment, ModelSummary, Results } from '../scenarios/results.ts';
import { assumptionsHtml } from './assumptions-html.ts';
import type { Chapter } from './chapter.ts';
import { chaptersHtml, contentsHtml } from './chapter-html.ts';
import { evidenceOf } from './evidence-of.ts';
import { factsHtml, glanceHtml } from './facts-html.ts';
import { inferenceChapters, placementChapters, trainingChapters } from './figures.ts';
import { inferenceFacts } from './inference-facts.ts';
import type { KeyFigure } from './key-figures.ts';
import { livePanelHtml } from './live/panel.ts';
import { liveSubjects } from './live/subject.ts';
import { escapeHtml } from './markup.ts';
import { clip, unitsKept } from './names.ts';
import { pageHtml } from './page.ts';
import { pageData } from './page-data.ts';
import { furtherPlacementFacts, placementFacts } from './placement-facts.ts';
import { furtherFacts, trainingFacts } from './training-facts.ts';
import { inSentences, verdictHtml } from './verdict.ts';

/** Characters. */
const MOST_OF_ANSWER = 2000;

/** What the page tells of one experiment. */
interface Told {
  readonly id: string;
  readonly title: string;
  /** What was asked: cluster, model, sizes. */
  readonly asked: readonly string[];
  readonly facts: readonly KeyFigure[];
  readonly further: readonly KeyFigure[];
  readonly chapters: readonly Chapter[];
}

/**
 * One HTML file with everything in it: no request, readable without JavaScript, the same bytes for the same
 * results. `client` is the text of dist/report-client.js, which draws the charts again at the width of the window;
 * `simulator` that of dist/report-simulator.txt, with which experiments that carry controls are asked again in the page.
 */
export function renderReport(results: Results, client: string, simulator = ''): string {
  const experiments = toldOf(results);
  const [only] = experiments.length === 1 ? experiments : [];
  const answers = results.answers.map((answer) => unitsKept(clip(answer, MOST_OF_ANSWER)));
  const ofExperiment = experiments.map(({ title }) =>
    answers.find((answer) => answer.startsWith(`${title}: `)),
  );
  const others = answers.slice(1).filter((answer) => !ofExperiment.includes(answer));
  const evidence = evidenceOf(results);
  const subjects = simulator === '' ? [] : liveSubjects(results);
  const appendix = [
    ['assumptions', 'Assumptions'],
    ['caveats', 'What is left out'],
    ['scenario', 'The scenario'],
  ] as const;

  return pageHtml({
    title: results.title,
    brand: 'simulated, not measured',
    program: results.program,
    header: `${answers[0] === undefined ? '' : verdictHtml(answers[0])}
${others.length === 0 ? '' : `<ul class="answers">${others.map((text) => `<li>${escapeHtml(text)}</li>`).join('')}</ul>`}
${only === undefined ? glanceHtml(experiments) : factsHtml([...only.facts, ...only.further])}
${results.description === '' ? '' : `<p class="description">${escapeHtml(clip(results.description, 2000))}</p>`}
${contentsHtml('Contents', [
  ...(only === undefined ? experiments.map(({ id, title }) => [id, title] as const) : namesOf(only.chapters)),
  ...appendix,
])}`,
    main: `${experiments
      .map(({ id, title, asked, facts, further, chapters }, i) => {
        const [, ...words] = inSentences(ofExperiment[i] ?? (only === undefined ? '' : (answers[0] ?? '')));
        return `<section class="experiment" id="${id}">
<h2>${escapeHtml(clip(title, 200))}</h2>
<ul class="facts">${asked.map((fact) => `<li>${escapeHtml(clip(fact, 300))}</li>`).join('')}</ul>
${only === undefined ? factsHtml([...facts, ...further]) : ''}
${words.join('') === '' ? '' : `<p class="answer-more">${escapeHtml(words.join(' ').trim())}</p>`}
${only === undefined && chapters.length > 1 ? contentsHtml(`Contents of ${clip(title, 80)}`, namesOf(chapters)) : ''}
${subjects
  .filter((subject) => subject.id === id)
  .map(livePanelHtml)
  .join('')}
${chaptersHtml(chapters, evidence)}
</section>`;
      })
      .join('\n')}
<section id="assumptions">
<h2>Assumptions</h2>
${assumptionsHtml(results)}
</section>
<section id="caveats">
<h2>What is left out</h2>
${results.caveats.length === 0 ? '<p class="note">Nothing was noted.</p>' : `<ul class="caveats">${results.caveats.map((text) => `<li>${escapeHtml(clip(text, 600))}</li>`).join('')}</ul>`}
</section>
<section id="scenario">
<h2>The scenario</h2>
<p class="note">As resolved: defaults filled in, changes of the command line applied. Seed ${escapeHtml(String(results.seed))}.</p>
<details class="code"><summary>Show the scenario</summary>
<div class="scroll" role="region" tabindex="0" aria-label="The scenario as resolved"><pre>${escapeHtml(JSON.stringify(results.scenario, null, 2) ?? '')}</pre></div></details>
</section>`,
    footer: `<p>Made by stepcast ${escapeHtml(clip(results.program, 40))} with seed ${escapeHtml(String(results.seed))}. The same scenario and seed give the same file, byte for byte.</p>`,
    data: pageData(results),
    client,
    ...(subjects.length > 0 && { simulator }),
  });
}

const namesOf = (chapters: readonly Chapter[]) => chapters.map(({ id, name }) => [id, name] as const);

function toldOf(results: Results): Told[] {
  return [
    ...results.training.map((experiment, i) => ({
      id: `training-${i + 1}`,
      title: experiment.title,
      asked: [
        experiment.cluster,
        modelText(experiment.model),
        `${formatInteger(experiment.batchPerWorker)} samples per replica and step, learning rate ${formatCount(experiment.learningRate)}${experiment.learningRateScaling === null ? '' : ' times the replicas whose gradients an update takes'}`,
      ],
      facts: trainingFacts(experiment),
      further: furtherFacts(experiment),
      chapters: trainingChapters(experiment, i),
    })),
    ...results.placement.map((experiment, i) => ({
      id: `placement-${i + 1}`,
      title: experiment.title,
      asked: [
        experiment.cluster,
        modelText(experiment.model),
        `${formatInteger(experiment.batch)} samples per step`,
      ],
      facts: placementFacts(experiment),
      further: furtherPlacementFacts(experiment),
      chapters: placementChapters(experiment, i),
    })),
    ...(results.inference ?? []).map((experiment, i) => ({
      id: `inference-${i + 1}`,
      title: experiment.title,
      asked: [modelText(experiment.model), latencyText(experiment)],
      facts: inferenceFacts(experiment),
      further: [],
      chapters: inferenceChapters(experiment, i),
    })),
  ];
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
