import { countOf } from './facts.ts';
import type { Mapped, Said } from './mapped.ts';
import { deviceBatch, mapped, replicaOf } from './replica.ts';

/** Whether a point is about one device alone. */
export const isSingleDevice = ({ facts, strategy }: Said): boolean =>
  countOf(facts, 'workers') === 1 && /single|one device|1 gpu|^gpu$/i.test(`${strategy}`);

/** A step of a network on one device. @throws Refusal */
export function singleDevicePoint(said: Said): Mapped {
  const replica = replicaOf(said, deviceBatch(said).batch);
  const phase = phaseOf(said);
  return mapped('single-device', replica, {
    phase,
    ...(phase === undefined && { optimizer: replica.network.optimizer }),
  });
}

/** What of a training step was timed; all of it where nothing else is said. */
function phaseOf({ claim, point }: Said): string | undefined {
  const words = `${point.metric} ${claim.what}`;
  if (/(forward|fwd)[\s_]*(\+|and|plus)[\s_]*(backward|bwd)|convnet-benchmarks/i.test(words))
    return 'forward+backward';
  if (/\bforward\b|inference/i.test(words)) return 'forward';
  return undefined;
}
