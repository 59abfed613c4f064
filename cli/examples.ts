import type { Command } from 'commander';

/** Adds examples to the help of a command: a line to type each, and what it is for. */
export function examples(
  command: Command,
  rows: readonly (readonly [command: string, what: string])[],
): void {
  const width = Math.max(...rows.map(([line]) => line.length));
  const lines = rows.map(([line, what]) => `  ${line.padEnd(width)}  ${what}`.trimEnd());
  command.addHelpText('after', `\nExample${rows.length === 1 ? '' : 's'}:\n${lines.join('\n')}`);
}
