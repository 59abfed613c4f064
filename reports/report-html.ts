import type { Results } from '../scenarios/results.ts';
import { clientScript, simulatorScript } from './client-script.ts';
import { renderReport } from './html.ts';

/**
 * The report of results as `stepcast run` writes it: one HTML file for any browser, offline. The same results give the same
 * bytes.
 *
 *     writeFileSync('report.html', reportHtml(await runScenario(loadScenario('scenario.yaml'), { seed: 1 })));
 */
export function reportHtml(results: Results): string {
  return renderReport(results, clientScript(), simulatorScript());
}
