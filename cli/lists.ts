import { UserError, unknownName } from '../base/errors.ts';
import { formatInteger } from '../base/format.ts';
import { formatFlopRate, formatFlops, formatMemory, formatRate, formatSeconds } from '../base/units.ts';
import {
  DEVICES,
  deviceFacts,
  INFERENCE_MODELS,
  LINKS,
  linkFacts,
  MODELS,
  PLACERS,
  STRATEGIES,
  type StrategyOption,
} from '../scenarios/catalog.ts';
import { summariseModel } from '../scenarios/model-summary.ts';
import type { Assumption } from '../scenarios/results.ts';
import { scenarioJsonSchema } from '../scenarios/schema.ts';
import { formatTable } from './table.ts';

/** `stepcast devices [id]`: all devices and links, or every number of one with its source. */
export function devices(id: string | undefined): void {
  process.stdout.write(id === undefined ? catalogTables() : entryTable(id));
}

function catalogTables(): string {
  const devices = formatTable([
    { header: 'device', cells: DEVICES.map(({ id }) => id) },
    { header: 'name', cells: DEVICES.map(({ name }) => name) },
    { header: 'kind', cells: DEVICES.map(({ kind }) => kind) },
    { header: 'year', cells: DEVICES.map(({ year }) => String(year)) },
    { header: 'float32', align: 'right', cells: DEVICES.map(({ peak }) => rate(peak.float32?.value)) },
    { header: 'float16', align: 'right', cells: DEVICES.map(({ peak }) => rate(peak.float16?.value)) },
    {
      header: 'memory',
      align: 'right',
      cells: DEVICES.map(({ memoryBytes }) => formatMemory(memoryBytes.value)),
    },
    {
      header: 'bandwidth',
      align: 'right',
      cells: DEVICES.map(({ memoryBytesPerSecond }) => formatRate(memoryBytesPerSecond.value)),
    },
    { header: 'known from', cells: DEVICES.map((device) => evidence(deviceFacts(device))) },
  ]);
  const links = formatTable([
    { header: 'link', cells: LINKS.map(({ id }) => id) },
    { header: 'name', cells: LINKS.map(({ name }) => name) },
    {
      header: 'bandwidth',
      align: 'right',
      cells: LINKS.map((link) => formatRate(link.bytesPerSecond.value)),
    },
    {
      header: 'nominal',
      align: 'right',
      cells: LINKS.map((link) => formatRate(link.rawBytesPerSecond.value)),
    },
    {
      header: 'latency',
      align: 'right',
      cells: LINKS.map((link) => formatSeconds(link.latencySeconds.value)),
    },
    { header: 'known from', cells: LINKS.map((link) => evidence(linkFacts(link))) },
  ]);
  return `${devices}\n${links}\nEvery number of an entry with its source: stepcast devices <id>\n`;
}

function entryTable(id: string): string {
  const device = DEVICES.find((entry) => entry.id === id);
  const link = LINKS.find((entry) => entry.id === id);
  const rows = device !== undefined ? deviceFacts(device) : link !== undefined ? linkFacts(link) : undefined;
  if (rows === undefined) {
    const ids = [...DEVICES, ...LINKS].map((entry) => entry.id);
    throw new UserError(unknownName('device or link', id, ids));
  }
  return formatTable([
    { header: (device ?? link)!.name, cells: rows.map(({ what }) => what.slice(id.length + 2)) },
    { header: 'value', align: 'right', cells: rows.map(({ value }) => value) },
    { header: 'known from', cells: rows.map(({ evidence }) => EVIDENCE[evidence]) },
    { header: 'source', cells: rows.map(({ source }) => source) },
  ]);
}

/** `stepcast models` */
export function models(): void {
  const models = [...Object.values(MODELS), ...Object.values(INFERENCE_MODELS)];
  const rows = models.map((model) => summariseModel(model, 32, 'float32'));
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
export function placers(): void {
  process.stdout.write(described('placer', PLACERS));
}

/** `stepcast strategies` */
export function strategies(): void {
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
export function schema(): void {
  process.stdout.write(`${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
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

const rate = (flopsPerSecond: number | undefined): string =>
  flopsPerSecond === undefined ? '–' : formatFlopRate(flopsPerSecond);

const EVIDENCE = {
  measured: 'measurement',
  datasheet: 'datasheet',
  assumed: 'assumption',
  scenario: 'scenario',
};

/** How many numbers are known how well: `3 measured, 4 datasheet, 2 assumed`. */
function evidence(rows: readonly Assumption[]): string {
  const kinds = (['measured', 'datasheet', 'assumed'] as const).map((kind) => {
    const count = rows.filter((row) => row.evidence === kind).length;
    return count === 0 ? [] : [`${count} ${kind}`];
  });
  return kinds.flat().join(', ');
}
