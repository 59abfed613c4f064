/* A scenario with one value changed, and its report in a file. */

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadScenario, reportHtml, runScenario } from 'stepcast';

const file = fileURLToPath(new URL('serving.yaml', import.meta.url));
const scenario = loadScenario(file, { set: ['experiments.images.latency=10 ms'] });
const results = await runScenario(scenario, { seed: scenario.seed });
writeFileSync('serving.html', reportHtml(results));
console.log(results.answers[0]!.split(', ')[0]);
