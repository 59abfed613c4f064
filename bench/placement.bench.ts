import { parseArgs } from 'node:util';
import { benchPlacement } from './placement/index.ts';

/*
 * Placers against published optima, and what must hold of them: exit code 1 where something does not.
 * `npm run bench:placement -- [FOLDER] [--quick] [--only stg,recorded]`; without a folder, ../shared/placement.
 */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean' }, only: { type: 'string' } },
});

try {
  const only = values.only?.split(',');
  const { count, failures } = await benchPlacement(positionals[0] ?? '../shared/placement', {
    ...(values.quick !== undefined && { quick: values.quick }),
    ...(only !== undefined && { only }),
    print: (text) => console.log(text),
    progress: (what) => process.stderr.write(`… ${what}\n`),
  });
  console.log(`\n${count} checks, ${failures.length} failed`);
  for (const failure of failures) console.log(`✗ ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
