/* Numbers without a unit, as people read them. No locale: equal results give equal bytes everywhere. */
import { formatCount } from './units.ts';

const THIN_SPACE = '\u202f';

/** `12 345`: rounded, with narrow no-break spaces between groups of three digits, from five digits on. */
export function formatInteger(value: number): string {
  const rounded = Math.round(value);
  const digits = Math.abs(rounded).toFixed(0);
  const grouped = digits.length < 5 ? digits : digits.replace(/\B(?=(\d{3})+$)/g, THIN_SPACE);
  return (rounded < 0 ? '-' : '') + grouped;
}

/** `6.93×`, `12 300×`: how many times as much, to 3 significant digits. */
export function formatFactor(factor: number): string {
  return `${Math.abs(factor) >= 10_000 ? formatInteger(Number(factor.toPrecision(3))) : formatCount(factor)}×`;
}
