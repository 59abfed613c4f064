import { UserError } from '../base/errors.ts';
import { parseOverride } from '../scenarios/override.ts';

/** `batch=8`, given several times, as a table. */
export function dimensions(given: readonly string[] = []): { readonly [name: string]: number } {
  return table(given, '--dim', (text) => {
    const extent = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    return Number.isNaN(extent) ? undefined : extent;
  });
}

/** `data=1,3,224,224`, given several times; `x=` is a scalar. */
export function inputShapes(given: readonly string[] = []): { readonly [name: string]: readonly number[] } {
  return table(given, '--shape', (text) => {
    const extents = text === '' ? [] : text.split(/[,x×]/);
    return extents.every((extent) => /^\d{1,9}$/.test(extent)) ? extents.map(Number) : undefined;
  });
}

function table<T>(
  given: readonly string[],
  option: string,
  read: (text: string) => T | undefined,
): { readonly [name: string]: T } {
  const entries = given.map((text) => {
    const at = text.lastIndexOf('=');
    const value = at <= 0 ? undefined : read(text.slice(at + 1));
    if (value === undefined)
      throw new UserError(`${option} ${text}: expected name=${option === '--dim' ? '8' : '1,3,224,224'}`);
    return [text.slice(0, at), value] as const;
  });
  return Object.fromEntries(entries);
}

/** `--set layers=24 --set width=1024` as a map. */
export function settingsGiven(set: readonly string[] = []): { readonly [key: string]: unknown } {
  return Object.fromEntries(
    set.map((text) => parseOverride(text)).map(({ path, value }) => [path.join('.'), value] as const),
  );
}

/** Refuses options that only a model of the zoo, or only a file, has. */
export function refuseOptions(given: { readonly [option: string]: unknown }, why: string): void {
  for (const [option, value] of Object.entries(given)) {
    if (value !== undefined && value !== false) throw new UserError(`${option}: ${why}`);
  }
}
