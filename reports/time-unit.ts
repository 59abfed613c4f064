export interface TimeUnit {
  readonly name: string;
  /** Seconds times this is a number in the unit. */
  readonly perSecond: number;
}

const UNITS: readonly TimeUnit[] = [
  { name: 'ns', perSecond: 1e9 },
  { name: 'µs', perSecond: 1e6 },
  { name: 'ms', perSecond: 1e3 },
  { name: 's', perSecond: 1 },
  { name: 'min', perSecond: 1 / 60 },
  { name: 'h', perSecond: 1 / 3600 },
  { name: 'days', perSecond: 1 / 86400 },
];

/** The unit of an axis that ends at `seconds`: the largest in which that is at least 1. */
export function timeUnit(seconds: number): TimeUnit {
  return UNITS.findLast((unit) => seconds * unit.perSecond >= 1) ?? UNITS[0]!;
}
