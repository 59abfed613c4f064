import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../base/errors.ts';
import { report } from '../../cli/report.ts';
import { checkFolder, writeFiles } from '../../cli/write-files.ts';
import { writePieces } from '../../cli/write-pieces.ts';
import { DEVICES, LINKS, MODELS, NODES, PLACERS, STRATEGIES } from '../../scenarios/catalog.ts';
import { fixture } from '../reports/fixture.ts';
import { program, root, stepcast } from './program.ts';

const COMMANDS = [
  'run',
  'report',
  'replay',
  'inspect',
  'devices',
  'models',
  'placers',
  'strategies',
  'schema',
];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepcast-cli-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

describe('help', () => {
  it('lists every command, with examples', () => {
    const { code, stdout, stderr } = stepcast(['--help']);
    for (const name of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    expect(stdout).toContain('Examples:\n  stepcast run scenarios/quickstart.yaml');
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it.each(COMMANDS)('%s has an example', (name) => {
    const { code, stdout } = stepcast([name, '--help']);
    expect(stdout).toMatch(new RegExp(`^Examples?:\n {2}stepcast ${name}`, 'm'));
    expect(code).toBe(0);
  });

  it('is printed by `help` too', () => {
    expect(stepcast(['help', 'devices']).stdout).toBe(stepcast(['devices', '--help']).stdout);
    expect(stepcast(['help']).stdout).toBe(stepcast(['--help']).stdout);
  });

  it('is what a bare call prints, as a mistake', () => {
    const { code, stdout, stderr } = stepcast([]);
    expect(stderr).toContain('Usage: stepcast');
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('does not wait for libraries that only the work needs', () => {
    const packages = new Set<string>();
    const seen = new Set<string>();
    const follow = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      for (const [, name] of readFileSync(file, 'utf8').matchAll(
        /^\s*(?:import|\} from|export .* from).*"(.+)";$/gm,
      )) {
        if (name!.startsWith('.')) follow(join(dirname(file), name!));
        else packages.add(name!);
      }
    };
    follow(join(root, 'dist/cli.js'));
    const quick = ['commander', 'picocolors', 'fastest-levenshtein'];
    expect(packages).toContain('commander');
    expect([...packages].filter((name) => !isBuiltin(name) && !quick.includes(name))).toEqual([]);
    // What is read and parsed before the first word is printed; as much again would be felt.
    const bytes = [...seen].reduce((sum, file) => sum + readFileSync(file).length, 0);
    expect(bytes).toBeLessThan(150_000);
  });
});

describe('--version', () => {
  it('is that of package.json', () => {
    const { code, stdout } = stepcast(['--version']);
    expect(stdout).toBe(`${JSON.parse(readFileSync('package.json', 'utf8')).version}\n`);
    expect(code).toBe(0);
  });
});

describe('lists', () => {
  const ids = (entries: readonly { readonly id: string }[]) => entries.map(({ id }) => id);

  it.each([
    ['devices', ids(DEVICES)],
    ['devices --links', ids(LINKS)],
    ['devices --nodes', ids(NODES)],
    ['models', Object.keys(MODELS)],
    ['placers', Object.keys(PLACERS)],
    ['strategies', Object.keys(STRATEGIES)],
  ])('%s: a row for each', (command, names) => {
    const { code, stdout, stderr } = stepcast(command.split(' '));
    const rows = stdout.split('\n').map((line) => line.split(' ')[0]);
    for (const name of names) expect(rows).toContain(name);
    expect(stdout).not.toContain('\u001b');
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('devices: every number of one with its unit and source', () => {
    const { stdout } = stepcast(['devices', 'eth-10g']);
    expect(stdout).toMatch(/^10 Gigabit Ethernet +value +known from +source\n/);
    expect(stdout).toMatch(/\nlatency +\d\S* \S?s +assumption +\S/);
  });

  it('devices: no line is longer than 120 characters', () => {
    const of = (...args: string[]): string[] => stepcast(['devices', ...args]).stdout.split('\n');
    const lines = [of(), of('--links'), of('--nodes'), of('v100'), of('xeon-8480'), of('tpu-v3-8')].flat();
    for (const line of lines) expect([...line].length, line).toBeLessThanOrEqual(120);
    // A node says what it costs, what it draws and what it is made of.
    expect(of('dgx-1-p100').join('\n')).toMatch(/\naccelerators +8 × p100 +datasheet[\s\S]*\npower +3.2 kW/);
    expect(of('aws-p3-2xlarge').join('\n')).toMatch(/\nprice +3.06 \$\/h +datasheet +AWS on-demand/);
  });

  it('schema: the committed one', () => {
    const { stdout } = stepcast(['schema']);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(readFileSync('schema/scenario.schema.json', 'utf8')));
  });

  it('are coloured where that is asked for', () => {
    expect(stepcast(['placers'], { FORCE_COLOR: '1' }).stdout).toContain('\u001b[1m');
    expect(stepcast(['placers'], { FORCE_COLOR: '1', NO_COLOR: '1' }).stdout).not.toContain('\u001b');
  });
});

describe('inspect', () => {
  it('counts nodes, parameters, arithmetic and bytes', () => {
    const { code, stdout } = stepcast(['inspect', 'mnist-softmax', '--batch', '10']);
    // 784 × 10 weights and 10 biases; 2 · 784 · 10 flops per sample in the product alone.
    expect(stdout).toContain('7850 parameters, 31.4 kB; batch of 10');
    expect(stdout).toMatch(/\nforward +\d+ +\d+ kFLOP +15\.\d kFLOP/);
    expect(stdout).toMatch(/\nMatMul +1 +157 kFLOP/);
    expect(code).toBe(0);
  });
});

describe('report', () => {
  it('draws results again, the same bytes each time', () => {
    writeFileSync(at('results.json'), JSON.stringify(fixture()));
    const { code, stdout, stderr } = stepcast(['report', at('results.json')]);
    expect(stderr).toBe('');
    expect(stdout).toBe(`${at('report.html')}\n`);
    expect(code).toBe(0);
    stepcast(['report', at('results.json'), '-o', at('new/again.html')]);
    expect(readFileSync(at('new/again.html'), 'utf8')).toBe(readFileSync(at('report.html'), 'utf8'));
    expect(readdirSync(folder).sort()).toEqual(['new', 'report.html', 'results.json']);
  });
});

describe('standard input', () => {
  it('is what - reads', () => {
    const results = JSON.stringify(fixture());
    writeFileSync(at('results.json'), results);
    stepcast(['report', at('results.json'), '-o', at('a.html')]);
    expect(stepcast(['report', '-', '-o', at('b.html')], {}, results).code).toBe(0);
    expect(readFileSync(at('b.html'), 'utf8')).toBe(readFileSync(at('a.html'), 'utf8'));
    expect(stepcast(['run', '-'], {}, 'title: [').stderr).toMatch(
      /^error: standard input:1:9: not valid YAML/,
    );
  });

  it('may be a pipe of the shell, but no other pipe is waited for', () => {
    execFileSync('mkfifo', [at('pipe')]);
    expect(stepcast(['run', at('pipe')]).stderr).toMatch(
      /pipe: not a regular file; - reads standard input\n$/,
    );
    const command = `cat | ${process.execPath} ${program} run /dev/stdin`;
    const { stderr } = spawnSync('sh', ['-c', command], { input: 'title: 1', encoding: 'utf8', cwd: root });
    expect(stderr).toMatch(/^error: \/dev\/stdin:1:1: cluster: missing/);
  });
});

describe('a run that fails', () => {
  it('leaves no folder that it made', () => {
    const set = [
      '--set',
      'experiments.cnn.steps=3',
      '--set',
      'experiments.cnn.numbers=',
      '--set',
      'experiments.1.steps=3',
    ];
    const command = `ulimit -f 8; ${process.execPath} ${program} run scenarios/quickstart.yaml ${set.join(' ')} -o ${at('new/out')}`;
    const { stderr, status } = spawnSync('sh', ['-c', command], { encoding: 'utf8', cwd: root });
    expect(stderr).toMatch(/report\.html: cannot be written: the file would be larger than allowed; .*\n$/);
    expect(status).toBe(2);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('files', () => {
  it('are all written, and drafts are gone', async () => {
    writeFileSync(at('a'), 'old');
    await writeFiles([
      { path: at('a'), text: 'new' },
      { path: at('b'), text: 'ü' },
    ]);
    expect(readFileSync(at('a'), 'utf8')).toBe('new');
    expect(readFileSync(at('b'), 'utf8')).toBe('ü');
    expect(readdirSync(folder).sort()).toEqual(['a', 'b']);
  });

  it('stay as they were where a draft cannot be written', async () => {
    writeFileSync(at('a'), 'old');
    const files = [
      { path: at('a'), text: 'new' },
      { path: at('new/b'), text: '' },
      { path: at('a/c'), text: '' },
    ];
    await expect(writeFiles(files)).rejects.toThrow(/a\/c: cannot be written: a file is in the way/);
    expect(readFileSync(at('a'), 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['a']);
  });

  it('never take the place of what they are made of', async () => {
    writeFileSync(at('results.json'), JSON.stringify(fixture()));
    symlinkSync('results.json', at('link.json'));
    const drawn = report(at('results.json'), { output: at('link.json') });
    await expect(drawn).rejects.toThrow(/these are the results; name another file/);
  });

  it('never take the place of a device or a pipe', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    symlinkSync(pipe, join(folder, 'link'));
    symlinkSync('round', join(folder, 'round'));
    for (const name of ['pipe', 'link']) {
      const path = join(folder, name);
      const message = /a device or pipe of this name is in the way/;
      await expect(writeFiles([{ path, text: 'x' }])).rejects.toThrow(message);
      await expect(writePieces(path, ['x'])).rejects.toThrow(message);
    }
    expect(() => checkFolder(folder, ['round'])).toThrow(UserError);
    expect(lstatSync(pipe).isFIFO()).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['link', 'pipe', 'round']);
  });

  it('leave no drafts where a folder is in the way', async () => {
    mkdirSync(at('a'));
    await expect(writeFiles([{ path: at('a'), text: '' }])).rejects.toThrow(
      /a folder of this name is in the way/,
    );
    expect(readdirSync(folder)).toEqual(['a']);
  });

  it('go to a folder that is made, with all above it, when they are there', async () => {
    checkFolder(at('x/y/z'), ['a']);
    expect(readdirSync(folder)).toEqual([]);
    await writeFiles([{ path: at('x/y/z/a'), text: '' }]);
    expect(readdirSync(at('x/y'))).toEqual(['z']);
    checkFolder(at('x/y/z'), ['a']);
    expect(readdirSync(at('x/y/z'))).toEqual(['a']);
  });

  it('go to no folder where a folder is in the way of one of them', () => {
    mkdirSync(at('out/report.html'), { recursive: true });
    expect(() => checkFolder(at('out'), ['results.json', 'report.html'])).toThrow(
      /report\.html: cannot be written: a folder of this name is in the way; choose another place with -o$/,
    );
  });
});

describe('a reader or user who has seen enough', () => {
  it('closes the pipe: no failure, no words', async () => {
    const child = spawn(process.execPath, [program, 'devices'], { cwd: root });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    const [code] = await once(child, 'close');
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    'ends a run by %s: at once, nothing is left, and it says how to go on',
    async (signal, exit) => {
      const scenario = ['--set', 'experiments.cnn.steps=3', '--set', 'experiments.cnn.numbers='];
      const long = ['--set', 'experiments.inception-v3.steps=1000000'];
      const args = [program, 'run', 'scenarios/quickstart.yaml', ...scenario, ...long, '-o', at('out')];
      const child = spawn(process.execPath, args, { cwd: root });
      let stderr = '';
      for await (const text of child.stderr) {
        stderr += text;
        if (!stderr.includes('interrupted') && stderr.includes('inception-v3 0/')) child.kill(signal);
      }
      const code = child.exitCode ?? (await once(child, 'close'))[0];
      expect(code).toBe(exit);
      expect(stderr).toMatch(
        /^interrupted: nothing is written.*; finished were cnn: stepcast run scenarios\/quickstart\.yaml .*--set experiments\.cnn= runs the others$/m,
      );
      expect(readdirSync(folder)).toEqual([]);
    },
  );
});
