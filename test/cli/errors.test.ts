import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RESULTS_VERSION } from '../../scenarios/results.ts';
import { SMALL } from '../scenarios/small.ts';
import { stepcast } from './program.ts';

/* Bad input: exactly one line that says where and what to do, exit code 2, no stack trace, nothing written. */

let folder: string;
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepcast-errors-'));
  const write = (name: string, from: string | RegExp, to: string) => {
    const text = SMALL.replace(from, to);
    if (text === SMALL) throw new Error(`${name} is no different from the good one`);
    writeFileSync(at(name), text);
  };
  write('misspelt-key.yaml', 'link: eth-10g', 'bandwith: "10 Gb/s"');
  write('negative-bandwidth.yaml', 'link: eth-10g', 'bandwidth: "-10 Gb/s"\n    latency: "20 us"');
  write('unknown-device.yaml', 'accelerator: k40', 'accelerator: k41');
  write('syntax-error.yaml', 'slowdown: 4}', 'slowdown: 4');
  write('no-servers.yaml', 'count: 2', 'count: 0');
  writeFileSync(at('good.yaml'), SMALL);
  writeFileSync(at('file'), 'not a folder');
  mkdirSync(at('empty'));
  mkdirSync(at('taken/trace.json'), { recursive: true });
  const results = {
    format: 'stepcast results',
    version: RESULTS_VERSION,
    program: '0.1.0',
    title: 'Cut',
    training: [{}],
  };
  writeFileSync(at('garbage.json'), 'garbage');
  writeFileSync(at('other.json'), '{"name": "something else"}');
  writeFileSync(at('null.json'), 'null');
  writeFileSync(at('future.json'), JSON.stringify({ ...results, version: 99 }));
  writeFileSync(at('cut.json'), JSON.stringify(results));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('stepcast run', () => {
  it.each([
    ['misspelt-key.yaml', /^6:5: cluster\.network\.bandwith: unknown key; did you mean "bandwidth"\?$/],
    [
      'negative-bandwidth.yaml',
      /^6:16: cluster\.network\.bandwidth: expected a data rate such as "10 Gb\/s", got "-10 Gb\/s"; it must not be negative$/,
    ],
    [
      'unknown-device.yaml',
      /^3:57: cluster\.workers\.accelerator: unknown accelerator "k41"; did you mean "k40"\?$/,
    ],
    ['syntax-error.yaml', /^9:\d+: not valid YAML: \S.*$/],
    [
      'no-servers.yaml',
      /^4:30: cluster\.parameter_servers\.count: training by parameter servers needs at least 1; set cluster\.parameter_servers\.count$/,
    ],
  ])('%s', (name, message) => {
    const { code, stdout, stderr } = stepcast(['run', at(name), '-o', at('out')]);
    const [line, ...more] = stderr.split('\n');
    const start = `error: ${at(name)}:`;
    expect(line!.slice(0, start.length)).toBe(start);
    expect(line!.slice(start.length)).toMatch(message);
    expect(more).toEqual(['']);
    expect(stdout).toBe('');
    expect(code).toBe(2);
    expect(readdirSync(folder)).not.toContain('out');
  });
});

describe('bad input', () => {
  it.each<[what: string, args: () => string[], message: RegExp]>([
    [
      'missing file',
      () => ['run', at('god.yaml')],
      /god\.yaml: no such file; did you mean ".*\/good\.yaml"\?$/,
    ],
    [
      'missing folder',
      () => ['run', at('nowhere/a.yaml')],
      /no such file; there is no folder \S+nowhere either$/,
    ],
    ['folder for a file', () => ['run', folder], /: this is a folder; name a scenario in it; /],
    ['no scenario', () => ['run'], /^error: missing required argument 'scenario'; see stepcast --help$/],
    ['unknown command', () => ['rum'], /^error: unknown command 'rum'; did you mean run\?$/],
    [
      'unknown command, like no other',
      () => ['frobnicate'],
      /^error: unknown command 'frobnicate'; see stepcast --help$/,
    ],
    [
      'unknown option',
      () => ['run', 'a.yaml', '--outpt', 'b'],
      /^error: unknown option '--outpt'; did you mean --output\?$/,
    ],
    ['too many arguments', () => ['models', 'all'], /^error: too many arguments.*see stepcast --help$/],
    [
      'bad seed',
      () => ['run', at('good.yaml'), '--seed', '1.5'],
      /Expected a whole number from 0 to 4294967295; see/,
    ],
    [
      '--set without a value',
      () => ['run', at('good.yaml'), '--set', 'seed'],
      /^error: --set seed: expected path=value/,
    ],
    [
      '--set of an unknown path',
      () => ['run', at('good.yaml'), '--set', 'cluster.network.lnk=eth-1g'],
      /^error: --set cluster\.network\.lnk=eth-1g: cluster\.network\.lnk: unknown key; did you mean "link"\?$/,
    ],
    [
      '--set of a bad value',
      () => ['run', at('good.yaml'), '--set', 'cluster.workers.accelerator=k41'],
      /^error: --set cluster\.workers\.accelerator=k41: .*did you mean "k40"\?$/,
    ],
    [
      'output folder in a file',
      () => ['run', at('good.yaml'), '-o', at('file/out')],
      /file\/out: cannot be written: a file is in the way of the folder; choose another place with -o$/,
    ],
    [
      'output folder that is a file',
      () => ['run', at('good.yaml'), '-o', at('file')],
      /file: cannot be written: a file/,
    ],
    [
      'output folder that takes nothing',
      () => ['run', at('good.yaml'), '-o', '/sys'],
      /^error: \/sys: cannot be written: /,
    ],
    [
      'output folder that no one can make',
      () => ['run', at('good.yaml'), '-o', '/proc/out'],
      /^error: \/proc\/out: cannot be written: /,
    ],
    [
      'garbage',
      () => ['report', at('garbage.json')],
      /garbage\.json: not JSON; name a results\.json that "stepcast run" wrote$/,
    ],
    [
      'other JSON',
      () => ['report', at('other.json')],
      /other\.json: not results of stepcast; name a results\.json/,
    ],
    ['JSON of nothing', () => ['report', at('null.json')], /null\.json: not results of stepcast/],
    [
      'results of the future',
      () => ['report', at('future.json')],
      /format 99 of results; this program reads format \d+; run the scenario again$/,
    ],
    [
      'results that were cut',
      () => ['report', at('cut.json')],
      /cut\.json: description: missing; expected text$/,
    ],
    [
      'no results',
      () => ['report', at('results.json')],
      /results\.json: no such file; \S+ has cut\.json, future\.json, garbage\.json, null\.json, other\.json$/,
    ],
    [
      'a folder for results',
      () => ['report', folder],
      /: this is a folder; name results in it; \S+ has cut\.json, /,
    ],
    [
      'a device for results',
      () => ['report', '/dev/zero'],
      /zero: not a regular file; - reads standard input$/,
    ],
    ['no name', () => ['run', ''], /argument 'scenario'. It is empty; see stepcast --help$/],
    [
      'no name for the output',
      () => ['run', at('good.yaml'), '-o', ''],
      /argument '' is invalid. It is empty; see stepcast --help$/,
    ],
    ['help with an unknown command', () => ['help', 'rnu'], /unknown command "rnu"; did you mean "run"\?$/],
    [
      'a folder where a file goes',
      () => ['run', at('good.yaml'), '-o', at('taken')],
      /taken\/trace\.json: cannot be written: a folder of this name is in the way; choose another place with -o$/,
    ],
    ['control characters', () => ['run', 'a\u001b[2Jb'], /^error: a\\u001b\[2Jb: no such file/],
    [
      'unknown model',
      () => ['inspect', 'inception-v4'],
      /^error: unknown model "inception-v4"; did you mean "inception-v3"\?$/,
    ],
    [
      'a batch of none',
      () => ['inspect', 'mnist-cnn', '--batch', '0'],
      /Expected a whole number from 1 to 1000000; see/,
    ],
    [
      'unknown device',
      () => ['devices', 'k41'],
      /^error: unknown device, link or node "k41"; did you mean "k40"\?$/,
    ],
  ])('%s', (_, args, message) => {
    const { code, stdout, stderr } = stepcast(args());
    const [line, ...more] = stderr.split('\n');
    expect(line).toMatch(message);
    expect(line).toMatch(/^error: /);
    expect(more).toEqual(['']);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('several problems: a line each', () => {
    const set = ['--set', 'cluster.workers.accelerator=k41', '--set', 'experiments.cnn.workers=[0]'];
    const { code, stderr } = stepcast(['run', at('good.yaml'), ...set]);
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(/^error: .*k41/),
      expect.stringMatching(/^error: .*at least 1/),
      '',
    ]);
    expect(code).toBe(2);
  });

  it('shows where in the program, when asked', () => {
    const { stderr } = stepcast(['inspect', 'inception-v4'], { STEPCAST_DEBUG: '1' });
    expect(stderr).toMatch(/\n\s+at /);
  });

  it('leaves nothing behind', () => {
    expect(readdirSync(folder).filter((name) => /tmp|out|html/.test(name))).toEqual([]);
  });
});
