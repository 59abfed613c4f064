import * as z from 'zod';
import type { DType } from '../base/dtype.ts';
import { nearest, UserError, unknownName } from '../base/errors.ts';
import { hasControls, quoted } from '../base/text.ts';
import { type Dimension, parseQuantity } from '../base/units.ts';

/* The kinds of fields that scenario files are made of, each with messages that say what to write instead. */

/** Types of arithmetic that a scenario may ask for. */
export const PRECISIONS = ['float32', 'float16', 'bfloat16'] as const satisfies readonly DType[];

/** So many problems of a scenario are told; more are counted. */
export const MOST_PROBLEMS = 10;

/** A map that refuses keys it does not know; one line of the message for each of the first unknown keys. */
export function map<S extends z.core.$ZodLooseShape>(shape: S) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys
            .slice(0, MOST_PROBLEMS)
            .map((key) => unknownKey(key, Object.keys(shape)))
            .join('\n')
        : undefined,
  });
}

function unknownKey(key: string, known: readonly string[]): string {
  const near = nearest(key, known);
  return `unknown key; ${near === undefined ? `choose one of: ${known.join(', ')}` : `did you mean "${near}"?`}`;
}

/** The key that the message about an unknown one proposes. */
export function proposedKey(message: string): string | undefined {
  return /^unknown key; did you mean "(.+)"\?$/.exec(message)?.[1];
}

/** A name out of a list that the program has, with the list for editors to complete. */
export function name(kind: string, choices: readonly string[]) {
  return z
    .string()
    .refine((word) => choices.includes(word), {
      error: (issue) => unknownName(kind, String(issue.input), choices),
      abort: true,
    })
    .meta({ enum: [...choices] });
}

/** Maps told apart by their `kind`. */
export function kinds<
  const O extends readonly [z.core.$ZodTypeDiscriminable, ...z.core.$ZodTypeDiscriminable[]],
>(what: string, choices: readonly string[], options: O) {
  return z.discriminatedUnion('kind', options, {
    error: (issue) => {
      if (issue.code !== 'invalid_union') return undefined;
      const { kind } = issue.input as { kind?: unknown };
      return kind === undefined
        ? `missing; choose one of: ${choices.join(', ')}`
        : typeof kind === 'string'
          ? unknownName(`kind of ${what}`, kind, choices)
          : `expected one of ${choices.join(', ')}, got ${show(kind)}`;
    },
  });
}

/** A quantity with its unit, as text: `"10 Gb/s"`. */
export function quantity(dimension: Dimension, least: string, most: string) {
  const problem = (input: unknown): string | undefined => {
    if (input === undefined) return 'missing';
    try {
      const value = parseQuantity(
        typeof input === 'string' || typeof input === 'number' ? input : show(input),
        dimension,
      );
      if (value < parseQuantity(least, dimension)) return `expected at least ${least}, got ${show(input)}`;
      if (value > parseQuantity(most, dimension)) return `expected at most ${most}, got ${show(input)}`;
      return undefined;
    } catch (error) {
      // What is neither text nor number is shown in words, not quoted.
      if (error instanceof UserError)
        return error.message.replace(`got ${quoted(show(input))}`, `got ${show(input)}`);
      throw error;
    }
  };
  const error = ({ input }: { readonly input?: unknown }) => problem(input);
  return z.string({ error }).refine((text) => problem(text) === undefined, { error });
}

/** A whole number of at least `least`. */
export function count(least: number, most: number) {
  const whole = z.int({
    error: ({ code, input }) => {
      if (code === 'invalid_type') return wrongType('a whole number', input);
      // Numbers beyond those that are exact.
      return Number(input) >= least
        ? `expected at most ${most}, got ${input}`
        : `expected at least ${least}, got ${input}`;
    },
    abort: true,
  });
  return whole.min(least).max(most);
}

/** Refuses a list that has an entry twice. */
export function distinct(list: readonly unknown[], context: z.core.$RefinementCtx<readonly unknown[]>): void {
  const seen = new Set<string>();
  for (const [i, value] of list.entries()) {
    // JSON has neither NaN nor infinities.
    const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
    if (seen.has(text)) {
      const message = `${typeof value === 'number' ? `${value} ` : ''}is in the list twice`;
      context.addIssue({ code: 'custom', message, path: [i], input: list });
    }
    seen.add(text);
  }
}

/** Words for people, free of characters that control a terminal; `lines` allows several lines. */
export function words(most: number, { lines = false } = {}) {
  const text = z.string().max(most);
  return text.refine((value) => !hasControls(lines ? value.replaceAll(/[\n\t]/g, '') : value), {
    error: ({ input }) => `control characters are not allowed in it, got ${show(input)}`,
  });
}

/** The message for an issue that its schema has no own words for. */
export const sentence: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(EXPECTED[issue.expected] ?? issue.expected, issue.input);
    case 'too_small':
      return `expected ${bound(issue.origin, issue.inclusive ? 'at least' : 'more than', Number(issue.minimum))}, got ${extent(issue.origin, issue.input)}`;
    case 'too_big':
      return `expected ${bound(issue.origin, issue.inclusive ? 'at most' : 'less than', Number(issue.maximum))}, got ${extent(issue.origin, issue.input)}`;
    case 'invalid_value':
      return `expected ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(show).join(', ')}, got ${show(issue.input)}`;
    default:
      return issue.input === undefined ? 'missing' : `not valid: ${show(issue.input)}`;
  }
};

function wrongType(expected: string, input: unknown): string {
  return input === undefined ? `missing; expected ${expected}` : `expected ${expected}, got ${show(input)}`;
}

const EXPECTED: { readonly [type: string]: string } = {
  object: 'a map of keys',
  array: 'a list',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  record: 'a map of keys',
  boolean: 'true or false',
};

const UNITS: { readonly [origin: string]: string } = { array: ' entries', string: ' characters' };

function bound(origin: string, words: string, limit: number): string {
  const unit = UNITS[origin] ?? '';
  if (origin === 'string' && limit === 1) return 'some text';
  return `${words} ${limit}${limit === 1 ? unit.replace('entries', 'entry') : unit}`;
}

function extent(origin: string, input: unknown): string {
  if (Array.isArray(input)) return input.length === 0 ? 'none' : String(input.length);
  return origin === 'string' ? (input === '' ? 'none' : String(String(input).length)) : show(input);
}

/** A value as messages repeat it. */
export function show(input: unknown): string {
  if (input === null || input === undefined) return 'nothing';
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object') return 'a map of keys';
  if (typeof input !== 'string') return String(input);
  return quoted(input);
}
