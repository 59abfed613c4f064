import { beforeAll, describe, expect, it } from 'vitest';
import { loadScenario } from '../../scenarios/load.ts';
import type { TrainingRun } from '../../scenarios/results.ts';
import { runScenario } from '../../scenarios/run.ts';

/*
 * What Dean et al. (NIPS 2012, section 5 and figure 3) say of model parallelism must come out of the scenario. Their
 * machines, network and batches are not published, so that factors are compared loosely: what is fast, what slow, and why.
 */

const SPEECH = [1, 2, 4, 8, 16, 32, 64];
const IMAGES = [1, 9, 36, 81];
const MAPS = [8, 16, 36];

/** Speed-ups by number of machines. */
type Curve = ReadonlyMap<number, number>;

let speech: Curve;
let images: readonly Curve[];
let runs: readonly (readonly TrainingRun[])[];
let answers: readonly string[];

beforeAll(async () => {
  const scenario = loadScenario('scenarios/model-parallelism.yaml', {
    set: [
      `experiments.speech.workers=${JSON.stringify(SPEECH)}`,
      ...MAPS.map((maps) => `experiments.images-${maps}-maps.workers=${JSON.stringify(IMAGES)}`),
    ],
  });
  const results = await runScenario(scenario, { seed: scenario.seed });
  runs = results.training.map((experiment) => experiment.runs);
  answers = results.answers;
  const curve = (of: readonly TrainingRun[]): Curve =>
    new Map(of.map(({ workers, speedUp }) => [workers, speedUp]));
  speech = curve(runs[0]!);
  images = runs.slice(1).map(curve);
}, 120_000);

const best = (curve: Curve): number => [...curve].reduce((a, b) => (b[1] > a[1] ? b : a))[0];

describe('the speech network, fully connected', () => {
  it('is fastest on about 8 machines (here a factor of two either way), about 2.2 times as fast as on one', () => {
    expect(best(speech)).toBeGreaterThanOrEqual(4);
    expect(best(speech)).toBeLessThanOrEqual(16);
    expect(Math.abs(speech.get(8)! / 2.2 - 1)).toBeLessThan(0.25);
  });

  it('is slower on more: "network overhead starts to dominate"', () => {
    const beyond = SPEECH.filter((machines) => machines >= best(speech)).map(
      (machines) => speech.get(machines)!,
    );
    expect(beyond.length).toBeGreaterThan(2);
    for (const [i, speedUp] of beyond.slice(1).entries()) expect(speedUp).toBeLessThan(beyond[i]!);
  });
});

describe('the image networks, locally connected', () => {
  it('go on gaining up to 81 machines, with diminishing returns', () => {
    for (const curve of images) {
      for (const [i, machines] of IMAGES.slice(1).entries()) {
        const before = IMAGES[i]!;
        expect(curve.get(machines)).toBeGreaterThan(curve.get(before)!);
        expect(curve.get(machines)! / machines).toBeLessThan(curve.get(before)! / before);
      }
    }
  });

  it('gain the more, the larger they are', () => {
    for (const machines of IMAGES.slice(1)) {
      for (const [i, curve] of images.slice(1).entries()) {
        expect(curve.get(machines)).toBeGreaterThan(images[i]!.get(machines)!);
      }
    }
  });

  it('the largest gains more than 12 times on 81 machines', () => {
    expect(images[2]!.get(81)).toBeGreaterThan(12);
  });

  it('gain more than the speech network wherever machines are many', () => {
    expect(Math.min(...images.map((curve) => curve.get(36)!))).toBeGreaterThan(Math.max(...speech.values()));
  });
});

it('one machine has all parameters, many a share of them each', () => {
  const [alone, , , many] = runs[3]!;
  const most = ({ memory }: TrainingRun): number => Math.max(...memory.map(({ peakBytes }) => peakBytes));
  // 1.44 billion parameters of 4 bytes.
  expect(most(alone!)).toBeGreaterThan(1.44e9 * 4);
  expect(most(many!)).toBeLessThan(most(alone!) / 40);
});

it('is what the answers say', () => {
  expect(answers[0]).toContain(`on ${best(speech)} workers trains fastest`);
  expect(answers[3]).toContain('on 81 workers trains fastest');
});
