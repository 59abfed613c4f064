import jStat from 'jstat';
import type { DeviceKind } from '../../../devices/device.ts';

/**
 * Standard deviation of the speed of GPUs of one model, as a share of it: of five centres, 8 % is what lies between the whiskers of box
 * plots, on average over applications (Sinha et al., "Not All GPUs Are Created Equal", SC 2022, abstract and section on
 * metrics), 1.5 interquartile ranges beyond the quartiles on either side; of a normal distribution that is 5.4 standard deviations.
 */
const SPREAD = 0.08 / 5.4;

/**
 * How many times as long the slowest of `count` devices takes as a typical one. All wait for it where each step ends with an
 * exchange among them. Expected maximum of normal draws, by Blom's approximation (Statistical Estimates and Transformed
 * Beta-Variables, 1958).
 */
export function slowestOf(count: number, kind: DeviceKind): number {
  if (kind !== 'GPU') return 1;
  return 1 + SPREAD * jStat.normal.inv((count - 0.375) / (count + 0.25), 0, 1);
}
