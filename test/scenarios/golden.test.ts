import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientScript, simulatorScript } from '../../reports/client-script.ts';
import { renderReport } from '../../reports/html.ts';
import { questionAt, startOf } from '../../reports/live/question.ts';
import { answered, liveSubjects } from '../../reports/live/subject.ts';
import { loadWritten } from '../../scenarios/load.ts';
import type { InferenceRun, PlacementRun, Results, TrainingRun } from '../../scenarios/results.ts';
import { runScenario } from '../../scenarios/run.ts';
import type { Scenario } from '../../scenarios/schema.ts';
import { expectToFit, hasChromium, look, Pages, unfold, violations } from '../reports/chromium.ts';
import { move, shownIn } from '../reports/live-panel.ts';

/*
 * Every scenario file of the project, run with fewer steps and workers, against figures that were looked at once. A change
 * of the models shows here as a change of figures: `npx vitest run test/scenarios/golden.test.ts -u` writes them anew, to be
 * looked at again.
 */

const folder = 'scenarios';
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

/** A placement experiment by placers that are quick. */
const plainly = (name: string): string =>
  `experiments.${name}.placers=[single-device, expert, min-cut, heft]`;

/** Placement experiments: of the first all placers, searches only briefly; of the others those that are quick. */
function briefly(searches: readonly string[], first: string, ...others: readonly string[]): string[] {
  return [
    ...searches.map((kind) => `experiments.${first}.placers.${kind}.evaluations=20`),
    ...others.map(plainly),
  ];
}

/** What makes a file quick to run, and leaves it its question. */
const QUICK: { readonly [file: string]: readonly string[] } = {
  'all-reduce-resnet50.yaml': ['experiments.0.workers=[8, 64, 1024]'],
  'backup-workers.yaml': ['experiments.0.steps=3', 'experiments.0.workers=[10]'],
  'dense-and-sparse.yaml': ['experiments.dense.workers=[1, 16]', 'experiments.sparse.workers=[1, 16]'],
  'digits-strategies.yaml': ['experiments.digits.steps=30', 'experiments.digits.numbers.evaluations=3'],
  'gpt-3d-parallelism.yaml': [
    'experiments.0.model.batch=8',
    'experiments.0.model.layers=24',
    ...[0, 1, 2, 3, 4].map((run) => `experiments.0.strategies.${run}.micro_batches=8`),
  ],
  'hybrid-under-failures.yaml': ['trials=1', 'experiments.0.steps=60', 'failures.mtbf.host="2 h"'],
  'language-model-servers.yaml': [
    'experiments.full-softmax.workers=[4]',
    'experiments.full-softmax.parameter_servers=[1, 4]',
    'experiments.sampled-softmax.workers=[4]',
    'experiments.sampled-softmax.parameter_servers=[1, 4]',
  ],
  'model-parallelism.yaml': [
    'experiments.speech.workers=[1, 8]',
    'experiments.images-8-maps.workers=[1, 9]',
    'experiments.images-16-maps.workers=[1, 9]',
    'experiments.images-36-maps.workers=[1, 9]',
  ],
  'null-step.yaml': [0, 1, 2, 3, 4].map((run) => `experiments.${run}.workers=[1, 10]`),
  'placement.yaml': ['experiments.0.placers.reinforce.evaluations=50'],
  'placement-embeddings-on-cpu.yaml': briefly(
    ['annealing', 'learned-list'],
    ...['dlrm-terabyte', 'wide-deep', 'wide-deep-fits'],
  ),
  // Their policies are in the tests of the papers' orders.
  'placement-iclr18.yaml': [
    ...['inception-v3', 'resnet-152', 'rnnlm', 'nmt-2', 'nmt-4', 'nmt-8'].map(plainly),
    'experiments.resnet-152.model.name=resnet-18',
    ...['rnnlm', 'nmt-2', 'nmt-4', 'nmt-8'].map((name) => `experiments.${name}.model.steps=4`),
  ],
  'placement-icml17.yaml': [
    ...['rnnlm-2', 'rnnlm-4', 'nmt-2', 'nmt-4', 'inception-2', 'inception-4'].map(plainly),
    ...['rnnlm-2', 'rnnlm-4', 'nmt-2', 'nmt-4'].map((name) => `experiments.${name}.model.steps=4`),
  ],
  'placement-slow-links.yaml': [
    ...briefly(['annealing', 'learned-list'], 'rnnlm', 'bert-base', 'resnet-50'),
    'experiments.rnnlm.model.steps=8',
  ],
  'placement-tight-memory.yaml': [
    ...briefly(['annealing', 'learned-list'], 'bert-large', 'nmt-4'),
    'experiments.nmt-4.model.steps=4',
  ],
  'placement-unlike-gpus.yaml': [
    ...briefly(['annealing', 'learned-list'], 'gpt2-throughput', 'bert-base', 'gpt2'),
    'experiments.gpt2-throughput.model.layers=2',
  ],
  'quickstart.yaml': [
    'experiments.cnn.steps=40',
    'experiments.cnn.numbers.steps=10',
    'experiments.cnn.numbers.evaluations=3',
    'experiments.inception-v3.steps=4',
    'experiments.inception-v3.workers=[1, 4]',
  ],
  // Of the sweep, the scenario that it is laid over.
  'sweep-network.yaml': ['sweep=', 'experiments.0.steps=2'],
  'sync-async-scaling.yaml': ['experiments.0.workers=[1, 8]'],
  'tpu-inference.yaml': [],
};

const figure = (value: number): string => value.toPrecision(6);

function trainingLine({ title, run }: { title: string; run: TrainingRun }): string {
  const { learning } = run;
  const parts = [
    `${title}: ${run.label}, ${run.workers} workers, ${run.parameterServers} servers:`,
    `step ${figure(run.stepSeconds.mean)} s`,
    `${figure(run.samplesPerSecond)} samples/s`,
    `speed-up ${figure(run.speedUp)}`,
    `gradients ${run.gradientsApplied} + ${run.gradientsDropped} dropped`,
    `staleness ${figure(run.staleness.mean)}`,
    `memory ${Math.max(...run.memory.map(({ peakBytes }) => peakBytes))}`,
    ...(run.losses.failures === 0
      ? []
      : [`failures ${run.losses.failures}, updates lost ${run.losses.updatesLost}`]),
    ...(learning === null ? [] : [`loss ${figure(learning.heldOutLoss.at(-1) ?? Number.NaN)}`]),
    ...(run.outOfMemory === null ? [] : ['out of memory']),
    ...(run.stopped === null ? [] : ['stops early']),
  ];
  return parts.join('  ');
}

function placementLine({ title, run }: { title: string; run: PlacementRun }): string {
  return `${title}: ${run.label}: step ${figure(run.stepSeconds)} s  transfers ${run.transferBytes} bytes`;
}

function inferenceLine({ title, run }: { title: string; run: InferenceRun }): string {
  const { server, precision, batch, batchSeconds, boundedSamplesPerSecond } = run;
  const served =
    boundedSamplesPerSecond === null ? 'too slow' : `${figure(boundedSamplesPerSecond)} inferences/s`;
  return `${title}: ${server} in ${precision}, batch ${batch}: ${figure(batchSeconds)} s  ${served}`;
}

function lines({ training, placement, inference = [] }: Results): string {
  const all = [
    ...training.flatMap(({ title, runs }) => runs.map((run) => trainingLine({ title, run }))),
    ...placement.flatMap(({ title, runs }) => runs.map((run) => placementLine({ title, run }))),
    ...inference.flatMap(({ title, runs }) => runs.map((run) => inferenceLine({ title, run }))),
  ];
  return `${all.join('\n')}\n`;
}

const found = new Map<string, Promise<Results>>();

/** Of a file, run once for all tests. */
function resultsOf(file: string): Promise<Results> {
  const known = found.get(file);
  if (known !== undefined) return known;
  const { scenario, written } = loadWritten(join(folder, file), { set: QUICK[file] ?? [] });
  const results = runScenario(scenario, { seed: scenario.seed, written });
  found.set(file, results);
  return results;
}

describe('scenario files', () => {
  test('all have a quick form', () => {
    expect(files.filter((file) => QUICK[file] === undefined)).toEqual([]);
  });

  test.each(files)('%s', { timeout: 60_000 }, async (file) => {
    const results = await resultsOf(file);
    await expect(lines(results)).toMatchFileSnapshot(join('golden', `${basename(file, '.yaml')}.txt`));
    for (const answer of results.answers) expect(answer).not.toMatch(/NaN|undefined|Infinity/);
  });
});

/** Of a list that may be chosen from, another entry than that at which it begins. */
const CHANGED = ['device', 'server', 'batch'];

/** The first panel of a report simulates again what the command line says of the same changes. */
async function expectControlsToAgree(page: Page, file: string): Promise<void> {
  const results = await resultsOf(file);
  const subject = liveSubjects(results)[0]!;
  const { id, name, controls } = subject;
  const control = controls.controls.find((one) => CHANGED.includes(one.id))!;
  const stops: { [control: string]: number } = { [control.id]: (control.start + 1) % control.stops.length };
  // What is kept of a placement is no change that could be typed.
  const placement = controls.controls.find((one) => one.id === 'placement');
  if (placement !== undefined) stops.placement = placement.stops.length - 1;
  await move(page, id, stops);
  const { state, now, answer } = await shownIn(page, id);

  const { set } = questionAt(results, subject, { ...startOf(subject), ...stops });
  const { experiments } = results.scenario as Scenario;
  const others = experiments.filter((one) => one.name !== name).map((one) => `experiments.${one.name}=`);
  const { scenario, written } = loadWritten(join(folder, file), {
    set: [...(QUICK[file] ?? []), ...set, ...others],
  });
  const typed = await runScenario(scenario, { seed: scenario.seed, written });
  const figures = answered(typed);
  if (typeof figures === 'string') {
    expect(state).toBe(`This cannot be: ${figures}`);
    return;
  }
  expect(state).toMatch(/^Simulated in/);
  expect(answer).toBe(typed.answers[0]);
  const shown = now.filter((cell) => cell !== '–');
  expect(shown).toHaveLength(figures.length);
  // A figure that is relative to something else than the report's says to what.
  expect(figures.filter(({ text }, i) => !shown[i]!.startsWith(text))).toEqual([]);
}

/** Bytes. */
const MOST_OF_REPORT = 8e6;

describe.skipIf(!hasChromium)('their reports in Chromium', () => {
  let pages: Pages;
  beforeAll(async () => {
    pages = await Pages.open();
  });
  afterAll(() => pages?.close());

  test.each(files)('%s', { timeout: 120_000 }, async (file) => {
    const name = basename(file, '.yaml');
    const html = renderReport(await resultsOf(file), clientScript(), simulatorScript());
    expect(html.length).toBeLessThan(MOST_OF_REPORT);
    expect(html.replace(/<script[\s\S]*?<\/script>/g, '')).not.toMatch(
      />[^<]*\b(?:NaN|undefined|Infinity)\b/,
    );
    await pages.write(name, html);
    const { page, problems, requests, close } = await pages.show(name, { scheme: 'dark' });
    await expectToFit(page);
    await expectControlsToAgree(page, file);
    const header = page.locator('.scroll:visible > table th.number button').first();
    await header.click();
    expect(await header.locator('..').getAttribute('aria-sort')).toBe('ascending');
    await look(page, { width: 390, scheme: 'light' });
    await expectToFit(page);
    await unfold(page);
    await expectToFit(page);
    // In the dark, and with every kind of figure, axe looks at the reports of test/reports/browser.test.ts.
    expect(await violations(page)).toEqual([]);
    expect(problems).toEqual([]);
    expect(requests.filter((url) => !url.startsWith('blob:'))).toHaveLength(1);
    await close();
  });
});
