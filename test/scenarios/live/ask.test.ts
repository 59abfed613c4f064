import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import type { LiveFigure } from '../../../reports/live/figures.ts';
import { counts, type Positions, questionAt, startOf } from '../../../reports/live/question.ts';
import { answered, type LiveSubject, liveSubjects } from '../../../reports/live/subject.ts';
import { ask } from '../../../scenarios/live/ask.ts';
import { loadWritten } from '../../../scenarios/load.ts';
import type { Results } from '../../../scenarios/results.ts';
import { runScenario } from '../../../scenarios/run.ts';

/*
 * What the page of a report asks again: the same question as the command line's, with the same answer. The page sends what
 * is tested here to a thread of its own; test/reports/live.test.ts does that in a browser.
 */

const FILE = fileURLToPath(new URL('small.yaml', import.meta.url));
let results: Results;
let subjects: LiveSubject[];

beforeAll(async () => {
  const { scenario, written } = loadWritten(FILE);
  results = await runScenario(scenario, { seed: scenario.seed, written });
  subjects = liveSubjects(results);
});

const subjectOf = (name: string): LiveSubject => subjects.find((subject) => subject.name === name)!;

/** As `stepcast run FILE --set …` answers. */
async function byCommandLine(set: readonly string[]): Promise<Results> {
  const { scenario } = loadWritten(FILE, { set });
  return runScenario(scenario, { seed: scenario.seed });
}

describe('an experiment asked again', () => {
  test('every kind of experiment can be', () => {
    expect(subjects.map(({ id }) => id)).toEqual(['training-1', 'placement-1', 'inference-1']);
  });

  test.each(['digits', 'places', 'answers'])('begins at what the report says: %s', async (name) => {
    const subject = subjectOf(name);
    const again = await ask(questionAt(results, subject, startOf(subject)), () => {});
    const figures = answered(again) as LiveFigure[];
    // One strategy alone may be compared with another kind of single worker than all of them together.
    const comparable = figures.map((figure, i) => {
      const other = figure.against !== subject.figures[i]!.against;
      return other ? subject.figures[i] : figure;
    });
    expect(comparable).toEqual(subject.figures);
    expect(figures.filter(({ against }) => against === undefined).length).toBeGreaterThan(2);
  });

  test('every stop of every control is a scenario that runs, or says why not', async () => {
    for (const subject of subjects) {
      for (const { id, stops } of subject.controls.controls) {
        // The first, the last, and one between them.
        for (const stop of new Set([0, stops.length >> 1, stops.length - 1])) {
          const question = questionAt(results, subject, { ...startOf(subject), [id]: stop });
          const again = await ask(question, () => {});
          const figures = answered(again);
          if (typeof figures === 'string') expect(figures, `${subject.name}, ${id}`).not.toBe('');
          else for (const { value } of figures) expect(value === null || Number.isFinite(value)).toBe(true);
        }
      }
    }
  });

  test.each([
    ['digits', { network: 0, stragglers: 8, workers: 1 }],
    ['digits', { strategy: 0, backups: 1, workers: 3, servers: 2 }],
    ['digits', { device: 7, batch: 0 }],
    ['places', { placement: 3, device: 9 }],
    ['answers', { server: 30, batch: 4, latency: 6 }],
  ] satisfies [string, Positions][])('has the answer of the command line: %s at %o', async (name, moved) => {
    const subject = subjectOf(name);
    const question = questionAt(results, subject, { ...startOf(subject), ...moved });
    expect(question.placement).toBeNull();
    const again = await ask(question, () => {});
    const typed = await byCommandLine(question.set);
    const own = ({ training, placement, inference = [] }: Results) =>
      [...training, ...placement, ...inference].find((experiment) => experiment.name === name)!;
    const title = own(typed).title;
    expect(again.answers).toEqual(typed.answers.filter((answer) => answer.startsWith(`${title}:`)));
    expect(answered(again)).toEqual(
      answered({
        ...typed,
        training: typed.training.filter((experiment) => experiment.name === name),
        placement: typed.placement.filter((experiment) => experiment.name === name),
        inference: (typed.inference ?? []).filter((experiment) => experiment.name === name),
      }),
    );
  });

  test('backups count only while training is synchronous', () => {
    const subject = subjectOf('digits');
    const backups = subject.controls.controls.find(({ id }) => id === 'backups')!;
    expect(counts(backups, { strategy: 0 })).toBe(true);
    expect(counts(backups, { strategy: 1 })).toBe(false);
    const { set } = questionAt(results, subject, { ...startOf(subject), strategy: 1, backups: 2 });
    expect(set.filter((change) => change.startsWith('strategy='))).toHaveLength(1);
    expect(set.join()).toContain('"async"');
  });

  test('what makes no scenario is refused in words', async () => {
    const question = questionAt(results, subjectOf('digits'), startOf(subjectOf('digits')));
    await expect(ask({ ...question, set: ['cluster.workers.accelerator=k41'] }, () => {})).rejects.toThrow(
      /unknown accelerator.*k40/,
    );
  });

  test('results without the scenario as written have no controls', async () => {
    const { scenario } = loadWritten(FILE);
    const mute = await runScenario(scenario, { seed: 1, brief: true });
    expect(liveSubjects(mute)).toEqual([]);
  });
});
