import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { refreshed, UserFolder } from './console-session.ts';
import { exampleModel } from './example-model.ts';

/* The programs of examples/ do what their page says; `npx vitest run test/examples.test.ts -u` writes it anew. */

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = new UserFolder('examples');
afterAll(() => folder.remove());

test('the programs print what the page says', { timeout: 120_000 }, async () => {
  const page = join(root, 'examples', 'README.md');
  const printed = refreshed(readFileSync(page, 'utf8'), (command) => folder.run(command));
  await expect(printed).toMatchFileSnapshot(page);
});

test('images.onnx is what its description says', () => {
  const file = readFileSync(join(root, 'examples', 'images.onnx'));
  expect(Buffer.compare(file, exampleModel())).toBe(0);
});
