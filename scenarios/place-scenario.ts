import { stringify } from 'yaml';
import { UserError, unknownName } from '../base/errors.ts';
import { printable, shortened } from '../base/text.ts';
import { NODES, PLACERS } from './catalog.ts';
import { parseScenario } from './load.ts';
import { isModelFile } from './model-file.ts';
import { parseOverride } from './override.ts';
import type { Scenario } from './schema.ts';
import { ScenarioSource } from './source.ts';

/** What `stepcast place` is asked. */
export interface PlaceQuestion {
  /** A model of the zoo, or a file. */
  readonly model: string;
  /** A scenario file, for its cluster and runtime, or a node of the catalog. */
  readonly cluster: string;
  /** Names, separated by commas; `all`: all that there are. */
  readonly placer?: string;
  readonly batch?: number;
  readonly precision?: string;
  /** Settings of a model of the zoo: `layers=4`. */
  readonly set?: readonly string[];
  readonly dims: { readonly [name: string]: number };
  readonly shapes: { readonly [name: string]: readonly number[] };
  readonly objective?: string;
  readonly seeds?: number;
  readonly seed?: number;
  readonly evaluations?: number;
  readonly placement?: string;
  readonly softPlacement?: boolean;
}

/** Quick ones of each kind, and the searches that find most. */
export const DEFAULT_PLACERS = [
  'single-device',
  'expert',
  'greedy',
  'heft',
  'm-etf',
  'min-cut',
  'annealing',
  'learned-list',
];

/** The scenario of one placement experiment. @throws UserError where the question cannot be asked. */
export function placeScenario(question: PlaceQuestion): Scenario {
  const { model, objective, seeds, seed, softPlacement } = question;
  // Paths may be long, and hold anything.
  const title = `Placement of ${shortened(printable(model), 150)}`;
  const experiment = {
    kind: 'placement',
    name: 'place',
    title,
    model: isModelFile(model)
      ? { file: model, dims: question.dims, shapes: question.shapes }
      : zooModel(question),
    placers: placersOf(question),
    ...(objective !== undefined && { objective }),
    ...(seeds !== undefined && { seeds }),
    ...(softPlacement === true && { soft_placement: true }),
  };
  const text = stringify({
    title,
    ...(seed !== undefined && { seed }),
    ...machinesOf(question.cluster),
    experiments: [experiment],
  });
  return inTermsOfOptions(() => parseScenario(text, 'place'));
}

/** Problems of the scenario that was made, told as what was typed. */
function inTermsOfOptions<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const lines = error.message.split('\n').map((line) =>
      line
        .replace(/^place:\d+:\d+: /, '')
        .replace(/^experiments\.0\.model\.(name|file): /, '')
        .replace(/^experiments\.0\.model\.(batch|precision): /, '--$1: ')
        .replace(/^experiments\.0\.model\.(\w+): /, '--set $1: ')
        .replace(/^experiments\.0\.(\w+)(\.\d+)?(\.\w+)?: /, '--$1: '),
    );
    throw new UserError(lines.join('\n'));
  }
}

function zooModel({ model, batch = 32, precision, set = [] }: PlaceQuestion): object {
  const settings = set.map((given) => {
    if (given.indexOf('=') <= 0)
      throw new UserError(`--set ${given}: expected setting=value, e.g. --set layers=4`);
    const { path, value } = parseOverride(given);
    return [path.join('.'), value] as const;
  });
  return {
    name: model,
    batch,
    ...(precision !== undefined && { precision }),
    ...Object.fromEntries(settings),
  };
}

function placersOf({ placer, evaluations, placement }: PlaceQuestion): object[] {
  const known = Object.keys(PLACERS);
  const names = placer === undefined ? DEFAULT_PLACERS : placer === 'all' ? known : placer.split(',');
  const chosen = names.map((name, i) => {
    const kind = name.trim();
    if (kind === 'all')
      throw new UserError(`--placer ${placer}: "all" is every placer already; give it alone`);
    if (names.indexOf(name) < i) throw new UserError(`--placer ${placer}: ${kind} is given twice`);
    if (!known.includes(kind))
      throw new UserError(`--placer ${placer}: ${unknownName('placer', kind, known)}`);
    const { searches } = (PLACERS as { readonly [name: string]: { readonly searches?: true } })[kind]!;
    return { kind, ...(searches === true && evaluations !== undefined && { evaluations }) };
  });
  return placement === undefined ? chosen : [...chosen, { kind: 'file', path: placement }];
}

function machinesOf(cluster: string): object {
  if (/\.ya?ml$/.test(cluster) || cluster === '-') {
    const source = ScenarioSource.read(cluster);
    // Problems of the file are told of the file.
    source.resolve();
    const { cluster: machines, runtime } = source.values() as { cluster: unknown; runtime?: unknown };
    return { cluster: machines, ...(runtime !== undefined && { runtime }) };
  }
  const nodes = NODES.map(({ id }) => id);
  if (!nodes.includes(cluster)) {
    throw new UserError(
      `--cluster ${cluster}: ${unknownName('node', cluster, nodes)} (or give a scenario file, such as scenarios/placement.yaml, for its cluster)`,
    );
  }
  return { cluster: { workers: { node: cluster } } };
}
