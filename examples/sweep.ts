/* Which accelerator and which batch train ResNet-50 cheapest? A sweep over both, on all cores. */

import { fileURLToPath } from 'node:url';
import { loadSweep, runSweep } from 'stepcast';

const plan = loadSweep(fileURLToPath(new URL('sweep.yaml', import.meta.url)));
const rows = await runSweep(plan);
for (const { values, error, figures } of rows) {
  const cost = figures[0]?.dollarsPerMillionSamples;
  console.log(Object.values(values).join(', '), error ?? `${cost?.toFixed(2)} $ per million images`);
}
