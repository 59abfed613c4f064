import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../cli/commands/index.ts';
import { fixture } from '../reports/fixture.ts';
import { SMALL } from '../scenarios/small.ts';
import { encoded } from '../sim/traces/chakra/traces.ts';
import { stepcast } from './program.ts';

/* --json: one document on standard output, of every command. */

let folder: string;
const at = (name: string): string => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepcast-json-'));
  writeFileSync(at('small.yaml'), SMALL);
  writeFileSync(at('results.json'), JSON.stringify(fixture()));
  writeFileSync(at('trace.et'), encoded([{ id: 1, micros: 3000 }]));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Per command: arguments, and keys that its document has. In this order: some read what earlier ones wrote. */
const CALLS: { readonly [command: string]: readonly [args: () => string[], keys: readonly string[]] } = {
  run: [
    () => [at('small.yaml'), '--set', 'experiments.where=', '-o', at('run')],
    ['answers', 'figures', 'files', 'seed'],
  ],
  report: [() => [at('run/results.json')], ['answers', 'figures', 'files']],
  check: [() => [at('small.yaml')], ['good', 'files']],
  init: [() => [at('mine.yaml')], ['file']],
  sweep: [
    () => [at('small.yaml'), '--set', 'experiments.where=', '--vary', 'seed=[1,2]', '-o', at('sweep')],
    ['best', 'done'],
  ],
  merge: [() => [at('sweep'), '-o', at('runs.ndjson')], []],
  export: [() => [at('sweep'), '-o', at('runs.csv')], []],
  sql: [() => [at('sweep'), 'SELECT 1 AS one'], []],
  validate: [() => ['korthikanti_seqpar', '--no-files'], ['holds', 'total', 'sources', 'kinds', 'coverage']],
  inspect: [() => ['mnist-softmax', '--device', 'k40'], ['graphs', 'ops', 'prediction', 'parameterBytes']],
  exec: [() => ['mnist-softmax', '--training'], ['medianSeconds', 'outputs', 'peakBytes', 'profile']],
  replay: [() => [at('trace.et')], ['seconds', 'devices', 'ops']],
  place: [
    () => ['mnist-softmax', '--cluster', 'dgx-1', '--placer', 'heft', '-o', at('place')],
    ['answers', 'figures', 'files', 'searchSeconds'],
  ],
  pretrain: [() => ['--problems', '1', '-o', at('policy.json')], ['file', 'problems']],
  devices: [() => [], ['devices']],
  models: [() => [], []],
  placers: [() => [], []],
  strategies: [() => [], []],
  schema: [() => [], ['$schema', 'definitions']],
};

/** Not run here: what takes a minute, what needs a server, and what prints text for shells and people. */
const LEFT_OUT = ['calibrate', 'worker', 'completion', 'help'];

describe('--json', () => {
  it('is an option of every command but those for shells and people', () => {
    const all = new Command();
    for (const define of COMMANDS) define(all);
    const names = all.commands.map((command) => command.name());
    expect([...Object.keys(CALLS), ...LEFT_OUT].sort()).toEqual(names.toSorted());
    const without = all.commands.filter(({ options }) => options.every(({ long }) => long !== '--json'));
    expect(without.map((command) => command.name()).sort()).toEqual(['completion', 'help']);
  });

  it.each(Object.entries(CALLS))('%s: one document', { timeout: 60_000 }, (command, [args, keys]) => {
    const { code, stdout, stderr } = stepcast([command, ...args(), '--json']);
    expect(stderr).not.toMatch(/error/);
    expect(code).toBe(0);
    const document = JSON.parse(stdout) as object;
    expect(document).toBeTypeOf('object');
    for (const key of keys) expect(document).toHaveProperty([key]);
  });

  it('devices: one entry, links, nodes', () => {
    const of = (...args: string[]) => JSON.parse(stepcast(['devices', ...args, '--json']).stdout);
    const facts = of('eth-10g').facts as { what: string; evidence: string }[];
    expect(facts.find(({ what }) => what === 'latency')?.evidence).toBe('assumed');
    const both = of('--links', '--nodes');
    expect(both.links.find(({ id }: { id: string }) => id === 'eth-10g').rawBytesPerSecond).toBe(1.25e9);
    expect(both.nodes.find(({ id }: { id: string }) => id === 'dgx-1').accelerators).toBe(8);
    expect(both).not.toHaveProperty('devices');
  });

  it('leaves standard output empty where something is wrong', () => {
    const { code, stdout, stderr } = stepcast(['devices', 'k41', '--json']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/did you mean "k40"\?\n$/);
  });
});
