import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { checkFile } from '../../scenarios/check.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { loadSweep } from '../../scenarios/sweep/load-sweep.ts';

/* docs/scenarios.md: its blocks of YAML are files in one folder. */

const folder = mkdtempSync(join(tmpdir(), 'stepcast-page-'));
afterAll(() => rmSync(folder, { recursive: true }));
const page = readFileSync('docs/scenarios.md', 'utf8');
const names = Array.from(page.matchAll(/^```yaml\n# (\S+)\n(.*?)^```$/gms), ([, name, text]) => {
  writeFileSync(join(folder, name!), text!);
  return name!;
});
const at = (name: string): string => join(folder, name);

it('its scenarios are good', () => {
  expect(names).toEqual([
    'base.yaml',
    'cluster.yaml',
    'faster.yaml',
    'machines.yaml',
    'grid.yaml',
    'list.yaml',
    'drawn.yaml',
  ]);
  for (const name of names.filter((each) => each !== 'cluster.yaml'))
    expect(checkFile(at(name)).problems, name).toEqual([]);
});

it('they say what the page says', () => {
  const faster = loadScenario(at('faster.yaml'));
  expect(faster.cluster.network).toEqual({ link: 'eth-100g' });
  expect(faster.cluster.workers.accelerator).toBe('v100');
  expect(faster.noise.stragglers.probability).toBe(0);
  expect(faster.experiments).toMatchObject([{ name: 'resnet', steps: 8, workers: [1, 4] }]);
  const machines = loadScenario(at('machines.yaml'), { set: ['variables.servers=8'] });
  expect(machines.title).toBe('8 servers for workers with a k40');
  expect(machines.cluster.parameter_servers!.count).toBe(8);
  expect(loadSweep(at('grid.yaml')).count).toBe(3 * 3 * 2);
  expect(loadSweep(at('list.yaml')).values(1)).toEqual([4, 'eth-25g']);
  expect(loadSweep(at('drawn.yaml')).count).toBe(8);
});
