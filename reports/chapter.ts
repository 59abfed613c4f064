import { capital } from '../base/text.ts';
import type { Figure } from './figure.ts';

/** Figures of an experiment that answer one question of the reader. */
export interface Chapter {
  /** Unique in the page. */
  readonly id: string;
  /** What it is about: `Memory`. */
  readonly name: string;
  /** What it found, as a sentence; that of its first figure where that speaks for all. */
  readonly finding: string;
  readonly figures: readonly Figure[];
}

/** A chapter of the figures that there are; undefined where there are none. Without a finding the first figure's title is that. */
export function chapter(
  id: string,
  name: string,
  all: readonly (Figure | undefined)[],
  finding?: string,
): Chapter | undefined {
  const [first, ...others] = all.filter((figure) => figure !== undefined);
  if (first === undefined) return undefined;
  if (finding !== undefined) return { id, name, finding, figures: [first, ...others] };
  return {
    id,
    name,
    finding: withoutName(first.title, name),
    figures: [{ ...first, width: 'full' }, ...others],
  };
}

/** `Memory: all fit` under the name `Memory` is `All fit`. */
function withoutName(title: string, name: string): string {
  const [, prefix, rest] = /^([^:]{1,40}): (.+)$/su.exec(title) ?? [];
  return prefix !== undefined && name.toLowerCase().startsWith(prefix.toLowerCase()) ? capital(rest!) : title;
}
