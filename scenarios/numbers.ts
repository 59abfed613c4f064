import { PlanExecutor } from '../executor/plan-executor.ts';
import { wasmExecutor } from '../executor/wasm/executor.ts';
import type { Plan } from '../graph/plan.ts';
import type { Tensor } from '../graph/tensor.ts';
import { LABELS, SAMPLES } from '../graph/zoo/model.ts';
import { chosenModel } from './chosen-model.ts';
import { type Batch, loadDigits, TrainingLine } from './dataset.ts';
import { type Evaluate, evaluator } from './evaluation.ts';
import type { Learning } from './results.ts';
import type { TrainingScenario } from './schema.ts';
import { trainedVariables } from './trained-variables.ts';

/** Learning is compared by the time to this share of the first held-out loss, unless a scenario says to what else. */
const TARGET_SHARE = 1 / 3;

/** What the numbers of all runs of an experiment share. */
export interface Numbers {
  readonly line: TrainingLine;
  readonly evaluate: Evaluate;
  readonly evaluations: number;
  /** Runs are computed until they reach it; absent: all are computed to the end. */
  readonly targetAccuracy?: number;
}

export function prepareNumbers({ model, numbers }: TrainingScenario, seed: number): Numbers {
  const { held_out, evaluations, target_accuracy } = numbers!;
  const samples = loadDigits();
  return {
    line: new TrainingLine(samples, held_out, seed),
    evaluate: evaluator(chosenModel(model), samples, held_out, seed),
    evaluations,
    targetAccuracy: target_accuracy,
  };
}

/** One run whose numbers are computed. */
export interface LearningRun {
  /** Replicas of the model, each of which takes samples of its own. */
  readonly replicas: number;
  /** Samples per replica and step. */
  readonly batch: number;
  readonly samplesPerUpdate: number;
  /** Updates after which only time goes on. */
  readonly computedUpdates: number;
  readonly seed: number;
}

/**
 * Runs each kernel when the simulator starts its node, until enough updates are computed or the target is reached, and
 * looks at held-out samples now and then.
 */
export class NumbersOnVirtualTime {
  private readonly curve = {
    updates: [] as number[],
    samples: [] as number[],
    seconds: [] as number[],
    heldOutLoss: [] as (number | null)[],
    heldOutAccuracy: [] as number[],
  };
  private readonly targetAccuracy: number | undefined;
  readonly onStart: (loop: number, node: number, iteration: number) => void;
  readonly onUpdate: (update: number, seconds: number) => void;

  constructor(
    plan: Plan,
    { replicas, batch, samplesPerUpdate, computedUpdates, seed }: LearningRun,
    { line, evaluate, evaluations, targetAccuracy }: Numbers,
  ) {
    this.targetAccuracy = targetAccuracy;
    const executor = new PlanExecutor(plan, {
      seed,
      backend: wasmExecutor(),
      feed: lineFeed(line, replicas, batch),
    });
    const trained = trainedVariables(plan);
    /** Whether the target is reached. */
    const look = (update: number, seconds: number): boolean => {
      const { loss, accuracy } = evaluate(trained(executor.variables));
      this.curve.updates.push(update);
      this.curve.samples.push(update * samplesPerUpdate);
      this.curve.seconds.push(seconds);
      this.curve.heldOutLoss.push(Number.isFinite(loss) ? loss : null);
      this.curve.heldOutAccuracy.push(accuracy);
      return targetAccuracy !== undefined && accuracy >= targetAccuracy;
    };
    // Evenly spread over the updates, the beginning and the end included.
    const looks = new Set(
      Array.from({ length: evaluations }, (_, i) =>
        Math.round((computedUpdates * i) / Math.max(1, evaluations - 1)),
      ),
    );
    let computing = !look(0, 0);
    this.onStart = (loop, node, iteration) => {
      if (computing) executor.start(loop, node, iteration);
    };
    this.onUpdate = (update, seconds) => {
      if (!computing) return;
      const reached = looks.has(update) && look(update, seconds);
      if (reached || update >= computedUpdates) computing = false;
    };
  }

  get learning(): Learning {
    const { heldOutLoss, heldOutAccuracy, seconds, samples } = this.curve;
    const target: Learning['target'] =
      this.targetAccuracy === undefined
        ? { measure: 'loss', value: heldOutLoss[0]! * TARGET_SHARE }
        : { measure: 'accuracy', value: this.targetAccuracy };
    const reached =
      target.measure === 'loss'
        ? firstAtMost(target.value, heldOutLoss)
        : firstAtMost(
            -target.value,
            heldOutAccuracy.map((accuracy) => -accuracy),
          );
    return {
      target,
      secondsToTarget: reached === undefined ? null : between(seconds, reached),
      samplesToTarget: reached === undefined ? null : between(samples, reached),
      ...this.curve,
    };
  }
}

/**
 * What loops are fed: part p of n takes batch k · n + p of the line in its k-th step, so that each sample is taken once per
 * epoch whatever the strategy, and synchronous replicas see what one of n times the batch would.
 */
function lineFeed(line: TrainingLine, parts: number, batch: number) {
  const fed: { step: number; taken: Batch }[] = [];
  return (placeholder: string, part: number, step: number): Tensor | undefined => {
    if (fed[part]?.step !== step)
      fed[part] = { step, taken: line.batch((step * parts + part) * batch, batch) };
    const { taken } = fed[part];
    return placeholder === SAMPLES ? taken.samples : placeholder === LABELS ? taken.labels : undefined;
  };
}

/**
 * Where a curve first falls to `target`, as a place among its points, by linear interpolation: 2.5 is half-way from point
 * 2 to point 3; undefined where it does not.
 */
function firstAtMost(target: number, curve: readonly (number | null)[]): number | undefined {
  const at = curve.findIndex((value) => value !== null && value <= target);
  if (at < 0) return undefined;
  const [from, to] = [curve[at - 1] ?? null, curve[at]!];
  return from === null ? at : at - 1 + (from - target) / (from - to);
}

/** A column's value at a place among its rows. */
function between(column: readonly number[], place: number): number {
  const row = Math.floor(place);
  const [from, to] = [column[row]!, column[row + 1] ?? column[row]!];
  return from + (place - row) * (to - from);
}
