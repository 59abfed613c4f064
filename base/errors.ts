import { distance } from 'fastest-levenshtein';
import { quoted } from './text.ts';

/** A mistake in what the user gave us: reported as one line, exit code 2, never with a stack trace. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** A broken promise inside stepcast: reported as our own fault, exit code 70. */
export class InternalError extends Error {
  override readonly name = 'InternalError';
}

/**
 * Throws InternalError unless `condition` holds. The message is made either way: where that is felt (0.1 µs for a
 * number in it), `if (…) throw new InternalError(…)`.
 */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InternalError(message);
}

const LONGEST_NAME = 200;

/** The choice nearest in spelling to `word`, or undefined when none is near enough to be meant. */
export function nearest(word: string, choices: readonly string[]): string | undefined {
  if (word.length > LONGEST_NAME) return undefined;
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const choice of choices) {
    const d = distance(word.toLowerCase(), choice.toLowerCase());
    if (d < bestDistance) {
      best = choice;
      bestDistance = d;
    }
  }
  // Of a word of two letters, at least one must be right.
  const limit = Math.min(word.length - 1, Math.max(2, Math.floor(word.length / 3)));
  return bestDistance <= limit ? best : undefined;
}

/** `unknown device "k41"; did you mean "k40"?`, or the list of choices where nothing is near. */
export function unknownName(kind: string, word: string, choices: readonly string[]): string {
  const near = nearest(word, choices);
  const remedy = near === undefined ? `choose one of: ${choices.join(', ')}` : `did you mean "${near}"?`;
  return `unknown ${kind} ${quoted(word)}; ${remedy}`;
}
