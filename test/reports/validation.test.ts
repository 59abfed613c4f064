import { describe, expect, it } from 'vitest';
import { renderValidation } from '../../reports/validation.ts';
import { validationFigures } from '../../reports/validation-figures.ts';
import { validationFixture } from './validation-fixture.ts';

const validation = validationFixture();
const html = renderValidation(validation, '/* client */');

describe('the report of a validation', () => {
  it('is the same, byte for byte, for the same validation', () => {
    expect(renderValidation(validationFixture(), '/* client */')).toBe(html);
  });

  it('begins with how far predictions are off, and the baselines', () => {
    const { meanAbsolutePercent, constantPercent, rooflinePercent } = validation.total;
    expect(html).toContain(`of 17 sources are off by ${meanAbsolutePercent.toFixed(1)}\u00a0% on average.`);
    expect(html).toContain(`is off by ${constantPercent.toFixed(1)}\u00a0%`);
    expect(html).toContain(`a plain roofline by ${rooflinePercent.toFixed(1)}\u00a0%`);
    expect(html).toContain('1 point could not be predicted.');
  });

  it('has a row per point, also of those that failed, with the reason', () => {
    const points = html.slice(html.indexOf('id="points"'), html.indexOf('id="claims"'));
    expect(points.match(/<tr>/g)).toHaveLength(1 + validation.points.length);
    expect(points).toContain('no model is called &quot;&lt;b&gt;squeezenet&lt;/b&gt;&quot;');
  });

  it('has no markup of the ledger in it, and no request', () => {
    expect(html).not.toContain('<script>alert');
    expect(html).not.toContain('<b>squeezenet');
    expect(html.replaceAll(/xmlns="[^"]*"/g, '')).not.toMatch(/\b(?:src|href)="(?!#)/);
  });

  it('charts hold every point that was predicted; residuals only those that count', () => {
    const [predicted, bySize, bySource, byStrategy] = validationFigures(validation).map(({ chart }) => chart);
    expect(predicted).toMatchObject({ kind: 'scatter', square: true });
    expect(predicted?.kind === 'scatter' && predicted.points.length).toBe(validation.points.length - 1);
    expect(bySize?.kind === 'scatter' && bySize.points.length).toBe(validation.total.counted);
    for (const chart of [bySource, byStrategy]) {
      const rows = chart?.kind === 'strips' ? chart.rows : [];
      expect(rows.reduce((sum, { points }) => sum + points.length, 0)).toBe(validation.total.counted);
      for (const { median, middle } of rows) {
        expect(middle[0]).toBeLessThanOrEqual(median);
        expect(median).toBeLessThanOrEqual(middle[1]);
      }
    }
  });

  it('of nothing says so', () => {
    const nothing = { ...validationFixture(0), points: [] };
    expect(renderValidation(nothing, '')).toContain('No measurement counts.');
  });
});
