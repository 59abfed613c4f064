import { Command } from 'commander';
import { printable } from '../base/text.ts';
import { version } from '../scenarios/version.ts';
import { COMMANDS } from './commands/index.ts';
import { examples } from './examples.ts';
import { reportFailure } from './failure.ts';

/*
 * The command line: what there is to type. Each command's work is in a file of its own, imported when it is asked
 * for, so that --help does not wait for libraries that it does not need.
 */

// A reader that has seen enough (`stepcast devices | head -3`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? (process.exitCode ?? 0) : reportFailure(error));
});
// Work goes on, and its exit code is the same, where nobody can be told of it.
process.stderr.on('error', () => {});
process.on('uncaughtException', (error) => process.exit(reportFailure(error)));

const EXIT_CODES = `Exit codes:
  0  done
  1  a check did not hold
  2  bad input: what to mend is on standard error
  70  a fault of the program
  130, 143  interrupted by Ctrl-C or SIGTERM`;

try {
  await commandLine().parseAsync();
} catch (error) {
  process.exitCode = reportFailure(error);
}

function commandLine(): Command {
  const program = new Command('stepcast')
    .description(
      'How fast will this machine-learning graph run on that cluster, why, and does it still learn?',
    )
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(usageError(text)) });
  examples(program, [
    ['stepcast run scenarios/quickstart.yaml', 'simulate, and write out/quickstart/report.html'],
    ['stepcast devices', 'what a cluster can be made of'],
  ]);
  program.addHelpText('after', `\n${EXIT_CODES}`);
  for (const define of COMMANDS) define(program);
  return program;
}

/** Commander's message on one line, with where to look. */
function usageError(text: string): string {
  const line = printable(text.trim().replace(/\s*\n\(Did you mean (.*?)\?\)/, '; did you mean $1?'));
  return `${line.includes('did you mean') ? line : `${line.replace(/\.$/, '')}; see stepcast --help`}\n`;
}
