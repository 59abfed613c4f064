import { formatInteger } from '../base/format.ts';
import { shortened } from '../base/text.ts';
import { formatMemory, formatRate, formatSeconds } from '../base/units.ts';
import { DEVICES, deviceFacts, LINKS, linkFacts, NODES } from '../scenarios/catalog.ts';
import type { Assumption } from '../scenarios/results.ts';
import { catalogJson, entryJson, findEntry } from './catalog-json.ts';
import { printJson } from './print-json.ts';
import { formatTable, type TableColumn } from './table.ts';

/* `stepcast devices`: the catalog, one row for each entry, or every number of one with its source. */

/** No line of these tables is longer. */
const WIDTH = 120;

export interface CatalogRequest {
  readonly links?: boolean;
  readonly nodes?: boolean;
  readonly json?: boolean;
}

/** `stepcast devices [id] [--links] [--nodes]` */
export function devices(
  id: string | undefined,
  { links = false, nodes = false, json = false }: CatalogRequest,
): void {
  if (json) printJson(id === undefined ? catalogJson(links, nodes) : entryJson(id));
  else if (id !== undefined) process.stdout.write(entryTable(id));
  else {
    const tables = [...(links ? [linkTable()] : []), ...(nodes ? [nodeTable(), sliceTable()] : [])];
    process.stdout.write((tables.length === 0 ? [deviceTable()] : tables).join('\n'));
    process.stdout.write(
      `\nKnown: numbers that were measured, are from datasheets, are assumed; stepcast devices <id> shows each with its source.\n${
        tables.length === 0
          ? `Besides: ${LINKS.length} links (--links), ${NODES.length} whole nodes with price and power (--nodes).\n`
          : ''
      }`,
    );
  }
}

const text = (header: string, cells: readonly string[]): TableColumn => ({ header, cells });
const figures = (header: string, cells: readonly string[]): TableColumn => ({
  header,
  align: 'right',
  cells,
});
const known = (rows: readonly (readonly Assumption[])[]): TableColumn => figures('known', rows.map(mix));

function deviceTable(): string {
  return formatTable([
    text(
      'device',
      DEVICES.map(({ id }) => id),
    ),
    text(
      'name',
      DEVICES.map(({ name }) => shortened(name, 42)),
    ),
    text(
      'year',
      DEVICES.map(({ year }) => String(year)),
    ),
    figures(
      'float32',
      DEVICES.map(({ peak }) => tera(peak.float32?.value)),
    ),
    figures(
      'fastest, T/s',
      DEVICES.map(({ peak }) => {
        const [type, rate] = Object.entries(peak).reduce((a, b) => (b[1].value > a[1].value ? b : a));
        return `${tera(rate.value)} ${type.replace(/^(float8).*/, '$1')}`;
      }),
    ),
    figures(
      'memory',
      DEVICES.map(({ memoryBytes }) => formatMemory(memoryBytes.value)),
    ),
    figures(
      'GB/s',
      DEVICES.map(({ memoryBytesPerSecond: { value } }) => digits(value / 1e9)),
    ),
    figures(
      'W',
      DEVICES.map(({ powerWatts }) => (powerWatts === undefined ? '–' : digits(powerWatts.value))),
    ),
    known(DEVICES.map((device) => deviceFacts(device))),
  ]);
}

function linkTable(): string {
  return formatTable([
    text(
      'link',
      LINKS.map(({ id }) => id),
    ),
    text(
      'name',
      LINKS.map(({ name }) => shortened(name, 56)),
    ),
    figures(
      'usable',
      LINKS.map(({ bytesPerSecond }) => formatRate(bytesPerSecond.value)),
    ),
    figures(
      'nominal',
      LINKS.map(({ rawBytesPerSecond }) => formatRate(rawBytesPerSecond.value)),
    ),
    figures(
      'latency',
      LINKS.map(({ latencySeconds }) => formatSeconds(latencySeconds.value)),
    ),
    known(LINKS.map(linkFacts)),
  ]);
}

function nodeTable(): string {
  const several = (count: number, id: string): string => (count === 1 ? id : `${count} × ${id}`);
  return formatTable([
    text(
      'node',
      NODES.map(({ id }) => id),
    ),
    text(
      'name',
      NODES.map(({ name }) => shortened(name, 26)),
    ),
    text(
      'computes on',
      NODES.map(({ accelerators: a, cpu, cpus }) =>
        a === undefined ? several(cpus, cpu) : several(a.count, a.model),
      ),
    ),
    text(
      'network',
      NODES.map(({ network }) => (network === undefined ? '–' : several(network.count, network.link))),
    ),
    figures(
      'W',
      NODES.map(({ powerWatts }) => (powerWatts === undefined ? '–' : formatInteger(powerWatts.value))),
    ),
    figures(
      '$/h',
      NODES.map(({ dollarsPerHour: price }) => (price === undefined ? '–' : price.value.toFixed(2))),
    ),
    text(
      'known',
      NODES.map(({ evidence }) => evidence),
    ),
  ]);
}

/** Nodes whose accelerators are parts of a pod. */
function sliceTable(): string {
  const slices = NODES.flatMap(({ id, accelerators, slice }) =>
    slice === undefined ? [] : [{ id, count: accelerators!.count, slice }],
  );
  return formatTable([
    text(
      'node',
      slices.map(({ id }) => id),
    ),
    figures(
      'per host',
      slices.map(({ count }) => String(count)),
    ),
    text(
      'whole pod',
      slices.map(
        ({ slice: { pod } }) => `${pod.join(' × ')} = ${formatInteger(pod.reduce((a, b) => a * b))}`,
      ),
    ),
    text(
      'joined by',
      slices.map(({ slice }) => slice.link),
    ),
    text(
      'closed to rings',
      slices.map(({ slice }) => `dimensions of ${slice.wrapFrom} or more`),
    ),
  ]);
}

function entryTable(id: string): string {
  const { entry, facts: rows } = findEntry(id);
  const whats = rows.map(({ what }) => what.slice(id.length + 2));
  const values = rows.map(({ value }) => value);
  const widest = (cells: readonly string[]): number => Math.max(...cells.map((cell) => cell.length));
  const left = WIDTH - Math.max(widest(whats), entry.name.length) - widest(values) - 'measurement'.length - 6;
  // A source takes the lines that it needs; the other cells stand in its first.
  const lines = rows.flatMap(({ value, evidence, source }, i) =>
    wrapped(source, Math.max(left, 20)).map((part, line) =>
      line === 0 ? [whats[i]!, value, EVIDENCE[evidence], part] : ['', '', '', part],
    ),
  );
  return formatTable([
    text(
      entry.name,
      lines.map(([what]) => what!),
    ),
    figures(
      'value',
      lines.map(([, value]) => value!),
    ),
    text(
      'known from',
      lines.map(([, , evidence]) => evidence!),
    ),
    text(
      'source',
      lines.map(([, , , source]) => source!),
    ),
  ]);
}

/** Text in lines of at most so many characters, broken at spaces. */
function wrapped(source: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of source.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

const digits = (value: number): string => String(Number(value.toPrecision(3)));
const tera = (perSecond: number | undefined): string =>
  perSecond === undefined ? '–' : digits(perSecond / 1e12);

const EVIDENCE = {
  measured: 'measurement',
  datasheet: 'datasheet',
  assumed: 'assumption',
  scenario: 'scenario',
};

/** How many numbers were measured, are from datasheets, are assumed: `3/12/20`. */
function mix(rows: readonly Assumption[]): string {
  const kinds = ['measured', 'datasheet', 'assumed'] as const;
  return kinds.map((kind) => rows.filter(({ evidence }) => evidence === kind).length).join('/');
}
