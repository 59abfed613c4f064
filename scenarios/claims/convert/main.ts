import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../../base/errors.ts';
import { printable } from '../../../base/text.ts';
import { claimFiles } from '../load.ts';
import { type Conversion, convertSource } from './convert.ts';
import { readSource } from './source.ts';
import { claimFileText } from './write.ts';

const USAGE = `usage: npm run claims:convert -- DIR|FILE … [-o OUT]

Turns measurements in files of the schema claims/v1 into files of the ledger's format (docs/claims.md), and lists
what could not be mapped, and why. Without -o nothing is written: only the list is shown.

Examples:
  npm run claims:convert -- measurements/ -o mine/
  npx stepcast validate mine/`;

/** The command. Returns the exit code: 2 for mistakes in what was given, after a line about each. */
export function main(
  args: readonly string[],
  print: (line: string) => void,
  complain: (line: string) => void,
): number {
  if (args.length === 0 || args.includes('-h') || args.includes('--help')) {
    print(USAGE);
    return args.length === 0 ? 2 : 0;
  }
  try {
    const { paths, out } = parsed(args);
    const files = paths.flatMap(claimFiles);
    let written = 0;
    let mistakes = 0;
    const total = { points: 0, left: 0 };
    for (const path of files) {
      let conversion: Conversion;
      try {
        conversion = convertSource(readSource(path));
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        // One file that is no source must not keep the others from being converted.
        complain(error.message);
        mistakes++;
        continue;
      }
      report(conversion, print);
      total.points += conversion.points;
      total.left += conversion.leftOut.reduce((sum, { points }) => sum + points, 0);
      if (conversion.file === undefined || out === undefined) continue;
      writeWhole(out, `${conversion.file.id}.yaml`, claimFileText(conversion.file));
      written++;
    }
    print(
      `${files.length} files: ${total.points} points mapped, ${total.left} left out${out === undefined ? '' : `; ${written} files written to ${out}`}`,
    );
    return mistakes > 0 ? 2 : 0;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    complain(error.message);
    return 2;
  }
}

function parsed(args: readonly string[]): { paths: string[]; out: string | undefined } {
  const paths: string[] = [];
  let out: string | undefined;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '-o' || arg === '--out') {
      out = args[++i];
      if (out === undefined) throw new UserError(`${arg}: which folder? name one after it`);
    } else if (arg.startsWith('-') && arg !== '-')
      throw new UserError(`unknown option "${printable(arg)}"; there is -o OUT`);
    else paths.push(arg);
  }
  if (paths.length === 0) throw new UserError('which files? name a folder, or files of the schema claims/v1');
  return { paths, out };
}

function report({ id, points, leftOut }: Conversion, print: (line: string) => void): void {
  const left = leftOut.reduce((sum, { points: count }) => sum + count, 0);
  print(printable(`${id}: ${points} points mapped, ${left} left out`));
  for (const { claim, points: count, why } of leftOut) print(printable(`  ${claim}: ${count}: ${why}`));
}

/** A reader sees the old file or the new one, never half of it. */
function writeWhole(folder: string, name: string, text: string): void {
  const path = join(folder, name);
  const draft = `${path}.${process.pid}`;
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(draft, text);
    renameSync(draft, path);
  } catch (error) {
    throw new UserError(`${path}: cannot be written (${(error as NodeJS.ErrnoException).code ?? error})`);
  }
}
