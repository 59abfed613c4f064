import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasControls } from '../../base/text.ts';
import { checkFile } from '../../scenarios/check.ts';
import { type Good, type Mistake, mistakes } from './mistakes.ts';

/*
 * 500 scenario files with one mistake each: all are refused with line and column, and with the right name where one was
 * misspelt. STEPCAST_ALL_MISTAKES=1 has each checked and run by a process of its own, which takes some minutes.
 */

const SEED = 20_261_122;
const COUNT = 500;
const LIMIT_MS = 2000;

const goods = readdirSync('scenarios')
  .filter((name) => name.endsWith('.yaml'))
  .map((name): Good => [name, readFileSync(join('scenarios', name), 'utf8')]);
const all = mistakes(goods, COUNT, SEED);
const paths: string[] = [];
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepcast-mistakes-'));
  for (const [i, { files }] of all.entries()) {
    const own = join(folder, String(i));
    mkdirSync(own);
    // What the scenarios extend.
    writeFileSync(join(own, 'quickstart.yaml'), readFileSync('scenarios/quickstart.yaml'));
    for (const [name, content] of Object.entries(files)) writeFileSync(join(own, name), content);
    paths.push(join(own, Object.keys(files)[0]!));
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const PLACED = /^(.+?):(\d+):(\d+): ./;
const MORE = /: and \d+ more problems?$/;

/** What the lines about a mistake should say, and do not. */
function lacking(lines: readonly string[], { kind, line, says }: Mistake): string[] {
  const told = lines.join('\n').slice(0, 2000);
  const wrong: string[] = [];
  const need = (holds: boolean, what: string): void => {
    if (!holds) wrong.push(`${kind}: ${what}: ${told}`);
  };
  need(told !== '', 'nothing is said');
  need(
    lines.every((each) => MORE.test(each) || PLACED.test(each)),
    'no line and column',
  );
  need(!lines.some(hasControls), 'control characters');
  need(!lines.some((each) => each.length > 3000), 'too long');
  const numbers = lines.map((each) => Number(PLACED.exec(each)?.[2]));
  need(line === undefined || numbers.includes(line), `not line ${line}`);
  need(says === undefined || says.test(told), `not ${says}`);
  return wrong;
}

describe(`${COUNT} files with a mistake`, () => {
  it('are refused, each by a line that says where and what', { timeout: 120_000 }, () => {
    const wrong: string[] = [];
    for (const [i, mistake] of all.entries()) {
      const start = performance.now();
      wrong.push(...lacking(checkFile(paths[i]!).problems, mistake));
      if (performance.now() - start > LIMIT_MS) wrong.push(`${mistake.kind}: slow`);
    }
    expect(wrong).toEqual([]);
  });

  it('end the program with exit code 2', { timeout: 60_000 }, () => {
    const sample = all.flatMap((mistake, i) => (i % 20 === 0 ? [{ mistake, path: paths[i]! }] : []));
    const { status, stderr, stdout } = program('check', ...sample.map(({ path }) => path));
    expect(status).toBe(2);
    expect(stdout).toBe('');
    const wrong = sample.flatMap(({ mistake, path }) => {
      const lines = stderr.split('\n').filter((line) => line.includes(`${dirname(path)}/`));
      return lacking(
        lines.map((line) => line.replace(/^error: /, '')),
        mistake,
      );
    });
    expect(wrong).toEqual([]);
  });

  it.runIf(process.env.STEPCAST_ALL_MISTAKES === '1')(
    'each alone, by check and by run',
    { timeout: 3_600_000 },
    () => {
      const wrong: string[] = [];
      for (const [i, mistake] of all.entries()) {
        for (const command of ['check', 'run']) {
          const start = performance.now();
          const { status, stderr } = program(command, paths[i]!);
          if (performance.now() - start > LIMIT_MS) wrong.push(`${mistake.kind}: ${command} is slow`);
          if (status !== 2) wrong.push(`${mistake.kind}: ${command} ends with ${status}: ${stderr}`);
          const lines = stderr.trimEnd().split('\n');
          // A sweep is not run by `run`, whatever is wrong in it.
          if (command === 'check' || !stderr.includes('this is a sweep'))
            wrong.push(
              ...lacking(
                lines.map((line) => line.replace(/^error: /, '')),
                mistake,
              ),
            );
        }
      }
      expect(wrong).toEqual([]);
    },
  );
});

function program(...args: string[]): { status: number | null; stderr: string; stdout: string } {
  return spawnSync(process.execPath, ['bin/stepcast.mjs', ...args], { encoding: 'utf8' });
}
