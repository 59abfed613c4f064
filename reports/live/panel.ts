import type { Control } from '../../scenarios/results.ts';
import { escapeHtml } from '../markup.ts';
import { clip } from '../names.ts';
import type { LiveFigure } from './figures.ts';
import type { LiveSubject } from './subject.ts';

/** What the reader moves, and what then comes out: drawn with the values of the report, at work once the script runs. */
export function livePanelHtml({ id, controls, figures }: LiveSubject): string {
  const rows = controls.controls.map((control) => controlHtml(id, control)).join('\n');
  return `<div class="live" role="group" id="${id}-live" data-live="${id}" aria-labelledby="${id}-live-title" hidden>
<h3 id="${id}-live-title">What if? Move something: it is simulated again, in this page</h3>
<div class="live-body">
<form class="live-controls" autocomplete="off">
${rows}
<p class="live-tools"><button type="reset">As in the report</button></p>
</form>
<div class="live-out">
<div class="scroll" role="region" tabindex="0" aria-label="What comes out (${id})"><table>
<caption>What comes out</caption>
<thead><tr><th scope="col">figure</th><th scope="col" class="number">in the report</th><th scope="col" class="number">now</th><th scope="col" class="number">change</th></tr></thead>
<tbody>
${figures.map(figureHtml).join('\n')}
</tbody></table></div>
<p class="live-state" role="status"></p>
<p class="live-answer"></p>
<details class="live-command"><summary>The same on the command line</summary>
<p class="note">Save the changed scenario, and run it: <button type="button" class="live-save">Save what-if.yaml</button></p>
<pre><code>stepcast run what-if.yaml</code></pre>
<p class="note">Or change your own:</p>
<pre class="live-set"><code></code></pre>
</details>
</div>
</div>
</div>`;
}

function controlHtml(id: string, { id: control, name, kind, stops, start }: Control): string {
  const field = escapeHtml(`${id}-live-${control}`);
  const label = escapeHtml(clip(name, 100));
  if (kind === 'list') {
    const options = stops
      .map(
        ({ text }, i) =>
          `<option value="${i}"${i === start ? ' selected' : ''}>${escapeHtml(clip(text, 100))}</option>`,
      )
      .join('');
    return `<p><label for="${field}">${label}</label> <select id="${field}" data-control="${escapeHtml(control)}">${options}</select></p>`;
  }
  const shown = escapeHtml(clip(stops[start]!.text, 100));
  return `<p><label for="${field}">${label}</label> <output for="${field}">${shown}</output> <input type="range" id="${field}" data-control="${escapeHtml(control)}" min="0" max="${stops.length - 1}" step="1" value="${start}" aria-valuetext="${shown}"></p>`;
}

function figureHtml({ name, text }: LiveFigure): string {
  return `<tr data-figure="${escapeHtml(name)}"><th scope="row">${escapeHtml(name)}</th><td class="number">${escapeHtml(text)}</td><td class="number live-now">${escapeHtml(text)}</td><td class="number live-change">–</td></tr>`;
}
