import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { checkFile } from '../../scenarios/check.ts';

/* Files made to be read for ever, or to be read wrong. */

const folder = mkdtempSync(join(tmpdir(), 'stepcast-unending-'));
afterAll(() => rmSync(folder, { recursive: true }));
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const problemsOf = (path: string): string => checkFile(path).problems.join('\n');

it('a ladder of files that each extend the next one twice ends', () => {
  const first = write('step0.yaml', 'extends: [step1.yaml, step1.yaml]\n');
  for (let i = 1; i < 15; i++) write(`step${i}.yaml`, `extends: [step${i + 1}.yaml, step${i + 1}.yaml]\n`);
  write('step15.yaml', 'title: t\n');
  expect(problemsOf(first)).toMatch(/step\d+\.yaml:1:\d+: extends: files are extended more than 1000 times/);
});

it('a cycle through links is a cycle', () => {
  const path = write('round.yaml', 'extends: link.yaml\n');
  symlinkSync(path, join(folder, 'link.yaml'));
  expect(problemsOf(path)).toMatch(/round\.yaml:1:10: extends: .*link\.yaml extends itself/);
});

it('a link to nothing is not proposed in its own place', () => {
  const path = join(folder, 'nowhere.yaml');
  symlinkSync(join(folder, 'nothing'), path);
  expect(problemsOf(path)).toMatch(/no such file/);
  expect(problemsOf(path)).not.toContain('did you mean');
});

it('keys that are lists or maps are told with their place', () => {
  const path = write('keys.yaml', 'title: t\n? [a, b]\n: 3\n? {c: 1}\n: 4\n');
  expect(problemsOf(path).split('\n')).toEqual([
    `${path}:2:3: a key is text, no map or list; put it in quotes`,
    `${path}:4:3: a key is text, no map or list; put it in quotes`,
  ]);
});

it('infinities are no repetitions of NaN', () => {
  const sweep = 'sweep: { kind: grid, parameters: { noise.compute.sigma: [.nan, .inf, -.inf, null] } }\n';
  expect(problemsOf(write('numbers.yaml', sweep))).not.toContain('twice');
});
