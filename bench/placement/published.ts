import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readMatrices } from './instances/canonical.ts';
import { readUnrelated } from './instances/heterogeneous.ts';
import type { Instance } from './instances/instance.ts';
import { type RecordedInstance, readGxl } from './instances/sinnen.ts';
import { onProcessors, readOptima, readStandardTaskGraph, type StandardTaskGraph } from './instances/stg.ts';

/** A folder with published instances. Each reader gives an empty list where its part of the folder is missing. */
export class Published {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The worked example of Topcuoglu et al. 2002 (`heft`) or of Arabnejad & Barbosa 2014 (`peft`). */
  canonical(paper: 'heft' | 'peft'): Instance | undefined {
    const graph = paper === 'heft' ? 'canonicalgraph' : 'peftgraph';
    const table = (what: string): string | undefined =>
      this.text('list-canonical', paper, `${graph}_task_${what}.csv`);
    const [connectivity, times] = [table('connectivity'), table('exe_time')];
    if (connectivity === undefined || times === undefined) return undefined;
    return readMatrices(paper === 'heft' ? 'Topcuoglu 10×3' : 'PEFT 10×3', connectivity, times);
  }

  /** Standard task graphs by name, and each with its optima. */
  standardTaskGraphs(): { readonly graph: StandardTaskGraph; readonly instances: readonly Instance[] }[] {
    const optima = this.files('.csv', 'stg', 'Optimal_values').flatMap((file) => readOptima(this.read(file)));
    return ['50', '100'].flatMap((size) =>
      this.files('.stg', 'stg', size).map((file) => {
        const graph = readStandardTaskGraph(`${size}/${basename(file)}`, this.read(file));
        const known = optima
          .filter(({ name }) => name === graph.name)
          .sort((a, b) => a.processors - b.processors);
        return {
          graph,
          instances: known.map(({ processors, optimum }) => onProcessors(graph, processors, optimum)),
        };
      }),
    );
  }

  recorded(): RecordedInstance[] {
    return this.files('.gxl', 'sinnen', 'gxl_dataset').map((file) =>
      readGxl(basename(file), this.read(file)),
    );
  }

  unrelated(): Instance[] {
    return this.files('.txt', 'heterogeneous', 'Synthetic').map((file) =>
      readUnrelated(basename(file, '.txt'), this.read(file)),
    );
  }

  /** Expected values: `oracle('list_canonical', 'topcuoglu2002_10x3', 'HEFT')`. @throws Error where there is none. */
  oracle(...keys: readonly string[]): number {
    const value = this.expected(...keys);
    if (typeof value !== 'number') throw new Error(`oracle.json has no number ${keys.join('.')}`);
    return value;
  }

  /** The numbers of an object of oracle.json, by key. */
  oracles(...keys: readonly string[]): { readonly [key: string]: number } {
    const values = Object.entries(this.expected(...keys) ?? {});
    return Object.fromEntries(
      values.filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
    );
  }

  expected(...keys: readonly string[]): unknown {
    let value: unknown = JSON.parse(this.text('oracle.json') ?? '{}');
    for (const key of keys) value = (value as { readonly [key: string]: unknown } | undefined)?.[key];
    return value;
  }

  text(...path: readonly string[]): string | undefined {
    const file = join(this.folder, ...path);
    return existsSync(file) ? this.read(file) : undefined;
  }

  /** Paths of a folder's files with this ending, in order of their names. */
  files(ending: string, ...path: readonly string[]): string[] {
    const folder = join(this.folder, ...path);
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((name) => name.endsWith(ending))
      .sort()
      .map((name) => join(folder, name));
  }

  private read(file: string): string {
    return readFileSync(file, 'utf8');
  }
}
