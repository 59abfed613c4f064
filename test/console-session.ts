import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';

/*
 * Pages with sessions of a terminal, run as written:
 *
 *     ```console
 *     $ npx stepcast inspect images.onnx
 *     what it prints; … stands for anything in a line, a line of it for any number of lines
 *     ```
 */

const root = fileURLToPath(new URL('..', import.meta.url));

interface Command {
  readonly command: string;
  readonly output: string;
}

/** The commands of a page, in their order, with what the page says that they print. */
function commandsOf(page: string): Command[] {
  const blocks = Array.from(page.matchAll(/^```console\n(.*?)^```$/gms), ([, text]) => text!);
  return blocks.flatMap((text) =>
    text
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [command, ...lines] = part.replace(/ \\\n +/g, ' ').split('\n');
        return { command: command!, output: lines.join('\n').trimEnd() };
      }),
  );
}

/** The files of a page: blocks after a line that ends in `name.yaml`: */
export function filesOf(page: string): { readonly name: string; readonly text: string }[] {
  const blocks = page.matchAll(/`([\w.-]+\.(?:yaml|ts))`:\n\n```\w+\n(.*?)^```$/gms);
  return Array.from(blocks, ([, name, text]) => ({ name: name!, text: text! }));
}

/** A folder like a user's own, with the files of examples/; inside the checkout, so that `stepcast` is the package. */
export class UserFolder {
  readonly path: string;

  constructor(name: string) {
    this.path = join(root, 'out', 'test', `${name}-${process.pid}`);
    mkdirSync(this.path, { recursive: true });
    const examples = join(root, 'examples');
    for (const file of readdirSync(examples))
      cpSync(join(examples, file), join(this.path, file), { recursive: true });
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.path, name), text);
  }

  /** What a command prints: `npx stepcast …`, or `npx tsx program.ts`. */
  run(command: string): string {
    const [npx, program, ...args] = words(command);
    if (npx !== 'npx') throw new Error(`not a command of this project: ${command}`);
    const run =
      program === 'stepcast' ? [join(root, 'bin', 'stepcast.mjs'), ...args] : [this.compiled(args[0]!)];
    const { status, stdout, stderr } = spawnSync(process.execPath, run, {
      cwd: this.path,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: undefined, FORCE_COLOR: undefined, COLUMNS: undefined },
    });
    // What stands on the terminal in the end: progress of what went well is gone by then.
    return (status === 0 ? stdout : `${stdout}${stderr}`)
      .split('\n')
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd();
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  private compiled(program: string): string {
    const source = readFileSync(join(this.path, program), 'utf8');
    const path = join(this.path, program.replace(/\.ts$/, '.mjs'));
    writeFileSync(path, transformSync(source, { loader: 'ts', format: 'esm' }).code);
    return path;
  }
}

/** The words of a command line, with single and double quotes, and \\" within these. */
function words(command: string): string[] {
  return Array.from(command.matchAll(/(?:[^\s'"]+|'[^']*'|"(?:\\.|[^"\\])*")+/g), ([word]) =>
    word.replace(
      /'([^']*)'|"((?:\\.|[^"\\])*)"/g,
      (_, plain?: string, quoted?: string) => plain ?? quoted!.replace(/\\(.)/g, '$1'),
    ),
  );
}

/** Whether `printed` is `expected`, where … stands for anything in a line, a line of it for any number of lines. */
function matches(printed: string, expected: string): boolean {
  const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/ +/g, ' +');
  const pattern = expected
    .split('\n')
    .map((line) => (line.trim() === '…' ? '(?:.*\n)*?.*' : line.split('…').map(literal).join('.*')))
    .join('\n');
  return new RegExp(`^${pattern}$`).test(printed);
}

/**
 * The page with what its commands print in place of what it says that they do, where these differ: equal to the page
 * where all is true, and what `vitest -u` writes where it is not.
 */
export function refreshed(page: string, print: (command: string) => string): string {
  return page.replace(/^```console\n(.*?)^```$/gms, (_, session: string) => {
    const parts = session.split(/^(?=\$ )/m).map((part) => {
      const [{ command, output }] = commandsOf(`\`\`\`console\n${part}\`\`\``) as [Command];
      const asked = part.slice(0, part.length - (output === '' ? 0 : output.length + 1));
      const now = print(command);
      return `${asked}${matches(now, output) ? output : now}\n`.replace(/\n+$/, '\n');
    });
    return `\`\`\`console\n${parts.join('')}\`\`\``;
  });
}
