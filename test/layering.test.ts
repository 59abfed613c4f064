import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

/*
 * Data flows one way, from scenarios to reports. This reads every import of the product, static, dynamic and of
 * types, and refuses an arrow that the table does not have.
 */

/** Folders that a folder may import from, beside itself. */
const ALLOWED: { readonly [folder: string]: readonly string[] } = {
  base: [],
  graph: ['base'],
  devices: ['base'],
  placement: ['graph', 'devices', 'base'],
  sim: ['graph', 'devices', 'base'],
  executor: ['graph', 'base'],
  scenarios: ['placement', 'sim', 'executor', 'graph', 'devices', 'base'],
  reports: ['base'],
  cli: ['scenarios', 'reports', 'base'],
};

/** Single files that a folder may import types from. */
const TYPES_ALLOWED: { readonly [folder: string]: readonly string[] } = {
  reports: ['scenarios/results.ts', 'scenarios/validation.ts'],
};

interface Import {
  readonly specifier: string;
  readonly line: number;
  readonly typeOnly: boolean;
}

/** Every module that `source` names: import, export … from, import(), import('…').T and require(). */
function importsOf(file: string, source: string): Import[] {
  const found: Import[] = [];
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const add = (node: ts.Node | undefined, typeOnly: boolean) => {
    if (node === undefined || !ts.isStringLiteralLike(node)) return;
    const { line } = tree.getLineAndCharacterOfPosition(node.getStart(tree));
    found.push({ specifier: node.text, line: line + 1, typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    } else if (ts.isExportDeclaration(node)) {
      add(node.moduleSpecifier, node.isTypeOnly);
    } else if (ts.isImportTypeNode(node)) {
      add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true);
    } else if (ts.isCallExpression(node)) {
      const called = node.expression;
      const isImport = called.kind === ts.SyntaxKind.ImportKeyword;
      if (isImport || (ts.isIdentifier(called) && called.text === 'require')) add(node.arguments[0], false);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

/** Broken rules of one file, as `file:line: why`. `file` is relative to the root, with `/`. */
function violations(file: string, source: string, packages: ReadonlySet<string>): string[] {
  const folder = file.split('/')[0]!;
  const problems: string[] = [];
  for (const { specifier, line, typeOnly } of importsOf(file, source)) {
    const complain = (why: string) => problems.push(`${file}:${line}: ${why}`);
    if (specifier.startsWith('.')) {
      const target = posix.normalize(posix.join(posix.dirname(file), specifier));
      const targetFolder = target.split('/')[0]!;
      if (target === 'package.json') continue;
      if (targetFolder === folder || ALLOWED[folder]!.includes(targetFolder)) continue;
      if (TYPES_ALLOWED[folder]?.includes(target)) {
        if (!typeOnly) complain(`${folder}/ may import only types from ${target}`);
      } else {
        complain(`${folder}/ may not import ${target}`);
      }
    } else if (!isBuiltin(specifier)) {
      const [scope, name] = specifier.split('/');
      const packageName = scope!.startsWith('@') ? `${scope}/${name}` : scope!;
      if (!packages.has(packageName))
        complain(`"${packageName}" is not among the dependencies of package.json`);
    }
  }
  return problems;
}

const root = fileURLToPath(new URL('..', import.meta.url));

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[cm]?[jt]s$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();
}

describe('layers', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const packages = new Set(
    Object.keys({
      ...manifest.dependencies,
      ...manifest.optionalDependencies,
      ...manifest.peerDependencies,
    }),
  );

  it.each(Object.keys(ALLOWED))('%s/ imports only what it may', (folder) => {
    const problems = sourceFiles(folder).flatMap((file) =>
      violations(file, readFileSync(join(root, file), 'utf8'), packages),
    );
    expect(problems).toEqual([]);
  });

  it('the table has no arrow that points up', () => {
    const order = Object.keys(ALLOWED);
    for (const [folder, targets] of Object.entries(ALLOWED)) {
      for (const target of targets) expect(order.indexOf(target)).toBeLessThan(order.indexOf(folder));
    }
  });
});

describe('the checker of layers', () => {
  const check = (file: string, source: string) => violations(file, source, new Set(['zod', '@scope/known']));

  it('accepts what the table has', () => {
    const source = `
      import { join } from 'node:path';
      import { readFileSync } from 'fs';
      import * as z from 'zod';
      import known from '@scope/known/deep/file.js';
      import { add } from './own.ts';
      import type { Graph } from '../graph/graph.ts';
      export { simulate } from '../sim/engine.ts';
      const later = await import('../placement/index.ts');
      // import nothing from '../cli/main.ts'
      const text = "import x from '../cli/main.ts'";`;
    expect(check('scenarios/run.ts', source)).toEqual([]);
    expect(check('reports/html.ts', "import type { Results } from '../scenarios/results.ts';")).toEqual([]);
  });

  it.each([
    ['base/a.ts', "import { g } from '../graph/graph.ts';"],
    ['base/a.ts', "import type { G } from '../graph/graph.ts';"],
    ['graph/zoo/a.ts', "export * from '../../devices/device.ts';"],
    ['sim/a.ts', "export type { P } from '../placement/placer.ts';"],
    ['sim/a.ts', "import '../executor/kernel.ts';"],
    ['executor/a.ts', "const sim = await import('../sim/engine.ts');"],
    ['placement/a.ts', "let x: import('../sim/engine.ts').Engine;"],
    ['executor/a.ts', "const p = require('../placement/placer.ts');"],
    ['scenarios/a.ts', "import { html } from '../reports/html.ts';"],
    ['reports/a.ts', "import type { Scenario } from '../scenarios/schema.ts';"],
    ['cli/a.ts', "import type { Graph } from '../graph/graph.ts';"],
    ['cli/a.ts', "import config from '../vitest.config.ts';"],
  ])('refuses in %s: %s', (file, source) => {
    expect(check(file, `\n${source}`)).toEqual([
      expect.stringMatching(/^\w+\/.*a\.ts:2: \w+\/ may not import /),
    ]);
  });

  it('refuses more than types where only types are allowed', () => {
    const where = ['import', 'export'].map(
      (word) => `${word} { RESULTS_VERSION } from '../scenarios/results.ts';`,
    );
    for (const source of where) {
      expect(check('reports/a.ts', source)).toEqual([
        'reports/a.ts:1: reports/ may import only types from scenarios/results.ts',
      ]);
    }
  });

  it.each(["import _ from 'lodash';", "import '@scope/other/x.js';", "await import('lodash/fp');"])(
    'refuses a package that is not declared: %s',
    (source) => {
      expect(check('cli/a.ts', source)).toEqual([expect.stringContaining('not among the dependencies')]);
    },
  );
});
