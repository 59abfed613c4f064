import type { Said } from './mapped.ts';
import type { SourceHardware } from './source.ts';
import { type Precision, precisionNamed } from './words.ts';

/* What an entry of a source's hardware says besides the hardware. */

function entryOf({ file, claim }: Said): SourceHardware | undefined {
  const named = file.hardware.find(({ id }) => id === claim.hardware);
  return named ?? (file.hardware.length === 1 ? file.hardware[0] : undefined);
}

/** The software that ran there, in words. */
export function softwareOf(said: Said): string | undefined {
  const entry = entryOf(said);
  const software = entry?.software ?? entry?.framework ?? entry?.library;
  return software === undefined ? undefined : String(software);
}

/** The type of arithmetic that was used there. @throws Refusal */
export function precisionOfHardware(said: Said): Precision | undefined {
  const precision = entryOf(said)?.precision;
  return precision === undefined ? undefined : precisionNamed(String(precision));
}
