import { type RandomStream, stream } from '../../base/random.ts';
import { lowerBounds } from '../bounds.ts';
import { groupings } from '../coplaced.ts';
import { listContext } from '../list-context.ts';
import type { PlacerContext } from '../placer.ts';
import type { PlacementProblem } from '../problem.ts';
import { drawProblem, type Family, type Tightness } from './families.ts';
import { Learner } from './learner.ts';
import { copyWeights, initialWeights, type PolicyWeights } from './policy.ts';
import { RollOut } from './roll-out.ts';
import { advantages, type SearchOptions, sample } from './search.ts';

export interface PretrainOptions extends SearchOptions {
  readonly seed: number;
  /** Problems drawn, one after another; each is learned on for a few updates. */
  readonly problems: number;
  readonly updatesPerProblem: number;
  /** Share that the average of the policies on the way keeps per update: it is what counts in the end. */
  readonly averaging: number;
  /** Problems whose scores choose among the policies on the way; every so many problems. */
  readonly validation: { readonly problems: number; readonly every: number };
}

export const PRETRAIN_DEFAULTS: PretrainOptions = {
  seed: 1,
  problems: 2000,
  updatesPerProblem: 2,
  averaging: 0.99,
  rollOuts: 16,
  learningRate: 0.005,
  entropy: 1e-3,
  clipNorm: 1,
  temperatures: [0.15, 0.15],
  patience: 0,
  validation: { problems: 60, every: 100 },
};

export interface Pretrained {
  readonly weights: PolicyWeights;
  readonly episodes: number;
  /** Mean over the validation problems of ln(score / score of the untrained policy), by problems learned on. */
  readonly validation: readonly (readonly [number, number])[];
}

/**
 * A policy for problems like those of the families: REINFORCE on one drawn problem after another, small ones with unlimited
 * memory first, in a view drawn too. Of the policies on the way the one that does best, without chance, on other draws of the same
 * families is kept.
 */
export function pretrain(
  families: readonly (readonly [string, Family])[],
  open: NonNullable<PlacerContext['session']>,
  options: PretrainOptions = PRETRAIN_DEFAULTS,
  progress?: (problem: number, validation: number) => void,
): Pretrained {
  const { seed, rollOuts } = options;
  let weights = initialWeights(stream(seed, 'pretrain', 'weights'));
  const learner = new Learner(open, weights, options);
  const judge = validator(families, options, weights);
  const validation: [number, number][] = [];
  let averaged = copyWeights(weights);
  let best = averaged;
  let bestValue = 0;
  let episodes = 0;
  for (let p = 0; p < options.problems; p++) {
    const [name, family] = families[p % families.length]!;
    const random = stream(seed, 'pretrain', name, p);
    const share = p / options.problems;
    const problem = drawProblem(family, random, share, tightnessAt(share, random.uniform()));
    const context = listContext(problem, random);
    const rollOut = drawView(viewsOn(problem), weights, context.evaluate, random);
    const decisions = rollOut.decisions(rollOuts, 16 * Math.ceil(rollOut.outlook.decisions / 16));
    const scores = new Float64Array(rollOuts);
    for (let u = 0; u < options.updatesPerProblem; u++) {
      sample(rollOut, weights, context.evaluate, { decisions, scores }, random, options);
      weights = learner.update(decisions, advantages(scores, context.failing));
      averaged = mixed(averaged, weights, options.averaging);
      episodes += rollOuts;
    }
    if ((p + 1) % options.validation.every !== 0) continue;
    const value = judge(averaged);
    validation.push([p + 1, value]);
    progress?.(p + 1, value);
    if (value < bestValue) {
      bestValue = value;
      best = averaged;
    }
  }
  return { weights: best, episodes, validation };
}

function mixed(a: PolicyWeights, b: PolicyWeights, share: number): PolicyWeights {
  const mix = (x: Float32Array, y: Float32Array): Float32Array =>
    x.map((value, i) => share * value + (1 - share) * y[i]!);
  return { w1: mix(a.w1, b.w1), b1: mix(a.b1, b.b1), w2: mix(a.w2, b.w2) };
}

/** Mostly the view that would be taken, sometimes any. */
function drawView(
  views: readonly RollOut[],
  weights: PolicyWeights,
  evaluate: PlacerContext['evaluate'],
  random: RandomStream,
): RollOut {
  if (random.uniform() < 0.3) return views[random.below(views.length)]!;
  const scores = views.map((view) => evaluate(view.run(weights)));
  return views[scores.indexOf(Math.min(...scores))]!;
}

function tightnessAt(share: number, drawn: number): Tightness {
  if (share < 0.2) return 'unlimited';
  return drawn < 0.35 ? 'unlimited' : drawn < 0.6 ? 'roomy' : 'tight';
}

function viewsOn(problem: PlacementProblem): RollOut[] {
  return [problem, ...groupings(problem).map(([, grouped]) => grouped)].flatMap((part) =>
    (['rank', 'ready'] as const).map((order) => new RollOut(part, { order })),
  );
}

/** A placement that does not fit counts as twice as slow as the slowest that the untrained policy finds. */
function validator(
  families: readonly (readonly [string, Family])[],
  { seed, validation }: PretrainOptions,
  untrained: PolicyWeights,
): (weights: PolicyWeights) => number {
  const cases = Array.from({ length: validation.problems }, (_, i) => {
    const [name, family] = families[i % families.length]!;
    const random = stream(seed, 'validation', name, i);
    const problem = drawProblem(family, random, 0.8, i % 2 === 0 ? 'unlimited' : 'tight');
    const context = listContext(problem, random);
    const views = viewsOn(problem);
    const fitting = views
      .map((view) => context.evaluate(view.run(untrained)))
      .filter((score) => score < context.failing);
    const slowest = fitting.length > 0 ? Math.max(...fitting) : 4 * lowerBounds(problem).seconds;
    return { context, views, misfit: Math.log(2 * slowest) };
  });
  const values = (weights: PolicyWeights): number[] =>
    cases.map(({ context, views, misfit }) => {
      const each = views.map((view) => {
        const score = context.evaluate(view.run(weights));
        return score < context.failing ? Math.log(score) : misfit;
      });
      // The best view is what is taken; the others count a little, for what they say of problems unlike these.
      return 0.8 * Math.min(...each) + (0.2 * each.reduce((sum, x) => sum + x, 0)) / each.length;
    });
  const before = values(untrained);
  return (weights) => values(weights).reduce((sum, value, i) => sum + value - before[i]!, 0) / before.length;
}
