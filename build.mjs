// Builds dist/: `node build.mjs` (as `npm ci` does), or `node build.mjs --types` before packing.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(fileURLToPath(import.meta.url));
const DIST = join(ROOT, 'dist');
const SOURCES = ['base', 'graph', 'devices', 'placement', 'sim', 'executor', 'scenarios', 'reports', 'cli'];
const SOURCE_FILES = ['index.ts', 'package.json', 'build.mjs'];
export const ENTRIES = {
  cli: 'cli/main.ts',
  index: 'index.ts',
  'device-thread': 'executor/device-threads/worker.ts',
  'claims-thread': 'scenarios/claims/thread.ts',
  'placement-thread': 'scenarios/placement-thread.ts',
  'sweep-thread': 'scenarios/sweep/thread.ts',
  'queue-processor': 'scenarios/sweep/queue/processor.ts',
  'scenario-thread': 'cli/tasks/thread.ts',
};
const CLIENT = { 'report-client': 'reports/client/main.ts' };
const SIMULATOR = { 'report-simulator': 'scenarios/live/page-thread.ts' };
const KERNELS = 'executor/wasm/assembly';
const KERNEL_THREAD = { 'kernel-thread': 'executor/wasm/kernel-thread.ts' };
const present = (entries) =>
  Object.fromEntries(Object.entries(entries).filter(([, path]) => existsSync(join(ROOT, path))));

/**
 * Bundles the command line, the library and the script of the report into dist/, and returns the paths written.
 * With `types`, empties dist/ first and emits the type declarations of index.ts too.
 */
export async function build({ types = false } = {}) {
  const began = new Date();
  if (types) await rm(DIST, { recursive: true, force: true });
  const kernels = [...(await buildKernels()), ...(await buildKernelThread())];
  const written = await bundle({
    entryPoints: present(ENTRIES),
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    splitting: true,
    // Beside the entries, so that a module finds dist/ as the folder of its own URL.
    chunkNames: '[name]-[hash]',
    // They lead to sources, which are not packed.
    sourcemap: !types,
    sourcesContent: false,
  });
  if (types) await emitTypes();
  await removeChunks(written);
  written.push(...kernels);
  written.push(...(await buildClient()), ...(await buildSimulator()));
  // A source that changed while the build ran is newer than what was built.
  await Promise.all(entryOutputs().map((path) => utimes(path, began, began)));
  return written;
}

/** Bundles only the script of the report. */
export async function buildClient() {
  return bundle({
    entryPoints: present(CLIENT),
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    charset: 'utf8',
    legalComments: 'none',
  });
}

/** Bundles what the report simulates with in a thread of the browser, packed: it is text in a page. */
export async function buildSimulator() {
  const esbuild = await import('esbuild');
  const { outputFiles } = await esbuild.build({
    absWorkingDir: ROOT,
    entryPoints: present(SIMULATOR),
    outdir: DIST,
    bundle: true,
    write: false,
    logLevel: 'error',
    logOverride: { 'empty-import-meta': 'silent' },
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    charset: 'utf8',
    legalComments: 'none',
    plugins: [WITHOUT_NODE],
  });
  const { gzipSync } = await import('node:zlib');
  return Promise.all(
    outputFiles.map(async ({ path, contents }) => {
      const packed = path.replace(/\.js$/, '.txt');
      await writeWhole(packed, gzipSync(contents, { level: 9 }).toString('base64'));
      return relative(ROOT, packed).split(sep).join('/');
    }),
  );
}

/** Files, threads and what needs them: a page has none, and asks for nothing that takes them. */
const WITHOUT_NODE = {
  name: 'without-node',
  setup(build) {
    const filter = /^(node:.*|highs)$/;
    build.onResolve({ filter }, ({ path }) => ({ path, namespace: 'without-node' }));
    build.onLoad({ filter: /.*/, namespace: 'without-node' }, ({ path }) => ({
      contents: `module.exports = new Proxy({}, {
        get: (_, name) => name === '__esModule' ? false : () => { throw new Error('${path} is not there in a page'); },
      });`,
      loader: 'js',
    }));
  },
};

/** Compiles the kernels to WebAssembly, unless they are newer than all that makes them: the compiler takes seconds. */
export async function buildKernels() {
  const path = join(DIST, 'kernels.wasm');
  const sources = join(ROOT, KERNELS);
  const built = await stat(path).catch(() => undefined);
  // Its options are below, its version is in package.json.
  const changes = [sources, join(ROOT, 'build.mjs'), join(ROOT, 'package.json')].map(newestChange);
  if (built !== undefined && built.mtimeMs > Math.max(...changes)) return ['dist/kernels.wasm'];
  const began = new Date();
  const { main: compile } = await import('assemblyscript/asc');
  let binary;
  const { error, stderr } = await compile(
    // Threads share the memory, which grows to what 32-bit addresses reach; the kernels check nothing themselves.
    [
      ...['index.ts', '--outFile', 'kernels.wasm', '-O3', '--noAssert', '--runtime', 'stub'],
      ...['--enable', 'simd', '--enable', 'threads', '--enable', 'bulk-memory'],
      ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
    ],
    {
      readFile: (name) => readFile(join(sources, name), 'utf8').catch(() => null),
      writeFile: (_name, contents) => {
        binary = contents;
      },
    },
  );
  if (error || binary === undefined)
    throw new Error(`${stderr}${error?.message ?? 'no kernels were written'}`);
  await writeWhole(path, binary);
  await utimes(path, began, began);
  return ['dist/kernels.wasm'];
}

/** Bundles what each thread of the kernels runs. */
export async function buildKernelThread() {
  return bundle({ entryPoints: present(KERNEL_THREAD), format: 'esm', platform: 'node', target: 'node20' });
}

async function bundle(options) {
  const esbuild = await import('esbuild');
  const common = { absWorkingDir: ROOT, outdir: DIST, bundle: true, write: false, logLevel: 'error' };
  const { outputFiles } = await esbuild.build({ ...common, ...options });
  await Promise.all(outputFiles.map((file) => writeWhole(file.path, file.contents)));
  return outputFiles.map((file) => relative(ROOT, file.path).split(sep).join('/')).sort();
}

/** build(), unless nothing under the source folders changed since the last one. True when it built. */
export async function buildIfStale() {
  const outputs = entryOutputs();
  const paths = [...SOURCES, ...SOURCE_FILES]
    .map((name) => join(ROOT, name))
    .filter((path) => existsSync(path));
  const others = ['kernels.wasm', 'kernel-thread.js'].map((name) => join(DIST, name));
  if ([...outputs, ...others].every((path) => existsSync(path))) {
    const newest = Math.max(...paths.map(newestChange));
    const oldest = Math.min(...outputs.map((path) => statSync(path).mtimeMs));
    if (newest < oldest) return false;
  }
  await build();
  return true;
}

function entryOutputs() {
  return Object.keys(present({ ...ENTRIES, ...CLIENT })).map((name) => join(DIST, `${name}.js`));
}

/**
 * Newest modification time of a file, or of a folder and all in it: a folder's own tells of removed files. Synchronous:
 * of a thousand files that takes 10 ms, and promises of each take 50, in every start of the program from a checkout.
 */
function newestChange(path) {
  const entry = statSync(path, { throwIfNoEntry: false });
  let newest = entry?.mtimeMs ?? 0;
  if (!entry?.isDirectory()) return newest;
  for (const inside of readdirSync(path, { withFileTypes: true })) {
    if (inside.isDirectory() || /\.(ts|json|wasm)$/.test(inside.name)) {
      newest = Math.max(newest, newestChange(join(path, inside.name)));
    }
  }
  return newest;
}

/** A process that reads the file at the same time sees the old one or the new one, never half of it. */
async function writeWhole(path, contents) {
  const draft = `${path}.${process.pid}`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(draft, contents);
  await rename(draft, path);
}

/** Removes chunks of earlier builds, except recent ones: a running process may still import them. */
async function removeChunks(written) {
  for (const name of await readdir(DIST)) {
    if (!/-[A-Z0-9]{8}\.js(\.map)?$/.test(name) || written.includes(`dist/${name}`)) continue;
    const path = join(DIST, name);
    const entry = await stat(path).catch(() => undefined);
    if (entry !== undefined && Date.now() - entry.mtimeMs > 3_600_000) await rm(path, { force: true });
  }
}

/** Writes the type declarations of index.ts, and of all that it imports, below `folder`. */
export async function emitTypes(folder = join(DIST, 'types')) {
  const { default: ts } = await import('typescript');
  const config = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile).config;
  const parsed = ts.parseJsonConfigFileContent(
    { ...config, include: ['base/*.d.ts'], files: ['index.ts'] },
    ts.sys,
    ROOT,
  );
  const program = ts.createProgram(parsed.fileNames, {
    ...parsed.options,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: ROOT,
    outDir: folder,
  });
  const { diagnostics } = program.emit(undefined, undefined, undefined, true);
  const problems = [...ts.getPreEmitDiagnostics(program), ...diagnostics];
  if (problems.length === 0) return removeUnreached(folder);
  const host = { getCanonicalFileName: (f) => f, getCurrentDirectory: () => ROOT, getNewLine: () => '\n' };
  throw new Error(ts.formatDiagnostics(problems, host));
}

/** Removes declarations to which none leads from index.d.ts: of what the library only uses inside. */
async function removeUnreached(folder) {
  const reached = new Set();
  const follow = async (path) => {
    if (reached.has(path)) return;
    reached.add(path);
    const text = await readFile(path, 'utf8');
    const leads = [...text.matchAll(/(?:from |import\(|import )(["'])(\..*?)\1/g)];
    await Promise.all(leads.map(([, , to]) => follow(join(dirname(path), to.replace(/\.[jt]s$/, '.d.ts')))));
  };
  await follow(join(folder, 'index.d.ts'));
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !reached.has(path)) await rm(path);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await build({ types: process.argv.includes('--types') }).catch((error) => {
    // esbuild has printed its errors, with their places, already.
    if (error.errors === undefined) console.error(error.message);
    process.exitCode = 1;
  });
}
