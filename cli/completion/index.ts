import type { Command } from 'commander';
import { UserError } from '../../base/errors.ts';
import { bashScript } from './bash.ts';
import { fishScript } from './fish.ts';
import { completionSpec } from './spec.ts';
import { zshScript } from './zsh.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** `stepcast completion`: the script of a shell, or the names that scripts ask for. */
export async function completion(
  program: Command,
  shell: keyof typeof SCRIPTS | undefined,
  { list }: { readonly list?: string },
): Promise<void> {
  if (list !== undefined) {
    const { namesOf } = await import('./names.ts');
    process.stdout.write((await namesOf(list)).map((name) => `${name}\n`).join(''));
  } else if (shell !== undefined) {
    process.stdout.write(SCRIPTS[shell](completionSpec(program)));
  } else {
    throw new UserError('name a shell: stepcast completion bash, zsh or fish');
  }
}
