import { formatInteger } from '../base/format.ts';
import { formatFlops } from '../base/units.ts';
import { INFERENCE_MODELS, MODELS, PLACERS, STRATEGIES, type StrategyOption } from '../scenarios/catalog.ts';
import { claimsJsonSchema } from '../scenarios/claims/json-schema.ts';
import { summariseModel } from '../scenarios/model-summary.ts';
import { scenarioJsonSchema } from '../scenarios/schema.ts';
import { printJson } from './print-json.ts';
import { formatTable } from './table.ts';

interface ListOptions {
  readonly json?: boolean;
}

/** `stepcast models` */
export function models({ json = false }: ListOptions): void {
  const models = [...Object.values(MODELS), ...Object.values(INFERENCE_MODELS)];
  const rows = models.map((model) => summariseModel(model, 32, 'float32'));
  if (json) {
    printJson(rows.map((row, i) => ({ ...row, description: models[i]!.description })));
    return;
  }
  process.stdout.write(
    formatTable([
      { header: 'model', cells: models.map(({ name }) => name) },
      {
        header: 'parameters',
        align: 'right',
        cells: rows.map(({ parameters }) => formatInteger(parameters)),
      },
      {
        header: 'forward, per sample',
        align: 'right',
        cells: rows.map(({ forwardFlopsPerSample }) => formatFlops(forwardFlopsPerSample)),
      },
      {
        header: 'training, per sample',
        align: 'right',
        cells: rows.map(({ trainingFlopsPerSample: flops }) => (flops === null ? '—' : formatFlops(flops))),
      },
      { header: 'nodes', align: 'right', cells: rows.map(({ nodes }) => formatInteger(nodes)) },
      { header: 'what it is', cells: models.map(({ description }) => description) },
    ]),
  );
}

/** `stepcast placers` */
export function placers({ json = false }: ListOptions): void {
  if (json) {
    const entries: [string, { readonly description: string; readonly searches?: true }][] =
      Object.entries(PLACERS);
    printJson(entries.map(([name, { description, searches = false }]) => ({ name, description, searches })));
    return;
  }
  process.stdout.write(described('placer', PLACERS));
}

/** `stepcast strategies` */
export function strategies({ json = false }: ListOptions): void {
  if (json) {
    printJson(
      Object.entries(STRATEGIES).map(([name, { description, options }]) => ({ name, description, options })),
    );
    return;
  }
  process.stdout.write(described('strategy', STRATEGIES));
  process.stdout.write(
    '\nOptions, to be given as in `compare: [all-reduce, { kind: backup, backups: 2 }]`:\n',
  );
  for (const [kind, { options }] of Object.entries(STRATEGIES)) {
    const rows = Object.entries(options) as [string, StrategyOption][];
    if (rows.length === 0) continue;
    const width = Math.max(...rows.map(([key]) => key.length));
    const lines = rows.map(([key, option]) => `  ${key.padEnd(width)}  ${optionInWords(option)}\n`);
    process.stdout.write(`\n${kind}\n${lines.join('')}`);
  }
}

function optionInWords(option: StrategyOption): string {
  const absent =
    option.kind === 'count' && option.value === undefined
      ? option.optional === true
        ? ''
        : '; has to be given'
      : `; ${option.value} if absent`;
  return `${option.describe} (${valuesOf(option)}${absent})`;
}

function valuesOf(option: StrategyOption): string {
  switch (option.kind) {
    case 'count':
      return `${formatInteger(option.least)} to ${formatInteger(option.most)}`;
    case 'choice':
      return option.choices.join(', ');
    case 'flag':
      return 'true or false';
    case 'bytes':
      return 'with its unit, e.g. 25 MB';
  }
}

/** `stepcast schema` */
export function schema({ claims }: { readonly claims?: boolean }): void {
  const schema = claims === true ? claimsJsonSchema() : scenarioJsonSchema();
  process.stdout.write(`${JSON.stringify(schema, null, 2)}\n`);
}

function described(
  header: string,
  entries: { readonly [name: string]: { readonly description: string } },
): string {
  return formatTable([
    { header, cells: Object.keys(entries) },
    { header: 'what it does', cells: Object.values(entries).map(({ description }) => description) },
  ]);
}
