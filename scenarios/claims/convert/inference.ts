import { findDevice } from '../../../devices/catalog/index.ts';
import { countOf, known, wordsOf } from './facts.ts';
import type { Mapped, Said } from './mapped.ts';
import { networkNamed } from './models.ts';
import { required } from './refusal.ts';

/** Whether a point is about answering, not training. */
export const isInference = ({ strategy, claim, point }: Said): boolean =>
  /inference|serving/i.test(`${strategy} ${claim.what} ${point.metric}`);

/** A batch of inferences on one device. @throws Refusal saying what is not stated. */
export function inferencePoint({ facts, hardware }: Said): Mapped {
  const words = required(wordsOf(facts, 'model'), 'the model: not stated');
  const network = required(
    networkNamed(words),
    `the zoo has no model that is called ${JSON.stringify(words)}`,
  );
  const isTpu = findDevice(hardware.device).kind === 'TPU';
  const batch =
    countOf(facts, 'device_batch') ??
    (isTpu ? countOf({ batch: facts.tpu_batch }, 'device_batch') : undefined);
  return {
    kind: 'inference',
    fields: known({ model: network.model, batch: required(batch, 'the batch: not stated') }),
    assumed: [],
  };
}
