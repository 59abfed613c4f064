import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderReport } from '../../reports/html.ts';
import { renderValidation } from '../../reports/validation.ts';
import type { Results } from '../../scenarios/results.ts';
import type { Validation } from '../../scenarios/validation.ts';
import { fixture, placementExperiment, small, timeline, trainingExperiment } from './fixture.ts';
import { hostileResults } from './hostile.ts';
import { validationFixture } from './validation-fixture.ts';

const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const present = existsSync(CHROMIUM);
if (!present)
  console.warn(`no Chromium at ${CHROMIUM}: reports are not tried in a browser (set CHROMIUM_PATH)`);

const PAGES = {
  small: small(),
  usual: fixture(),
  hostile: hostileResults(),
  large: large(),
  crowd: crowd(),
  validation: validationFixture(),
  few: validationFixture(7, 4),
} satisfies { [name: string]: Results | Validation };
const AUDITED = [
  'small 1280 light',
  'small 390 dark',
  'hostile 390 light',
  'few 1280 light',
  'few 390 dark',
  'crowd 390 light',
];
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

describe.skipIf(!present)('the report in Chromium', () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    const { buildClient } = (await import('../../build.mjs' as string)) as {
      buildClient(): Promise<string[]>;
    };
    await buildClient();
    const { clientScript } = await import('../../reports/client-script.ts');
    folder = await mkdtemp(join(tmpdir(), 'stepcast-report-'));
    for (const [name, results] of Object.entries(PAGES)) {
      const html =
        results.format === 'stepcast validation'
          ? renderValidation(results, clientScript())
          : renderReport(results, clientScript());
      await writeFile(join(folder, `${name}.html`), html);
    }
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  async function open(
    name: PageName,
    width: number,
    colorScheme: 'light' | 'dark',
    javaScriptEnabled = true,
  ) {
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      colorScheme,
      javaScriptEnabled,
      offline: true,
    });
    const page = await context.newPage();
    const problems: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => {
      // These tests read the canvas back; the report itself never does.
      if (!message.text().includes('willReadFrequently')) problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('dialog', (dialog) => {
      problems.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(pathToFileURL(join(folder, `${name}.html`)).href);
    if (javaScriptEnabled) {
      await page.waitForFunction(() =>
        [...document.querySelectorAll('.chart')].every((chart) => chart.childElementCount > 0),
      );
    }
    return { page, problems, requests, close: () => context.close() };
  }

  const views = (['small', 'usual', 'hostile', 'large', 'crowd', 'validation', 'few'] as const).flatMap(
    (name) =>
      [1280, 390].flatMap((width) =>
        (['light', 'dark'] as const).map((scheme) => [name, width, scheme] as const),
      ),
  );

  test.each(views)(
    '%s, %i px, %s: draws, fits, asks for nothing, and axe has nothing to say',
    async (...view) => {
      const { page, problems, requests, close } = await open(...view);
      expect(await emptyCharts(page)).toEqual([]);
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth),
      ).toBeLessThanOrEqual(0);
      expect(await cutTexts(page)).toEqual([]);
      await page.evaluate(() => {
        for (const details of document.querySelectorAll('details')) details.open = true;
      });
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth),
      ).toBeLessThanOrEqual(0);
      // Slow on long pages; each property of a view is seen once with each kind of page that it may matter to.
      if (AUDITED.includes(view.join(' '))) {
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`)).toEqual([]);
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

  test('without JavaScript the numbers are there and no empty boxes', async () => {
    const { page, close } = await open('usual', 1280, 'light', false);
    await page.locator('#training-1-speed-up summary').click();
    expect(await page.locator('#training-1-speed-up table').textContent()).toContain('6.43×');
    expect(await page.locator('.chart').first().isVisible()).toBe(false);
    await close();
  });
});

/** Ids of charts without a visible mark. */
async function emptyCharts(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('.chart')]
      .filter((chart) => {
        const canvas = chart.querySelector('canvas');
        if (canvas === null) return chart.querySelectorAll('svg[role=img] .mark').length === 0;
        const { data } = canvas.getContext('2d')!.getImageData(0, 30, canvas.width, canvas.height - 30);
        return new Set(new Uint32Array(data.buffer)).size < 5;
      })
      .map((chart) => chart.dataset.chart!),
  );
}

/** Texts of charts that stand outside the window. */
async function cutTexts(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('.chart svg text, h1, h2, h3, .answer, .strip strong, .legend li')]
      .filter((text) => {
        const { left, right, width } = text.getBoundingClientRect();
        return width > 0 && (left < 0 || right > window.innerWidth + 0.5);
      })
      .map((text) => text.textContent!.slice(0, 80)),
  );
}

/** Every 997th pixel of the first timeline. */
async function pixels(page: Page): Promise<number[]> {
  return page.evaluate(() => {
    const canvas = document.querySelector('canvas')!;
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    return [...new Uint32Array(data.buffer).filter((_, i) => i % 997 === 0)];
  });
}
