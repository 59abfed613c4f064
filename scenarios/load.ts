import { UserError } from '../base/errors.ts';
import { sentence } from './fields.ts';
import { type Override, override, parseOverride } from './override.ts';
import { calledInMessages, readText } from './read-text.ts';
import { type Scenario, scenarioSchema } from './schema.ts';
import {
  at,
  find,
  type Path,
  type Place,
  parseYaml,
  plainValue,
  report,
  type YamlText,
} from './yaml-text.ts';

export interface LoadOptions {
  /** `path=value` each, applied in order before anything is checked. */
  readonly set?: readonly string[];
  /** Wins over the file's seed. */
  readonly seed?: number;
}

const SCENARIO_FILE = {
  name: 'a scenario',
  format: 'YAML in UTF-8',
  mostBytes: 1_000_000,
  ending: /\.ya?ml$/,
};

/** Reads, overrides and checks a scenario file, or standard input for `-`. Throws a UserError with one line per problem. */
export function loadScenario(path: string, options: LoadOptions = {}): Scenario {
  return parseScenario(readText(path, SCENARIO_FILE), calledInMessages(path), options);
}

/** The same for text already read; `file` is what messages call it. */
export function parseScenario(source: string, file: string, { set = [], seed }: LoadOptions = {}): Scenario {
  const text = parseYaml(source, file, SCENARIO_FILE.name);
  let value: unknown = plainValue(text, SCENARIO_FILE.name);
  if (value === null || value === undefined) {
    throw new UserError(`${file}: the file is empty; scenarios/quickstart.yaml shows what belongs here`);
  }
  const overrides = set.map(parseOverride);
  for (const change of overrides) value = override(value, change);
  const result = scenarioSchema.safeParse(value, { error: sentence });
  if (!result.success) {
    throw new UserError(report(result.error, file, (path, isKey) => place(text, overrides, path, isKey)));
  }
  return seed === undefined ? result.data : { ...result.data, seed };
}

/** Where `path` is written: the override that set it, its key or value in the file, or the nearest map around. */
function place(text: YamlText, overrides: readonly Override[], path: Path, isKey: boolean): Place {
  const { offset, depth } = find(text, path, isKey);
  const change = overrides.findLast(({ path: set }) => {
    const shared = set.findIndex((key, i) => String(path[i]) !== key);
    // All of the override is on the way to the path, or it made the last key of the path.
    return shared < 0 || (shared === path.length && depth < path.length);
  });
  if (change !== undefined) return { text: `--set ${change.text}`, offset: -1 };
  return { text: at(offset, text), offset };
}
