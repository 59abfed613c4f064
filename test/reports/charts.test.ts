import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drawChart } from '../../reports/charts/draw-chart.ts';
import { Shape } from '../../reports/charts/shape.ts';
import { fitted, textWidthByTable } from '../../reports/charts/text-width.ts';
import type { BarsChart } from '../../reports/figure.ts';
import { figures } from '../../reports/figures.ts';
import { fixture } from './fixture.ts';
import { hostileResults } from './hostile.ts';

const context = (width: number) => ({ width, label: 'a chart', textWidth: textWidthByTable });

describe('drawing', () => {
  test('every chart of a report gives the same bytes each time, in whole numbers and tips per image', () => {
    for (const { id, chart } of figures(fixture())) {
      if (chart === null) continue;
      for (const width of [358, 760]) {
        const drawing = drawChart(chart, context(width));
        if (drawing === undefined) continue;
        expect(drawChart(chart, context(width))!.html, id).toBe(drawing.html);
        expect(drawing.html, id).not.toMatch(/NaN|undefined|Infinity/);
        expect(drawing.html.match(/<svg role="img"/g)?.length ?? 0, id).toBe(drawing.tips.length);
      }
    }
  });

  test('names are text in it', () => {
    for (const { chart } of figures(hostileResults())) {
      if (chart === null) continue;
      const html = drawChart(chart, context(760))?.html ?? '';
      expect(html).not.toMatch(/<(?:script|img|a)\b|\son\w+="/i);
    }
    expect(String(new Shape('text').attr('x', '"><script>').text('<b>&\u202e'))).toBe(
      '<text x="&quot;&gt;&lt;script&gt;">&lt;b&gt;&amp;\ufffd</text>',
    );
  });

  test('bars: the bound, the baseline, intervals and reaches stand where their values do', () => {
    const bars = (value: number): BarsChart => ({
      kind: 'bars',
      x: { label: 'x', scale: 'linear', include: [0, 10], ticks: [0, 10], format: String },
      bars: [{ name: 'a', value, shown: 'a', best: true, range: [2, 6], reach: 8, tip: ['a'] }],
      bound: { value: 10, lines: ['most'] },
      baseline: { value: 1, lines: ['least'] },
    });
    const html = drawChart(bars(4), context(500))!.html;
    const at = (pattern: RegExp): number => Number(pattern.exec(html)![1]);
    const left = at(/class="mark" x="([\d.]+)"/);
    const unit = at(/class="mark" x="[\d.]+" y="[\d.]+" width="([\d.]+)"/) / 4;
    expect(at(/class="reference bound" x1="([\d.]+)"/)).toBeCloseTo(left + 10 * unit, 1);
    expect(at(/class="reference baseline" x1="([\d.]+)"/)).toBeCloseTo(left + unit, 1);
    expect(at(/class="reach" x="([\d.]+)"/)).toBeCloseTo(left + 4 * unit, 1);
    expect(at(/class="reach" x="[\d.]+" y="[\d.]+" width="([\d.]+)"/)).toBeCloseTo(4 * unit, 1);
    expect(at(/d="M([\d.]+),/)).toBeCloseTo(left + 2 * unit, 0);
  });

  test('texts are cut to fit, and not before', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), fc.integer({ min: 20, max: 400 }), (text, width) => {
        const shown = fitted(text, width, textWidthByTable);
        if (textWidthByTable(text) <= width) expect(shown).toBe(text);
        else if (Array.from(shown).length > 2) expect(textWidthByTable(shown)).toBeLessThanOrEqual(width);
      }),
    );
  });
});
