import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { COMMANDS } from '../../cli/commands/index.ts';
import manifest from '../../package.json' with { type: 'json' };
import { parseShard } from '../../scenarios/sweep/shard.ts';
import { root } from '../cli/program.ts';

const folder = join(root, 'docs/examples');
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
const manifests = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

/** Whatever has a key `args` or `command` whose first entry is a command of stepcast, anywhere in a document. */
function commandLines(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  const { image, args, command } = value as { image?: unknown; args?: unknown; command?: unknown };
  const own = String(image).includes('stepcast') ? [(args ?? command) as string[]] : [];
  return [...own, ...Object.values(value).flatMap(commandLines)];
}

/** Parses as the program does, and does nothing. */
function parse(line: readonly string[]): {
  readonly name: string;
  readonly options: Record<string, unknown>;
} {
  const program = new Command('stepcast').exitOverride();
  for (const define of COMMANDS) define(program);
  let parsed: { name: string; options: Record<string, unknown> } | undefined;
  for (const command of program.commands) {
    command.exitOverride().action(() => {
      parsed = { name: command.name(), options: command.opts() };
    });
  }
  program.parse(line, { from: 'user' });
  return parsed!;
}

const documents = (name: string): unknown[] =>
  parseAllDocuments(read(name)).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as unknown;
  });

describe.each(manifests)('%s', (name) => {
  it('is YAML whose command lines the program understands', () => {
    const lines = documents(name).flatMap(commandLines);
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(['sweep', 'worker']).toContain(parse(line).name);
  });

  it('names the image of this version, and as many shards as tasks', () => {
    const text = read(name);
    for (const [, version] of text.matchAll(/image: .*stepcast:(\S+)/g))
      expect(version).toBe(manifest.version);
    const [, completions] = /completions: (\d+)/.exec(text) ?? [];
    const [, shards] = /STEPCAST_SHARDS\n\s+value: "(\d+)"/.exec(text) ?? [];
    expect(shards).toBe(completions);
  });
});

it('the Slurm script is a script whose command line the program understands', () => {
  const path = join(folder, 'slurm-array.sh');
  execFileSync('sh', ['-n', path]);
  const text = read('slurm-array.sh');
  const [, line] = /^exec stepcast (.*)$/m.exec(text)!;
  const words = line!.split(' ').map((word) => word.replaceAll('"', ''));
  const { name, options } = parse(words.map((word) => (word === '$SLURM_CPUS_PER_TASK' ? '4' : word)));
  expect(name).toBe('sweep');
  const [, first, last] = /--array=(\d+)-(\d+)/.exec(text)!;
  const environment = {
    SLURM_ARRAY_TASK_ID: last,
    SLURM_ARRAY_TASK_MIN: first,
    SLURM_ARRAY_TASK_COUNT: String(Number(last) - Number(first) + 1),
  };
  expect(parseShard(String(options.shard), environment)).toEqual({ index: 63, of: 64 });
});

it('the image installs versions of the packages that the program is tested with', () => {
  const text = read('Containerfile');
  for (const name of ['bullmq', 'ioredis'] as const) {
    const [major] = manifest.devDependencies[name].split('.');
    expect(text).toContain(`${name}@${major}`);
  }
});
