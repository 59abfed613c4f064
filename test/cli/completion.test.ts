import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEVICES, MODELS, NODES, PLACERS } from '../../scenarios/catalog.ts';
import { program, stepcast } from './program.ts';

/* Completion as a user has it: bash with the script, asked what Tab would offer. */

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepcast-completion-'));
  symlinkSync(program, join(folder, 'stepcast'));
  for (const name of ['mine.yaml', 'my results.json', 'model.onnx', 'notes.txt'])
    writeFileSync(join(folder, name), '');
  writeFileSync(join(folder, 'script.bash'), stepcast(['completion', 'bash']).stdout);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What Tab offers at the end of each of these lines. */
function offered(lines: readonly (readonly string[])[]): string[][] {
  const asked = lines.map((words) => {
    const list = words.map((word) => `'${word}'`).join(' ');
    return `COMP_WORDS=(stepcast ${list}); COMP_CWORD=${words.length}; _stepcast; printf '%s\\n' "\${COMPREPLY[@]}"; echo --`;
  });
  const text = execFileSync('bash', ['--norc', '-c', `source ./script.bash; ${asked.join('; ')}`], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` },
  });
  return text
    .split('--\n')
    .slice(0, -1)
    .map((part) => part.split('\n').filter((line) => line !== ''));
}

describe('completion in bash', () => {
  it('offers commands, options, choices, names and files', () => {
    const [commands, ru, options, kernels, kernelsAfterSign, seed, scenario, results, nested] = offered([
      [''],
      ['ru'],
      ['run', 'x.yaml', '--s'],
      ['exec', 'mnist-cnn', '--kernels', ''],
      ['exec', 'mnist-cnn', '--kernels', '=', 'w'],
      ['run', '--seed', ''],
      ['run', ''],
      ['report', 'my'],
      ['validate', 'loc'],
    ]);
    for (const name of ['run', 'place', 'devices', 'completion']) expect(commands).toContain(name);
    expect(ru).toEqual(['run']);
    expect(options).toEqual(expect.arrayContaining(['--seed', '--set']));
    expect(options!.every((option) => option.startsWith('--s'))).toBe(true);
    expect(kernels).toEqual(['wasm', 'plain']);
    expect(kernelsAfterSign).toEqual(['wasm']);
    expect(seed).toEqual([]);
    expect(scenario).toEqual(['mine.yaml']);
    expect(results).toEqual(['my results.json']);
    expect(nested).toContain('local');
  });

  it('asks the program for names', () => {
    const [models, devices, nodes, placers] = offered([
      ['inspect', ''],
      ['inspect', 'mnist-cnn', '--device', 'v'],
      ['place', 'mnist-cnn', '--cluster', 'dgx'],
      ['place', 'mnist-cnn', '--placer', ''],
    ]);
    expect(models).toEqual(expect.arrayContaining([...Object.keys(MODELS), 'model.onnx']));
    expect(models).not.toContain('notes.txt');
    const ids = (entries: readonly { readonly id: string }[], start: string): string[] =>
      entries.map(({ id }) => id).filter((id) => id.startsWith(start));
    expect(devices).toEqual(ids(DEVICES, 'v'));
    expect(nodes).toEqual(ids(NODES, 'dgx'));
    expect(placers).toEqual(expect.arrayContaining(Object.keys(PLACERS)));
  });
});

describe('scripts of other shells', () => {
  it.each(['bash', 'zsh', 'fish'])('%s: names every command, and parses where the shell is here', (shell) => {
    const { stdout, code } = stepcast(['completion', shell]);
    expect(code).toBe(0);
    for (const name of ['run', 'place', 'strategies']) expect(stdout).toContain(name);
    const { error, status, stderr } = spawnSync(shell, ['-n'], { input: stdout, encoding: 'utf8' });
    if (error === undefined) expect(stderr).toBe('');
    if (error === undefined) expect(status).toBe(0);
  });

  it('refuse what is none', () => {
    expect(stepcast(['completion', 'tcsh']).stderr).toMatch(/^error: .*Allowed choices are bash, zsh, fish/);
    expect(stepcast(['completion']).stderr).toMatch(/^error: name a shell/);
    expect(stepcast(['completion', '--list', 'model']).stderr).toMatch(/did you mean "models"/);
  });
});
