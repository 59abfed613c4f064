import { existsSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../base/errors.ts';
import { printable } from '../base/text.ts';
import { printJson } from './print-json.ts';
import { INFERENCE } from './starters/inference.ts';
import { PLACEMENT } from './starters/placement.ts';
import { SWEEP } from './starters/sweep.ts';
import { TRAINING } from './starters/training.ts';
import { writeFiles } from './write-files.ts';

export interface InitOptions {
  readonly kind: keyof typeof STARTERS;
  readonly force?: boolean;
  readonly json?: boolean;
}

const STARTERS = { training: TRAINING, placement: PLACEMENT, inference: INFERENCE, sweep: SWEEP };

/** `stepcast init`: a commented scenario in a file, or on stdout for `-`. */
export async function init(file: string, { kind, force = false, json = false }: InitOptions): Promise<void> {
  const command = kind === 'sweep' ? 'sweep' : 'run';
  const text = starter(kind, file === '-' ? '.' : dirname(file), command, file);
  if (file === '-') {
    if (json) printJson({ file: null, kind, text });
    else process.stdout.write(text);
    return;
  }
  if (!/\.ya?ml$/.test(file)) throw new UserError(`${printable(file)}: scenario files end in .yaml`);
  if (existsSync(file) && !force)
    throw new UserError(
      `${printable(file)}: is there already; choose another name, or write over it with --force`,
    );
  await writeFiles([{ path: file, text }]);
  if (json) printJson({ file, kind, text });
  else process.stdout.write(`Wrote ${printable(file)}. Next: stepcast ${command} ${printable(file)}\n`);
}

function starter(kind: keyof typeof STARTERS, folder: string, command: string, file: string): string {
  const name = file === '-' ? 'scenario.yaml' : printable(file);
  return `# yaml-language-server: $schema=${schemaFrom(folder)}
#
# \`stepcast ${command} ${name}\` answers; \`stepcast check ${name}\` tells mistakes without running it.

${STARTERS[kind]}`;
}

/** The JSON Schema that comes with the program: relative where both are below the working folder. */
function schemaFrom(folder: string): string {
  const schema = fileURLToPath(new URL('../schema/scenario.schema.json', import.meta.url));
  const below = (path: string): boolean => {
    const way = relative('.', path);
    return !way.startsWith('..') && !isAbsolute(way);
  };
  if (!below(schema) || !below(resolve(folder))) return schema;
  return relative(folder, schema).split(sep).join('/');
}
