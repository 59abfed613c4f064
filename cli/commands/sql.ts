import type { Command } from 'commander';
import { examples } from '../examples.ts';
import { notEmpty } from '../option-values.ts';

/** `stepcast sql`. */
export function define(program: Command): void {
  examples(
    program
      .command('sql')
      .summary('ask the runs of a sweep in SQL')
      .description(
        'Runs a query on the table `runs`, with the columns of `stepcast export`, by DuckDB (an optional package: npm install @duckdb/node-api). The table is a copy in memory: queries change nothing, and reach neither files nor the network.',
      )
      .argument('<source>', 'folder of a sweep, or file of its runs (.ndjson)', notEmpty)
      .argument('<query>', 'SQL as DuckDB speaks it', notEmpty)
      .option('--csv', 'print CSV instead of a table')
      .option('--json', 'print one JSON document instead of a table')
      .action(async (source, query, options) => (await import('../sql.ts')).sql(source, query, options)),
    [
      ['stepcast sql out/sweep-network "SELECT label, min(step_seconds) FROM runs GROUP BY label"', ''],
      ['stepcast sql out/sweep-network "DESCRIBE runs"', 'its columns'],
    ],
  );
}
