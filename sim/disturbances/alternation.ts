import type { RandomStream } from '../../base/random.ts';

/** A change of something that is well or ill by turns. */
export interface Turn {
  readonly seconds: number;
  readonly well: boolean;
}

/**
 * Well at first, then ill and well by turns, for exponentially distributed times: an alternating renewal process, ill
 * for meanIll / (meanWell + meanIll) of all time in the long run (Ross, Introduction to Probability Models, section
 * 7.5.1). Endless; two uniforms per turn of both.
 */
export function* alternation(
  random: RandomStream,
  meanWell: number,
  meanIll: number,
): Generator<Turn, never> {
  let seconds = 0;
  for (;;) {
    seconds += random.exponential(meanWell);
    yield { seconds, well: false };
    seconds += random.exponential(meanIll);
    yield { seconds, well: true };
  }
}
