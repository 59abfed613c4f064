import { Argument, type Command, Option } from 'commander';
import { examples } from '../examples.ts';

/** `stepcast completion`. */
export function define(program: Command): void {
  examples(
    program
      .command('completion')
      .summary('a script that completes commands in a shell')
      .description(
        'Prints a script that completes commands, options and names of models, devices and the like when Tab is pressed.',
      )
      .addArgument(new Argument('[shell]', 'whose script').choices(['bash', 'zsh', 'fish']))
      .addOption(new Option('--list <what>', 'print names, a line each: what the scripts ask for').hideHelp())
      .action(async (shell, options) =>
        (await import('../completion/index.ts')).completion(program, shell, options),
      ),
    [
      ['source <(stepcast completion bash)', 'in ~/.bashrc'],
      ['source <(stepcast completion zsh)', 'in ~/.zshrc, after compinit'],
      ['stepcast completion fish | source', 'in ~/.config/fish/config.fish'],
    ],
  );
}
