import { type Command, Option } from 'commander';
import { examples } from '../examples.ts';
import { append, notEmpty } from '../option-values.ts';

/** `stepcast export`. */
export function define(program: Command): void {
  examples(
    program
      .command('export')
      .summary('runs of a sweep as a table: CSV, Parquet or NDJSON')
      .description(
        'Writes a line per run of each experiment: what varied, then the figures, with their units in the names of the columns.',
      )
      .argument('<sources...>', 'folders of sweeps, or files of their runs (.ndjson)', append)
      .addOption(
        new Option(
          '--format <format>',
          'form of the table (default: that of the name of the file, or csv)',
        ).choices(['csv', 'parquet', 'ndjson']),
      )
      .option('-o, --output <file>', 'where to write (default: standard output)', notEmpty)
      .option('--json', 'print what was written as one JSON document; needs -o')
      .action(async (sources, options) => (await import('../export.ts')).exportRuns(sources, options)),
    [
      ['stepcast export out/sweep-network -o runs.csv', ''],
      ['stepcast export out/sweep-network -o runs.parquet', 'for pandas, DuckDB, Spark …'],
      ['stepcast export results.ndjson --format ndjson', 'a flat object per line'],
    ],
  );
}
