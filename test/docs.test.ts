import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { float32 } from '../graph/tensor.ts';
import { filesOf, refreshed, UserFolder } from './console-session.ts';
import { node, onnxFile } from './graph/import/onnx/onnx-file.ts';

/*
 * Pages that are programs: their TypeScript blocks run one after the other, with the package as users import it (dist/), and
 * print what the comments beside them say.
 */

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'stepcast-docs-'));
// Inside the package, so that its own name leads to what was built.
const built = join(root, 'out', 'docs', String(process.pid));
beforeAll(() => {
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
  const repeat = onnxFile(
    {
      inputs: [
        ['x', 'float32', [1]],
        ['n', 'int64', [1]],
      ],
      nodes: [node('Tile', ['x', 'n'], ['y'])],
      outputs: ['y'],
    },
    17,
  );
  writeFileSync(join(folder, 'repeat.onnx'), repeat);
});
afterAll(() => {
  for (const path of [folder, built]) rmSync(path, { recursive: true, force: true });
});

function blocks(page: string): string {
  const text = readFileSync(join(root, 'docs', page), 'utf8');
  return Array.from(text.matchAll(/^```ts\n(.*?)^```$/gms), ([, code]) => code).join('\n');
}

/** What each call of console.log prints, by the comment after it, on its line or the next. */
function promised(code: string): string[] {
  return Array.from(code.matchAll(/console\.log\(.*?\);(?:\n\s*| )\/\/ (.*)$/gm), ([, text]) => text!);
}

function printed(page: string, code: string): string[] {
  mkdirSync(built, { recursive: true });
  const outfile = join(built, `${page}.mjs`);
  writeFileSync(outfile, transformSync(code, { loader: 'ts', format: 'esm' }).code);
  const output = execFileSync(process.execPath, [outfile], { cwd: folder, encoding: 'utf8' });
  return output.trimEnd().split('\n');
}

describe('the programs of the documentation print what they say', () => {
  for (const page of ['sessions.md', 'own-ops.md', 'importing.md', 'kernels.md']) {
    it(page, { timeout: 60_000 }, () => {
      const code = blocks(page);
      const calls = code.match(/console\.log\(/g)!.length;
      const expected = promised(code);
      expect(expected.length, 'a comment beside each console.log').toBe(calls);
      // A line printed again and again, as in a loop, is promised once.
      const lines = printed(page, code);
      const unrepeated = lines.filter((line, i) => line !== lines[i - 1]);
      expect(unrepeated).toEqual(expected.filter((line, i) => line !== expected[i - 1]));
    });
  }
});

describe('the sessions of the documentation print what they say; `npx vitest run test/docs.test.ts -u` writes them anew', () => {
  const user = new UserFolder('docs');
  afterAll(() => user.remove());
  it('tutorial.md', { timeout: 120_000 }, async () => {
    const path = join(root, 'docs', 'tutorial.md');
    const page = readFileSync(path, 'utf8');
    for (const { name, text } of filesOf(page)) user.write(name, text);
    const printed = refreshed(page, (command) => user.run(command));
    expect(printed).not.toContain('internal error');
    await expect(printed).toMatchFileSnapshot(path);
  });
});
