import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Packed, packed } from './packed.ts';
import { publicApi } from './public-api.ts';

/* What users get: the packed tarball, its declarations, and the program as it runs from an empty folder. */

const root = fileURLToPath(new URL('..', import.meta.url));
let made: Packed;
beforeAll(() => {
  made = packed();
}, 300_000);
afterAll(() => made?.remove());

/** What may be in the package; all else is there by mistake. */
const EXPECTED = [
  /^(README|ARCHITECTURE|CHANGELOG)\.md$/,
  /^LICENSE$/,
  /^package\.json$/,
  /^bin\/stepcast\.mjs$/,
  /^devices\/profile_torch\.py$/,
  // Entries, and the chunks that they share.
  /^dist\/[a-z-]+(-[A-Z0-9]{8})?\.js$/,
  /^dist\/report-simulator\.txt$/,
  /^dist\/kernels\.wasm$/,
  /^dist\/types\/[a-z0-9/-]+\.d\.ts$/,
  /^docs\/[a-z-]+\.md$/,
  /^docs\/examples\/(Containerfile|[\w.-]+\.(md|yaml|sh|sbatch))$/,
  /^examples\/[\w./-]+\.(ts|md|yaml|onnx|sh|sbatch)$/,
  /^scenarios\/[a-z0-9-]+\.yaml$/,
  /^scenarios\/claims\/([a-z0-9_]+\.yaml|residuals\.json)$/,
  /^schema\/[a-z-]+\.schema\.json$/,
];

describe('the package', () => {
  test('holds what it needs, and nothing else', () => {
    const paths = made.files.map(({ path }) => path);
    expect(paths.filter((path) => !EXPECTED.some((pattern) => pattern.test(path)))).toEqual([]);
    for (const path of [
      'bin/stepcast.mjs',
      'dist/cli.js',
      'dist/index.js',
      'dist/kernels.wasm',
      'dist/report-client.js',
      'dist/types/index.d.ts',
      'scenarios/quickstart.yaml',
      'schema/scenario.schema.json',
    ])
      expect(paths).toContain(path);
    const scenarios = readdirSync(join(root, 'scenarios')).filter((name) => name.endsWith('.yaml'));
    expect(paths).toEqual(expect.arrayContaining(scenarios.map((name) => `scenarios/${name}`)));
    const pages = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
    expect(paths).toEqual(expect.arrayContaining(pages.map((name) => `docs/${name}`)));
    // 1.4 MB when this was written.
    expect(made.size).toBeLessThan(2_500_000);
  });

  test('holds every entry that the build makes, and no other', async () => {
    const { ENTRIES } = (await import('../build.mjs' as string)) as { ENTRIES: Record<string, string> };
    const entries = made.files.flatMap(({ path }) => path.match(/^dist\/([a-z-]+)\.js$/)?.[1] ?? []);
    expect(entries.sort()).toEqual([...Object.keys(ENTRIES), 'kernel-thread', 'report-client'].sort());
  });

  test('can be imported as it says', { timeout: 120_000 }, () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, 'tools', 'lint-package.mjs'), made.tarball],
      { encoding: 'utf8' },
    );
    expect(status, `${stdout}${stderr}`).toBe(0);
  });

  test('wants no package that only developers have', () => {
    const { dependencies, optionalDependencies, peerDependencies } = JSON.parse(
      readFileSync(join(root, 'package.json'), 'utf8'),
    ) as Record<string, Record<string, string>>;
    const declared = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
    const wanted = made.files
      .filter(({ path }) => /^dist\/[^/]*\.js$/.test(path) && path !== 'dist/report-client.js')
      .flatMap(({ path }) => {
        const text = readFileSync(join(made.consumer, 'node_modules', 'stepcast', path), 'utf8');
        return [
          ...text.matchAll(/^(?:import|export) .*?from "([^"./][^"]*)";$|\bimport\("([^"./][^"]*)"\)/gm),
        ].map(([, fixed, lazy]) => (fixed ?? lazy)!);
      })
      .filter((name) => !name.startsWith('node:'))
      .map((name) => name.match(/^(@[^/]+\/)?[^/]+/)![0]);
    expect(wanted).toContain('commander');
    expect([...new Set(wanted)].filter((name) => !declared.includes(name))).toEqual([]);
  });
});

describe('from an empty folder', () => {
  test('npx stepcast run, with the packaged quick start', { timeout: 120_000 }, () => {
    const own = 'node_modules/stepcast';
    const quick = [
      'experiments.cnn.steps=4',
      'experiments.cnn.numbers.steps=2',
      'experiments.inception-v3.steps=2',
    ];
    const workers = ['experiments.cnn.workers=[1, 2]', 'experiments.inception-v3.workers=[1, 2]'];
    const set = [...quick, ...workers].flatMap((change) => ['--set', change]);
    const output = execFileSync(
      process.execPath,
      [`${own}/bin/stepcast.mjs`, 'run', `${own}/scenarios/quickstart.yaml`, ...set, '-o', 'answer'],
      { cwd: made.consumer, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    );
    expect(output).toContain('report.html');
    const files = readdirSync(join(made.consumer, 'answer'));
    expect(files).toEqual(expect.arrayContaining(['report.html', 'results.json', 'steps.csv', 'trace.json']));
    const report = readFileSync(join(made.consumer, 'answer', 'report.html'), 'utf8');
    expect(report).toMatch(/<\/html>\s*$/);
  });

  test('the library', () => {
    mkdirSync(join(made.consumer, 'own'));
    writeFileSync(
      join(made.consumer, 'own', 'try.mjs'),
      "import { findDevice, UserError } from 'stepcast';\nconsole.log(findDevice('k40').name, UserError.name);",
    );
    const output = execFileSync(process.execPath, ['own/try.mjs'], { cwd: made.consumer, encoding: 'utf8' });
    expect(output).toBe(`${output.split(' UserError')[0]} UserError\n`);
  });
});

describe('the declarations', () => {
  test('compile as users compile them, with all that they lead to; every export says what it is, and none is any', () => {
    const api = publicApi(join(made.consumer, 'node_modules', 'stepcast', 'dist', 'types', 'index.d.ts'));
    expect(api.problems).toEqual([]);
    expect(api.exports).toBeGreaterThan(100);
    expect(api.undocumented).toEqual([]);
    expect(api.any).toEqual([]);
  }, 120_000);
});
