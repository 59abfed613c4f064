import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../cli/commands/index.ts';
import { float32 } from '../../graph/tensor.ts';
import { node, onnxFile } from '../graph/import/onnx/onnx-file.ts';
import { encoded } from '../sim/traces/chakra/traces.ts';
import { program, root } from './program.ts';

/*
 * The examples of docs/cli.md print what stands below them. `…` stands for any text of a line; alone on a line, for any
 * lines.
 */

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepcast-docs-cli-'));
  symlinkSync(program, join(folder, 'stepcast'));
  symlinkSync(join(root, 'scenarios'), join(folder, 'scenarios'));
  const layer = onnxFile(
    {
      inputs: [['x', 'float32', ['batch', 3]]],
      initializers: { w: float32([3, 2], [1, 2, 3, 4, 5, 6]) },
      nodes: [node('MatMul', ['x', 'w'], ['h']), node('Relu', ['h'], ['y'])],
      outputs: ['y'],
    },
    17,
  );
  writeFileSync(join(folder, 'layer.onnx'), layer);
  const reduce = { type: 'collective' as const, attributes: { comm_type: 0, comm_size: 8_000_000 } };
  writeFileSync(join(folder, 'all_reduce.0.et'), encoded([{ id: 1, ...reduce }]));
  writeFileSync(
    join(folder, 'all_reduce.1.et'),
    encoded([
      { id: 1, micros: 3000 },
      { id: 2, ...reduce, waits: [1] },
    ]),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Example {
  readonly command: string;
  readonly output: string;
}

const page = readFileSync(join(root, 'docs/cli.md'), 'utf8');
const examples: readonly Example[] = Array.from(
  page.matchAll(/^```console\n(.*?)^```$/gms),
  ([, text]) => text!,
).flatMap((block) =>
  block
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      return { command: part.slice(0, end), output: part.slice(end + 1).trimEnd() };
    }),
);

function pattern(output: string): RegExp {
  const literal = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const lines = output
    .split('\n')
    .map((line) => (line.trim() === '…' ? '(?:.*\\n)*?' : `${line.split('…').map(literal).join('.*')}\n`));
  return new RegExp(`^${lines.join('')}\\s*$`);
}

describe('docs/cli.md', () => {
  it('has an example of every command', () => {
    const all = new Command();
    for (const define of COMMANDS) define(all);
    const shown = new Set(Array.from(page.matchAll(/^\$ stepcast ([\w-]+)/gm), ([, name]) => name));
    expect(all.commands.map((command) => command.name()).filter((name) => !shown.has(name))).toEqual([]);
  });

  // In this order: later ones read what earlier ones wrote.
  it.each(examples)('$command', { timeout: 120_000 }, ({ command, output }) => {
    const { stdout } = spawnSync(
      'sh',
      ['-c', `{ ${command}; } 2>${command.includes('$?') ? '&1' : '/dev/null'}`],
      {
        cwd: folder,
        encoding: 'utf8',
        maxBuffer: 2 ** 26,
        env: {
          ...process.env,
          NO_COLOR: undefined,
          FORCE_COLOR: undefined,
          PATH: `${folder}${delimiter}${process.env.PATH}`,
        },
      },
    );
    if (!pattern(output).test(stdout)) expect(stdout).toBe(output);
  });
});
