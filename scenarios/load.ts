import { UserError } from '../base/errors.ts';
import { parseOverride } from './override.ts';
import type { Scenario } from './schema.ts';
import { ScenarioSource } from './source.ts';

/** What is changed of a scenario file when it is read. */
export interface LoadOptions {
  /** `path=value` each, applied in order before anything is checked. */
  readonly set?: readonly string[];
  /** Wins over the file's seed. */
  readonly seed?: number;
}

/**
 * Reads, overrides and checks a scenario file, or standard input for `-`.
 *
 * @throws UserError with one line per problem; for a sweep, which is many scenarios.
 */
export function loadScenario(path: string, options: LoadOptions = {}): Scenario {
  return resolved(ScenarioSource.read(path), options).scenario;
}

/**
 * The same with the scenario as it is written: what it extends, what it refers to, its variables and the changes put in, but
 * no default. Plain data, which is a scenario file again.
 */
export function loadWritten(path: string, options: LoadOptions = {}): WrittenScenario {
  return resolved(ScenarioSource.read(path), options);
}

export interface WrittenScenario {
  readonly scenario: Scenario;
  readonly written: unknown;
}

/** The same for text already read; `file` is what messages call it, and relative paths start from its folder. */
export function parseScenario(source: string, file: string, options: LoadOptions = {}): Scenario {
  return resolved(ScenarioSource.parse(source, file), options).scenario;
}

/** The same of what was read before. */
export function resolved(read: ScenarioSource, { set = [], seed }: LoadOptions): WrittenScenario {
  const source = read.with(set.map((argument) => parseOverride(argument)));
  if (source.at(['sweep']) !== undefined) {
    const { text } = source.place(['sweep'], true);
    throw new UserError(
      `${text}: sweep: this is a sweep, which is many scenarios; run it by \`stepcast sweep\`, or remove it with --set sweep=`,
    );
  }
  const scenario = source.resolve();
  source.checkVariables();
  const written = source.values();
  return { scenario: seed === undefined ? scenario : { ...scenario, seed }, written };
}
