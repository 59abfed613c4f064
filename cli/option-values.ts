import { InvalidArgumentError } from 'commander';

/* What options take, checked as they are read. */

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
  };
}

export function seed(text: string): number {
  return wholeNumber(0, 2 ** 32 - 1)(text);
}

/** `10`, or `2%`: as a value of the scenario. */
export function trials(text: string): string {
  const share = /^(\d+(?:\.\d+)?)\s*%$/.exec(text);
  if (share === null && !/^\d+$/.test(text)) {
    throw new InvalidArgumentError('Expected a number of trials such as 10, or an error such as 2%.');
  }
  return share === null ? text : `{relative_error: ${Number(`${share[1]}e-2`)}}`;
}

export function percent(text: string): number {
  const value = /^\d+(?:\.\d+)?%?$/.test(text) ? Number(text.replace('%', '')) : Number.NaN;
  if (value > 0 && value <= 1000) return value;
  throw new InvalidArgumentError('Expected a percentage such as 15, more than 0 and at most 1000.');
}

export function batch(text: string): number {
  return wholeNumber(1, 1_000_000)(text);
}

export function notEmpty(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('It is empty.');
}

export function append(text: string, list: readonly string[] = []): string[] {
  return [...list, text];
}
