import { escapeHtml, scriptJson, scriptText } from './markup.ts';
import { clip } from './names.ts';
import { STYLE } from './style.ts';

const POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; worker-src blob:; base-uri 'none'; form-action 'none'";

export interface Page {
  readonly title: string;
  /** What the figures are: `simulated, not measured`. */
  readonly brand: string;
  /** Version of stepcast. */
  readonly program: string;
  /** HTML of its parts. */
  readonly header: string;
  readonly main: string;
  readonly footer: string;
  /** What the script draws its charts from. */
  readonly data: unknown;
  /** Text of dist/report-client.js. */
  readonly client: string;
  /** Text of dist/report-simulator.txt, where the page simulates. */
  readonly simulator?: string;
}

/** One HTML file with everything in it: no request, readable without JavaScript. */
export function pageHtml({
  title,
  brand,
  program,
  header,
  main,
  footer,
  data,
  client,
  simulator = '',
}: Page): string {
  const name = escapeHtml(clip(title, 200));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="stepcast ${escapeHtml(clip(program, 40))}">
<title>${name}</title>
<style>${STYLE}</style>
<noscript><style>.chart:empty{display:none}.chart{overflow-x:auto}.chart svg[role]{min-width:520px}@media print{.chart svg[role]{min-width:0}details:not(.code)::details-content{content-visibility:visible;block-size:auto}}</style></noscript>
</head>
<body>
<a class="skip" href="#main">Skip to the figures</a>
<header class="page">
<p class="brand"><span>stepcast</span> ${escapeHtml(brand)}</p>
<h1>${name}</h1>
${header}
</header>
<main class="page" id="main" tabindex="-1">
${main}
</main>
<footer class="page"><div>
${footer}
</div></footer>
<script type="application/json" id="results">${scriptJson(data)}</script>
${simulator === '' ? '' : `<script type="text/plain" id="simulator">${simulator}</script>\n`}<script>${scriptText(client)}</script>
</body>
</html>
`;
}
