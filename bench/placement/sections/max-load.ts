import { formatTable, type TableColumn } from '../../../cli/table.ts';
import { maxLoadOptimum } from '../../../placement/ideals.ts';
import { maxLoad } from '../../../placement/max-load.ts';
import type { Section } from '../section.ts';
import { readExpert, readTarnawski, type TarnawskiInstance } from '../tarnawski.ts';

interface Row {
  readonly name: string;
  readonly nodes: number;
  readonly single: number;
  readonly expert: number | undefined;
  readonly optimum: number | undefined;
  readonly ideals: number | undefined;
  readonly seconds: number;
}

/** Inception's training graph has more downward-closed sets than the authors' program could take; ours needs minutes. */
const MOST_IDEALS = 20_000;

/** Splits of real networks for pipelines: the largest load of a device, against the authors' own program. */
export const maxLoads: Section = {
  name: 'max-load',
  title: 'Pipelines (Tarnawski et al. 2020): largest load of a device, ms',
  run({ published, checks, print, progress }) {
    const rows: Row[] = [];
    const listed = Object.entries(published.expected('tarnawski_maxload_ms') ?? {}).filter(([name]) =>
      name.includes('/'),
    ) as [string, (number | null)[]][];
    for (const [name, [single, , , expert, optimum]] of listed) {
      const [kind, file] = name.split('/') as [string, string];
      const folder = kind === 'layer' ? 'LayerGraphs' : 'OperatorGraphs';
      const text = published.text('tarnawski2020', 'throughput-inputs', folder, `${file}.json`);
      if (text === undefined) continue;
      progress(name);
      const instance = readTarnawski(text);
      // Experts split the layers, not the operators.
      const byExpert =
        kind === 'layer'
          ? published.text('tarnawski2020', 'human-experts', `${file}_expert.json`)
          : undefined;
      const begun = performance.now();
      const found = maxLoadOptimum(instance, { mostIdeals: MOST_IDEALS });
      const seconds = (performance.now() - begun) / 1000;
      const row: Row = {
        name,
        nodes: instance.nodes.length,
        single: roomyLoad(instance, new Int32Array(instance.nodes.length).fill(instance.cpus)),
        expert: byExpert === undefined ? undefined : roomyLoad(instance, readExpert(byExpert, instance)),
        optimum: found?.load,
        ideals: found?.ideals,
        seconds,
      };
      rows.push(row);
      const asListed = (
        what: string,
        value: number | undefined,
        expected: number | null | undefined,
      ): void => {
        if (typeof expected !== 'number') return;
        const holds = value !== undefined && value.toPrecision(6) === expected.toPrecision(6);
        checks.check(holds, `${name}: ${what} ${value}, listed ${expected}`);
      };
      asListed('single accelerator', row.single, single);
      if (row.expert !== undefined) asListed('expert', row.expert, expert);
      asListed('optimum', row.optimum, optimum);
      if (found !== undefined)
        checks.equal(`${name}: load of the split found`, maxLoad(instance, found.split), found.load);
    }
    print('Optimum of contiguous splits; all held to six digits, with which the listed values are printed.');
    print(table(rows));
  },
};

/** The authors only warn where memory is short: their loads of one accelerator and of experts ignore it. */
const roomyLoad = (instance: TarnawskiInstance, split: Int32Array): number =>
  maxLoad({ ...instance, capacityBytes: Number.POSITIVE_INFINITY }, split);

function table(rows: readonly Row[]): string {
  const numbers = (header: string, of: (row: Row) => number | undefined, digits: number): TableColumn => ({
    header,
    align: 'right',
    cells: rows.map((row) => of(row)?.toFixed(digits) ?? '–'),
  });
  return formatTable([
    { header: 'network', cells: rows.map(({ name }) => name) },
    numbers('nodes', ({ nodes }) => nodes, 0),
    numbers('one accelerator', ({ single }) => single, 3),
    numbers('expert', ({ expert }) => expert, 3),
    numbers('optimum', ({ optimum }) => optimum, 5),
    numbers('expert above, %', (row) => row.expert && row.optimum && 100 * (row.expert / row.optimum - 1), 1),
    numbers('closed sets', ({ ideals }) => ideals, 0),
    numbers('s', ({ seconds }) => seconds, 2),
  ]);
}
