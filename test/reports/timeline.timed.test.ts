import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientScript } from '../../reports/client-script.ts';
import { renderReport } from '../../reports/html.ts';
import { hasChromium, type Opened, Pages } from './chromium.ts';
import { fixture, timeline, trainingExperiment } from './fixture.ts';

const BARS = 100_000;
const FIGURE = '#training-1-timeline';

declare global {
  interface Window {
    /** Milliseconds from each zoom until its frame was painted. */
    zooms: number[];
  }
}

/** From the event, as the browser stamps it, until what follows the next frame. */
function measureZooms(): void {
  window.zooms = [];
  const note = (event: Event): void => {
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => window.zooms.push(performance.now() - event.timeStamp);
      port2.postMessage(undefined);
    });
  };
  const view = document.querySelector('#training-1-timeline .lanes')!;
  view.addEventListener('wheel', note, { capture: true, passive: true });
  view.addEventListener('keydown', note, true);
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

describe.skipIf(!hasChromium)('a timeline of 100 000 bars in Chromium', () => {
  let pages: Pages;
  let opened: Opened;
  let page: Page;

  beforeAll(async () => {
    const bars = timeline(64, 25, 30);
    expect(bars.start.length).toBeGreaterThan(BARS);
    const experiment = { ...trainingExperiment(false), timeline: bars };
    pages = await Pages.open();
    await pages.write(
      'large',
      renderReport(fixture({ training: [experiment], placement: [] }), clientScript()),
    );
    opened = await pages.show('large');
    page = opened.page;
    await page.locator(`${FIGURE} .lanes`).scrollIntoViewIfNeeded();
    await page.evaluate(measureZooms);
  }, 60_000);

  afterAll(async () => {
    await pages?.close();
  });

  const zooms = async (count: number): Promise<number[]> => {
    await page.waitForFunction((wanted) => window.zooms.length >= wanted, count);
    return page.evaluate(() => window.zooms.splice(0));
  };

  test('a zoom is painted within 100 ms', async () => {
    const box = (await page.locator(`${FIGURE} .lanes`).boundingBox())!;
    await page.mouse.move(box.x + 700, box.y + 300);
    await page.keyboard.down('Control');
    for (let i = 0; i < 12; i++) {
      await page.mouse.wheel(0, i < 6 ? -240 : 240);
      await page.waitForTimeout(20);
    }
    await page.keyboard.up('Control');
    const byWheel = await zooms(12);
    await page.locator(`${FIGURE} .lanes`).focus();
    for (let i = 0; i < 10; i++) {
      await page.keyboard.press(i < 5 ? '+' : '-');
      await page.waitForTimeout(20);
    }
    const byKeys = await zooms(10);
    console.info(
      `zoom of ${BARS} bars: median ${median(byWheel).toFixed(0)} ms by wheel, ${median(byKeys).toFixed(0)} ms by keys`,
    );
    expect(median(byWheel)).toBeLessThan(100);
    expect(median(byKeys)).toBeLessThan(100);
  });

  test('words find their ops, and one lane is shown by itself', async () => {
    const figure = page.locator(FIGURE);
    await figure.getByRole('searchbox').fill('gradients layer_7/op_3');
    // 64 workers, op 3 of layer 7 backward; by link and server only the first op of a layer is named.
    expect(await figure.getByRole('status').first().textContent()).toBe('64 bars found');
    await figure.getByRole('searchbox').press('Enter');
    const told = figure.locator('.selection');
    expect(await told.textContent()).toMatch(/^gradients\/layer_7\/op_3 · worker \d+ · GPU 0 · starts at/);
    await figure.getByRole('combobox').selectOption('worker 5 · GPU 0');
    expect(await figure.getByRole('status').first().textContent()).toBe('1 bar found');
    expect((await figure.locator('.lanes').boundingBox())!.height).toBeLessThan(80);
    await figure.getByRole('searchbox').fill('');
    await figure.getByRole('combobox').selectOption('');
    expect(await figure.getByRole('status').first().textContent()).toBe('');
    expect(opened.problems).toEqual([]);
  });

  test('two fingers zoom', async () => {
    const lanes = page.locator(`${FIGURE} .lanes`);
    const box = (await lanes.boundingBox())!;
    const touch = await page.context().newCDPSession(page);
    const fingers = (type: 'touchStart' | 'touchMove', apart: number) =>
      touch.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: [-apart, apart].map((by, id) => ({ x: box.x + 600 + by, y: box.y + 200, id })),
      });
    const before = await rulerOf(page);
    await fingers('touchStart', 40);
    for (let apart = 60; apart <= 240; apart += 20) await fingers('touchMove', apart);
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await expect.poll(() => rulerOf(page)).not.toBe(before);
  });

  test('a heat map tells its cells by keys', async () => {
    const figure = page.locator('#training-1-link-heat');
    await figure.locator('.cells').focus();
    const told = figure.locator('.selection');
    await page.keyboard.press('PageDown');
    expect(await told.textContent()).toMatch(/^switch → ps 0 · .* to .* · Load 100 %$/);
    await page.keyboard.press('ArrowDown');
    expect(await told.textContent()).toMatch(/^worker 0 → switch · .* · Load 25 %$/);
    await page.keyboard.press('Home');
    expect(await told.textContent()).toMatch(/^worker 0 → switch · 0 s to 1.75 ms · Load 0 %$/);
    await page.keyboard.press('Escape');
    expect(await told.textContent()).toBe('');
    expect(opened.problems).toEqual([]);
  });
});

/** Something short that tells pictures of the ruler apart. */
async function rulerOf(page: Page): Promise<number> {
  return page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>('#training-1-timeline canvas')!;
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, 28);
    return data.reduce((sum, value, i) => (sum + value * (i % 9973)) % 1_000_003, 0);
  });
}
