/** What can be chosen about a strategy, as data: scenario files, messages and lists are made from it. */
export type Option =
  | {
      readonly kind: 'count';
      /** Absent: it has to be given, unless it is optional. */
      readonly value?: number;
      readonly optional?: true;
      readonly least: number;
      readonly most: number;
      readonly describe: string;
    }
  | {
      readonly kind: 'choice';
      readonly value: string;
      readonly choices: readonly string[];
      readonly describe: string;
    }
  | { readonly kind: 'flag'; readonly value: boolean; readonly describe: string }
  /** Bytes; scenario files say them with a unit. */
  | { readonly kind: 'bytes'; readonly value: string; readonly describe: string };

export type Options = { readonly [key: string]: Option };

/** What was chosen: a number for a count, and for bytes; a word for a choice; undefined where that says something too. */
export type Chosen<O extends Options = Options> = {
  readonly [K in keyof O]: O[K] extends { kind: 'count'; optional: true }
    ? number | undefined
    : O[K] extends { kind: 'choice' }
      ? string
      : O[K] extends { kind: 'flag' }
        ? boolean
        : O[K] extends { kind: 'count' } | { kind: 'bytes' }
          ? number
          : number | string | boolean | undefined;
};

export function countOption(
  value: number,
  least: number,
  most: number,
  describe: string,
): Extract<Option, { kind: 'count' }> {
  return { kind: 'count', value, least, most, describe };
}

/** A count that has no default. */
export function requiredCount(
  least: number,
  most: number,
  describe: string,
): Extract<Option, { kind: 'count' }> {
  return { kind: 'count', least, most, describe };
}

/** A count that need not be given: `describe` says what it means not to. */
export function optionalCount(
  least: number,
  most: number,
  describe: string,
): Extract<Option, { kind: 'count' }> & { readonly optional: true } {
  return { kind: 'count', optional: true, least, most, describe };
}

/** The first choice is the default. */
export function choiceOption(
  choices: readonly [string, ...string[]],
  describe: string,
): Extract<Option, { kind: 'choice' }> {
  return { kind: 'choice', value: choices[0], choices, describe };
}

export function flagOption(value: boolean, describe: string): Extract<Option, { kind: 'flag' }> {
  return { kind: 'flag', value, describe };
}

/** `value`: with its unit, e.g. `25 MB`. */
export function bytesOption(value: string, describe: string): Extract<Option, { kind: 'bytes' }> {
  return { kind: 'bytes', value, describe };
}
