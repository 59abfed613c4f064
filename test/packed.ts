import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

export interface PackedFile {
  readonly path: string;
  readonly size: number;
}

/** What `npm pack` makes of a clean checkout, and a folder in which someone has installed it. */
export interface Packed {
  readonly tarball: string;
  /** Bytes of the tarball. */
  readonly size: number;
  readonly files: readonly PackedFile[];
  /** Has node_modules/ with the package and what it depends on, and nothing else. */
  readonly consumer: string;
  remove(): void;
}

/**
 * Packs a copy of the checkout, so that dist/ is made anew, and unpacks it as npm would install it. Dependencies are links
 * to those of the checkout: those that a user gets, none that only developers have, so that a missing one is seen.
 */
export function packed(): Packed {
  // Below the checkout, so that its packages are found where they are.
  const folder = join(root, 'out', 'packed', String(process.pid));
  const copy = join(folder, 'checkout');
  for (const path of checkedOut()) cpSync(join(root, path), join(copy, path), { recursive: true });
  const [made] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--loglevel=error'], {
      cwd: copy,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).replace(/^[^[]*/, ''),
  ) as { filename: string; size: number; files: PackedFile[] }[];
  const tarball = join(copy, made!.filename);
  const consumer = join(folder, 'consumer');
  install(tarball, consumer);
  return {
    tarball,
    size: made!.size,
    files: made!.files,
    consumer,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** All that the package is made from. */
function checkedOut(): string[] {
  const others = ['node_modules', 'dist', 'out', 'test', 'bench'];
  return readdirSync(root).filter((name) => !others.includes(name) && !/^\.|\.tgz$/.test(name));
}

function install(tarball: string, consumer: string): void {
  const modules = join(consumer, 'node_modules');
  const own = join(modules, 'stepcast');
  mkdirSync(own, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', own, '--strip-components=1']);
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; peer?: boolean }>;
  };
  for (const [path, { dev }] of Object.entries(lock.packages)) {
    const name = path.replace(/^node_modules\//, '');
    const there = join(root, path);
    if (path === '' || dev === true || name.includes('node_modules/') || !existsSync(there)) continue;
    const link = join(modules, name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(there, link, 'dir');
  }
}
