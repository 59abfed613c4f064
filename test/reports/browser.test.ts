import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { quantityOf } from '../../reports/client/quantity.ts';
import { clientScript } from '../../reports/client-script.ts';
import { renderReport } from '../../reports/html.ts';
import { renderValidation } from '../../reports/validation.ts';
import type { Results } from '../../scenarios/results.ts';
import type { Validation } from '../../scenarios/validation.ts';
import { expectToFit, hasChromium, look, Pages, unfold, type View, violations } from './chromium.ts';
import { fixture, placementExperiment, small, timeline, trainingExperiment } from './fixture.ts';
import { HOSTILE, hostileResults, named } from './hostile.ts';
import { validationFixture } from './validation-fixture.ts';

const PAGES = {
  small: small(),
  usual: fixture(),
  hostile: hostileResults(),
  large: large(),
  crowd: crowd(),
  validation: validationFixture(),
  few: validationFixture(7, 4),
} satisfies { [name: string]: Results | Validation };
/** Slow on long pages: those that between them have every kind of figure. */
const AUDITED: readonly string[] = ['small', 'hostile', 'few', 'crowd'];
type PageName = keyof typeof PAGES;

function large(): Results {
  const base = trainingExperiment(true);
  const runs = [16, 64, 256].flatMap((workers) =>
    base.runs
      .filter((run) => run.workers === 8)
      .map((run) => ({
        ...run,
        workers,
        speedUp: workers * 0.7,
        efficiency: 0.7,
        devices: Array.from({ length: workers }, (_, i) => ({
          ...run.devices[0]!,
          device: `/job:worker/task:${i}/device:GPU:0`,
        })),
      })),
  );
  return fixture({
    training: [{ ...base, runs: [base.runs[0]!, ...runs], timeline: timeline(64, 30, 20) }],
    placement: [],
  });
}

/** As many placers as there are, a few of them far behind, one too large. */
function crowd(): Results {
  const experiment = placementExperiment();
  const runs = Array.from({ length: 24 }, (_, i) => {
    const seconds = i === 3 ? 4 : 0.23 + 0.01 * i;
    const run = experiment.runs[i % 4]!;
    return { ...run, label: `placer-of-a-kind-${i}`, stepSeconds: seconds, score: seconds };
  });
  return fixture({ training: [], placement: [{ ...experiment, runs }] });
}

describe.skipIf(!hasChromium)('the report in Chromium', () => {
  let pages: Pages;

  beforeAll(async () => {
    pages = await Pages.open();
    for (const [name, results] of Object.entries(PAGES)) {
      const html =
        results.format === 'stepcast validation'
          ? renderValidation(results, clientScript())
          : renderReport(results, clientScript());
      await pages.write(name, html);
    }
  });

  afterAll(() => pages?.close());

  const open = (name: PageName, width: number, scheme: View['scheme'], javaScript = true) =>
    pages.show(name, { width, scheme, javaScript });

  test.each(Object.keys(PAGES) as PageName[])(
    '%s: draws, fits, asks for nothing, and axe has nothing to say, at both widths and in both schemes',
    async (name) => {
      const { page, problems, requests, close } = await open(name, 1280, 'light');
      await expectToFit(page);
      await look(page, { width: 390, scheme: 'dark' });
      await expectToFit(page);
      await unfold(page);
      await expectToFit(page);
      if (AUDITED.includes(name)) {
        expect(await violations(page)).toEqual([]);
        await look(page, { width: 1280, scheme: 'light' });
        expect(await violations(page, ['color-contrast'])).toEqual([]);
      }
      expect(problems).toEqual([]);
      expect(requests).toHaveLength(1);
      await close();
    },
    60_000,
  );

  test('dark and light differ, and the canvas follows', async () => {
    const colours = [];
    for (const scheme of ['light', 'dark'] as const) {
      const { page, close } = await open('usual', 1280, scheme);
      colours.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
      colours.push((await pixels(page)).slice(0, 4).join());
      await close();
    }
    expect(new Set(colours).size).toBe(4);
  });

  test('the timeline walks, zooms and tells by keys, and shows a tooltip', async () => {
    const { page, problems, close } = await open('usual', 1280, 'light');
    const lanes = page.locator('#training-1-timeline .lanes');
    const told = page.locator('#training-1-timeline .selection');
    await lanes.scrollIntoViewIfNeeded();
    await lanes.focus();
    await page.keyboard.press('ArrowRight');
    expect(await told.textContent()).toMatch(
      /^layer_0\/op_0 · worker 0 · GPU 0 · starts at .*s · takes .*s$/,
    );
    await page.keyboard.press('ArrowDown');
    expect(await told.textContent()).toContain('worker 1 · GPU 0');
    const before = (await pixels(page)).join();
    await page.keyboard.press('Enter');
    await page.waitForTimeout(100);
    expect((await pixels(page)).join()).not.toBe(before);
    await page.keyboard.press('Escape');
    await page.keyboard.press('End');
    const box = (await lanes.boundingBox())!;
    await page.mouse.move(box.x + 400, box.y + 30 + 12);
    await page.mouse.move(box.x + 401, box.y + 30 + 12);
    expect(await page.locator('#tooltip').textContent()).toMatch(/worker 0 · GPU 0/);
    await page.getByRole('button', { name: 'Zoom in' }).first().click();
    expect(problems).toEqual([]);
    await close();
  });

  test('charts show a tooltip at their points', async () => {
    const { page, close } = await open('usual', 1280, 'light');
    const mark = page.locator('#training-1-speed-up path.mark').last();
    await mark.scrollIntoViewIfNeeded();
    const box = (await mark.boundingBox())!;
    await page.mouse.move(box.x + 4, box.y + 4);
    await page.mouse.move(box.x + 5, box.y + 5);
    const text = await page.locator('#tooltip').textContent();
    expect(text).toContain('asynchronous · 8 workers');
    expect(text).toContain('6.43×');
    await close();
  });

  test('charts are drawn again at a new width', async () => {
    const { page, close } = await open('usual', 1280, 'light');
    const width = () => page.locator('#training-1-speed-up svg[role=img]').getAttribute('width');
    const wide = await width();
    await page.setViewportSize({ width: 500, height: 900 });
    await expect.poll(width).not.toBe(wide);
    expect(
      await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth),
    ).toBeLessThanOrEqual(0);
    await close();
  });

  test('curves are seen by samples when asked, and still so at a new width', async () => {
    const { page, problems, close } = await open('usual', 1280, 'light');
    const figure = page.locator('#training-1-loss');
    const axes = () => figure.locator('.axis-label').allTextContents();
    expect((await axes()).join()).toContain('Simulated time');
    await figure.getByRole('button', { name: 'by samples' }).click();
    expect((await axes()).join()).toContain('Samples whose gradients were used');
    const width = () => figure.locator('svg[role=img]').first().getAttribute('width');
    const wide = await width();
    await page.setViewportSize({ width: 500, height: 900 });
    await expect.poll(width).not.toBe(wide);
    expect((await axes()).join()).not.toContain('Simulated time');
    expect(await figure.getByRole('button', { pressed: true }).allTextContents()).toEqual(['by samples']);
    expect(problems).toEqual([]);
    await close();
  });

  test('points are sorted by a column and found by words; those without a value come last', async () => {
    const { page, problems, close } = await open('validation', 1280, 'light');
    const table = page.locator('#points table');
    const header = table.locator('th', { hasText: /^Error$/ });
    const errors = async () =>
      (await table
        .locator('tbody tr')
        .evaluateAll((rows) => rows.map((row) => (row as HTMLTableRowElement).cells[9]!.dataset.value))) as (
        | string
        | undefined
      )[];
    for (const [order, sign] of [
      ['ascending', 1],
      ['descending', -1],
    ] as const) {
      await header.getByRole('button').click();
      expect(await header.getAttribute('aria-sort')).toBe(order);
      const found = await errors();
      expect(found.at(-1)).toBeUndefined();
      const values = found.slice(0, -1).map(Number);
      expect(values).toEqual(values.toSorted((a, b) => sign * (a - b)));
    }
    const tools = page.locator('#points .tools');
    await tools.getByRole('searchbox').fill('source_4 failed');
    expect(await tools.getByRole('status').textContent()).toBe('1 of 432 rows');
    expect(await table.locator('tbody tr:visible').textContent()).toContain('<b>squeezenet</b>');
    expect(problems).toEqual([]);
    await close();
  });

  test('without JavaScript the main figures and the numbers are there, and no empty boxes', async () => {
    const { page, close } = await open('usual', 1280, 'light', false);
    for (const figure of ['speed-up', 'efficiency', 'choices', 'devices', 'memory']) {
      const image = page.locator(`#training-1-${figure} svg[role=img]`).first();
      expect(await image.isVisible()).toBe(true);
      expect(await image.locator('.mark').count()).toBeGreaterThan(1);
    }
    await page.locator('#training-1-speed-up summary').click();
    expect(await page.locator('#training-1-speed-up table').textContent()).toContain('6.43×');
    const empty = await page.evaluate(
      () =>
        [...document.querySelectorAll('.chart:empty')].filter((box) => box.getClientRects().length > 0)
          .length,
    );
    expect(empty).toBe(0);
    await expectToFitStill(page);
    await close();
  });

  test('every table sorts by any column, by keys too; figures by what they are, not by how they are written', async () => {
    const { page, problems, close } = await open('usual', 1280, 'light');
    const figure = page.locator('#training-1-speed-up');
    await figure.locator('summary').click();
    const header = figure.locator('th', { hasText: /^Simulated time$/ });
    const column = await header.evaluate((th) => (th as HTMLTableCellElement).cellIndex);
    const shown = () =>
      figure
        .locator('tbody tr')
        .evaluateAll(
          (rows, i) => rows.map((row) => (row as HTMLTableRowElement).cells[i]!.textContent!),
          column,
        );
    await header.getByRole('button').focus();
    await page.keyboard.press('Enter');
    expect(await header.getAttribute('aria-sort')).toBe('ascending');
    const seconds = (await shown()).map((text) => quantityOf(text)!.value);
    expect(seconds).toEqual(seconds.toSorted((a, b) => a - b));
    await page.keyboard.press('Enter');
    expect(await header.getAttribute('aria-sort')).toBe('descending');
    expect((await shown()).map((text) => quantityOf(text)!.value)).toEqual(seconds.toReversed());
    expect(problems).toEqual([]);
    await close();
  });

  test('tables are taken as CSV and charts as SVG, from a file, without a request', async () => {
    const { page, problems, requests, close } = await open('usual', 1280, 'light');
    const figure = page.locator('#training-1-speed-up');
    await figure.locator('summary').click();
    const taken = async (name: RegExp): Promise<[name: string, text: string]> => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        figure.getByRole('button', { name }).first().click(),
      ]);
      return [download.suggestedFilename(), await readFile(await download.path(), 'utf8')];
    };
    const [csvName, csv] = await taken(/^CSV/);
    expect(csvName).toBe('training-1-speed-up.csv');
    const lines = csv.trimEnd().split('\r\n');
    expect(lines[0]).toContain('Simulated time (s)');
    expect(lines).toHaveLength(1 + (await figure.locator('tbody tr').count()));
    const [svgName, svg] = await taken(/^Chart as SVG/);
    expect(svgName).toBe('training-1-speed-up.svg');
    expect(svg).not.toContain('var(--');
    expect(svg).not.toMatch(/<script|javascript:/);
    await page.setContent(svg);
    expect(await page.locator('svg .mark').count()).toBeGreaterThan(4);
    expect(problems).toEqual([]);
    expect(requests.filter((url) => url.startsWith('http'))).toEqual([]);
    await close();
  });

  test('on paper what is folded is open but for tables of charts, controls are gone, and nothing is cut', async () => {
    const { page, problems, close } = await open('usual', 1280, 'dark');
    await page.emulateMedia({ media: 'print' });
    await page.setViewportSize({ width: 690, height: 900 });
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    const seen = await page.evaluate(() => ({
      background: getComputedStyle(document.body).backgroundColor,
      chart: document.querySelector('#training-1-speed-up .chart svg')!.getClientRects().length,
      table: document.querySelector<HTMLDetailsElement>('#training-1-speed-up details')!.open,
      assumptions: document.querySelector('#assumptions table')!.getClientRects().length,
      buttons: [...document.querySelectorAll('button:not(th button), nav, .skip')].filter(
        (element) => element.getClientRects().length > 0,
      ).length,
      cut: [...document.querySelectorAll('.chart svg')].filter(
        (svg) => svg.getBoundingClientRect().right > window.innerWidth,
      ).length,
    }));
    expect(seen).toEqual({
      background: 'rgb(255, 255, 255)',
      chart: 1,
      table: false,
      assumptions: 1,
      buttons: 0,
      cut: 0,
    });
    await page.evaluate(() => dispatchEvent(new Event('afterprint')));
    expect(await page.locator('details[open]').count()).toBe(0);
    expect((await page.pdf({ format: 'A4' })).subarray(0, 5).toString()).toBe('%PDF-');
    expect(problems).toEqual([]);
    await close();
  });

  test('names of anybody stay text: no element, attribute, dialog or overflow comes of them', async () => {
    const harmless = await pages.show('small', { width: 390 });
    const allowed = await elements(harmless.page);
    await harmless.close();
    const piece = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary' }));
    const name = fc.array(piece, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(fc.array(name, { minLength: 3, maxLength: 8 }), async (names) => {
        await pages.write('named', renderReport(named(small(), names), clientScript()));
        const { page, problems, requests, close } = await pages.show('named', { width: 390 });
        const found = await elements(page);
        expect({ ...found, tags: found.tags.filter((tag) => !allowed.tags.includes(tag)) }).toEqual({
          tags: [],
          scripts: allowed.scripts,
          handlers: [],
          outside: [],
        });
        await expectToFit(page);
        await unfold(page);
        await expectToFit(page);
        expect(problems).toEqual([]);
        expect(requests).toHaveLength(1);
        await close();
      }),
      { numRuns: 6, seed: 42, endOnFailure: true },
    );
  }, 90_000);
});

/** Without a script, charts keep their size and scroll in their boxes; the page does not. */
async function expectToFitStill(page: Page): Promise<void> {
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 900 });
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(wider).toBeLessThanOrEqual(0);
  }
}

/** What stands in a page besides text. */
function elements(page: Page) {
  return page.evaluate(() => {
    const all = [...document.querySelectorAll('*')];
    return {
      tags: [...new Set(all.map(({ tagName }) => tagName.toLowerCase()))].sort(),
      scripts: document.scripts.length,
      handlers: all
        .flatMap(({ attributes }) => [...attributes])
        .filter(({ name }) => name.startsWith('on'))
        .map(({ name }) => name),
      outside: [...document.querySelectorAll('a')]
        .map((link) => link.getAttribute('href')!)
        .filter((href) => !href.startsWith('#')),
    };
  });
}

/** Every 997th pixel of the first timeline. */
async function pixels(page: Page): Promise<number[]> {
  return page.evaluate(() => {
    const canvas = document.querySelector('canvas')!;
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    return [...new Uint32Array(data.buffer).filter((_, i) => i % 997 === 0)];
  });
}
