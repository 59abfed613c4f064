import { mean } from '../base/statistics.ts';
import measured from './catalog/drawn-power.json' with { type: 'json' };

/** What something draws: as is to be expected, and within what. Watts. */
export interface Power {
  readonly expected: number;
  readonly least: number;
  readonly most: number;
}

/** Share of the rated power that devices draw in one state: the mean of those that were measured, and the least of all. */
interface DrawnShare {
  readonly mean: number;
  readonly least: number;
}

interface Measurement {
  readonly device: string;
  readonly rated: number;
  readonly watts: number;
}

/** Each device counts once, however often it was measured. */
export function drawnShare(rows: readonly Measurement[]): DrawnShare {
  const shareOf = ({ watts, rated }: Measurement): number => watts / rated;
  const devices = [...new Set(rows.map(({ device }) => device))];
  const means = devices.map((device) => mean(rows.filter((row) => row.device === device).map(shareOf)));
  return { mean: mean(means), least: Math.min(...rows.map(shareOf)) };
}

/** Measured shares of rated power (catalog/drawn-power.json says by whom): of devices that compute, and of those that wait. */
export const BUSY = drawnShare(measured.busy);
export const WAITING = drawnShare(measured.waiting);

/** Where the shares are from. */
export const POWER_SOURCES: readonly string[] = Object.values(measured.sources);

/**
 * Mean power of a device of so many rated watts that computes in the share `busy` of all time, 0 … 1: linear between what
 * devices were measured to draw while they wait and while they compute. At least: both as the most frugal one that was
 * measured. At most: the rated power at all times.
 */
export function devicePower(ratedWatts: number, busy: number): Power {
  const at = (waiting: number, computing: number): number =>
    ratedWatts * (waiting + (computing - waiting) * Math.min(1, Math.max(0, busy)));
  return {
    expected: at(WAITING.mean, BUSY.mean),
    least: at(WAITING.least, BUSY.least),
    most: ratedWatts,
  };
}

/** The sum of all. */
export function totalPower(powers: readonly Power[]): Power {
  const sum = (of: (power: Power) => number): number => powers.reduce((total, power) => total + of(power), 0);
  return {
    expected: sum(({ expected }) => expected),
    least: sum(({ least }) => least),
    most: sum(({ most }) => most),
  };
}
