import type { Command } from 'commander';
import { examples } from '../examples.ts';

/** `stepcast schema`. */
export function define(program: Command): void {
  examples(
    program
      .command('schema')
      .summary('JSON Schema of scenario files, for editors')
      .description('Prints the JSON Schema of scenario files, for editors.')
      .option('--claims', 'that of files of claims (docs/claims.md) instead')
      .option('--json', 'a schema is JSON, with or without this')
      .action(async (options) => (await import('../lists.ts')).schema(options)),
    [
      ['stepcast schema > scenario.schema.json', ''],
      ['stepcast schema --claims > claims.schema.json', ''],
    ],
  );
}
