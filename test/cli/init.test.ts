import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stepcast } from './program.ts';

const KINDS = ['training', 'placement', 'inference', 'sweep'];
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepcast-init-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
const at = (kind: string): string => join(folder, `${kind}.yaml`);

it('what stepcast init writes is good, and stepcast check says what it would do', () => {
  for (const kind of KINDS) expect(stepcast(['init', at(kind), '--kind', kind]).code).toBe(0);
  const { code, stdout, stderr } = stepcast(['check', ...KINDS.map(at)]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.replaceAll(`${folder}/`, '').split('\n')).toEqual([
    expect.stringMatching(/^training\.yaml: good: 1 experiment, 15 runs, about [\d.]+ M activities$/),
    'placement.yaml: good: 1 experiment, 4 runs',
    'inference.yaml: good: 1 experiment, 18 runs',
    expect.stringMatching(
      /^sweep\.yaml: good: a sweep of 10 points over cluster\.network\.bandwidth, .*; each 1 experiment, 1 run/,
    ),
    '',
  ]);
  const schema = /^# yaml-language-server: \$schema=(.*)$/m.exec(readFileSync(at('training'), 'utf8'))![1]!;
  expect(JSON.parse(readFileSync(schema, 'utf8'))).toHaveProperty('title', 'stepcast scenario');
});

it('files that are there stay as they are, unless --force is given', () => {
  writeFileSync(at('mine'), 'mine');
  expect(stepcast(['init', at('mine')])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/is there already; .*--force/),
  });
  expect(readFileSync(at('mine'), 'utf8')).toBe('mine');
  expect(stepcast(['init', at('mine'), '--force']).code).toBe(0);
  expect(stepcast(['init', '-']).stdout).toContain('experiments:');
  expect(readFileSync(at('mine'), 'utf8')).toContain('experiments:');
});

it('stepcast check tells the problems of all files, for programs too', () => {
  writeFileSync(at('bad'), 'title: 5\nclutser: {}\n');
  const { code, stdout } = stepcast(['check', at('bad'), at('bad'), '--json']);
  expect(code).toBe(2);
  const { good, files } = JSON.parse(stdout) as {
    good: boolean;
    files: { good: boolean; problems: unknown[] }[];
  };
  expect({ good, count: files.length }).toEqual({ good: false, count: 2 });
  expect(files[1]).toMatchObject({
    good: false,
    problems: expect.arrayContaining([
      { file: at('bad'), line: 1, column: 8, message: 'title: expected text, got 5' },
      { file: at('bad'), line: 2, column: 1, message: 'clutser: unknown key; did you mean "cluster"?' },
    ]),
  });
});
