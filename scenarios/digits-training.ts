import type { Backend } from '../executor/backend.ts';
import { Session } from '../executor/session.ts';
import { VariableStore } from '../executor/variables.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { adam } from '../graph/optimizers/adam.ts';
import { minimize } from '../graph/optimizers/minimize.ts';
import { LABELS, type Model, SAMPLES } from '../graph/zoo/model.ts';
import { loadDigits, TrainingLine } from './dataset.ts';
import { evaluator } from './evaluation.ts';

export interface DigitsTraining {
  readonly batch: number;
  readonly heldOut: number;
  readonly learningRate: number;
  readonly seed: number;
  /** Training ends when an epoch's end finds this accuracy on the held-out digits, or after so many epochs. */
  readonly target: number;
  readonly mostEpochs: number;
  readonly backend: Backend;
  /** Called after each epoch. */
  readonly onEpoch?: (epoch: number, accuracy: number) => void;
}

/** Trains a classifier of digits by Adam, in one session. Returns the last accuracy on digits that it never saw. */
export function trainOnDigits(model: Model, options: DigitsTraining): { epochs: number; accuracy: number } {
  const { batch, heldOut, learningRate, seed, target, mostEpochs, backend, onEpoch } = options;
  const samples = loadDigits();
  const line = new TrainingLine(samples, heldOut, seed);
  const builder = new GraphBuilder();
  const { loss, parameters } = model.build(builder, { batch, dtype: 'float32' });
  const { train } = minimize(builder, loss, parameters, adam({ learningRate }));
  const variables = new VariableStore();
  const session = new Session(builder.finish(), { seed, variables, backend });
  const evaluate = evaluator(model, samples, heldOut, seed, backend);
  const steps = Math.floor((samples.count - heldOut) / batch);
  let accuracy = 0;
  let epochs = 0;
  while (epochs < mostEpochs && accuracy < target) {
    for (let step = 0; step < steps; step++) {
      const fed = line.batch((epochs * steps + step) * batch, batch);
      session.run({ targets: [train.name], feeds: { [SAMPLES]: fed.samples, [LABELS]: fed.labels } });
    }
    accuracy = evaluate(variables).accuracy;
    epochs++;
    onEpoch?.(epochs, accuracy);
  }
  return { epochs, accuracy };
}
