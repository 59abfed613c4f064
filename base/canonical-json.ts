import { createHash } from 'node:crypto';
import { InternalError } from './errors.ts';

/**
 * JSON in which equal values are equal bytes: keys in the order of their UTF-16 code units, no white space, entries
 * that are undefined left out (as RFC 8785 has it, but for numbers below 1e-6 and above 1e21, which JavaScript writes).
 *
 * @throws InternalError for what JSON cannot say: NaN, infinities, functions.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value)
      .filter(([, entry]) => entry !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, entry]) => `${JSON.stringify(key)}:${canonicalJson(entry)}`);
    return `{${entries.join(',')}}`;
  }
  throw new InternalError(`${String(value)} cannot be written as JSON`);
}

/** SHA-256 of the canonical JSON of a value, as 64 hexadecimal digits. */
export function contentHash(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
