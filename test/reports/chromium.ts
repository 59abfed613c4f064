import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';

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

/** Whether there is a browser to try reports in; where there is none, tests of pages are skipped. */
export const hasChromium = existsSync(CHROMIUM);

export interface View {
  readonly width: number;
  readonly scheme: 'light' | 'dark';
  readonly javaScript: boolean;
}

export interface Opened {
  readonly page: Page;
  /** Messages of the console, errors and dialogs, from the first moment on. */
  readonly problems: readonly string[];
  readonly requests: readonly string[];
  readonly close: () => Promise<void>;
}

/** A browser without a network, and pages that it opens from files. */
export class Pages {
  readonly #browser: Browser;
  readonly #folder: string;

  private constructor(browser: Browser, folder: string) {
    this.#browser = browser;
    this.#folder = folder;
  }

  static async open(): Promise<Pages> {
    if (!hasChromium)
      console.warn(`no Chromium at ${CHROMIUM}: reports are not tried in a browser (set CHROMIUM_PATH)`);
    const folder = await mkdtemp(join(tmpdir(), 'stepcast-report-'));
    return new Pages(await chromium.launch({ executablePath: CHROMIUM, args: FLAGS }), folder);
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await rm(this.#folder, { recursive: true });
  }

  async write(name: string, html: string): Promise<void> {
    await writeFile(join(this.#folder, `${name}.html`), html);
  }

  /** Opens what was written, and waits until all charts are drawn. */
  async show(
    name: string,
    { width = 1280, scheme = 'light', javaScript = true }: Partial<View> = {},
  ): Promise<Opened> {
    const context = await this.#browser.newContext({
      viewport: { width, height: 900 },
      colorScheme: scheme,
      javaScriptEnabled: javaScript,
      offline: true,
    });
    const page = await context.newPage();
    const problems: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => {
      // Tests read the canvas back; the report itself never does.
      if (!message.text().includes('willReadFrequently')) problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('dialog', (dialog) => {
      problems.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(pathToFileURL(join(this.#folder, `${name}.html`)).href);
    if (javaScript) await drawn(page);
    return { page, problems, requests, close: () => context.close() };
  }
}

async function drawn(page: Page): Promise<void> {
  await page.waitForFunction(() =>
    [...document.querySelectorAll('.chart')].every((chart) => chart.childElementCount > 0),
  );
}

/** Another width and colour scheme of the same page. */
export async function look(page: Page, { width, scheme }: Pick<View, 'width' | 'scheme'>): Promise<void> {
  await page.emulateMedia({ colorScheme: scheme });
  await page.setViewportSize({ width, height: 900 });
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

/** Nothing is wider than the window, no text of a chart or a heading is cut, no chart is empty. */
export async function expectToFit(page: Page): Promise<void> {
  const found = await page.evaluate(() => {
    const cut = [
      ...document.querySelectorAll('.chart svg text, h1, h2, h3, h4, .answer, .strip strong, .legend li'),
    ]
      .filter((text) => {
        const { left, right, width } = text.getBoundingClientRect();
        return (
          width > 0 &&
          (left < -0.5 || right > window.innerWidth + 0.5) &&
          text.closest('.scroll, .graph-box') === null
        );
      })
      .map((text) => text.textContent!.slice(0, 80));
    const empty = [...document.querySelectorAll<HTMLElement>('.chart')]
      .filter((chart) => {
        const canvas = chart.querySelector('canvas');
        if (canvas === null) return chart.querySelectorAll('svg[role] :is(.mark, rect)').length === 0;
        const { data } = canvas.getContext('2d')!.getImageData(0, 30, canvas.width, canvas.height - 30);
        return new Set(new Uint32Array(data.buffer)).size < 5;
      })
      .map((chart) => chart.dataset.chart!);
    return { wider: Math.max(0, document.documentElement.scrollWidth - window.innerWidth), cut, empty };
  });
  expect(found).toEqual({ wider: 0, cut: [], empty: [] });
}

/**
 * What axe finds: all its rules, or only some, where the others have seen the same elements already. It takes minutes for
 * thousands of elements: of rows, options and marks that are alike it sees the first few; the others are taken away for good.
 */
export async function violations(page: Page, rules?: string[]): Promise<string[]> {
  await page.evaluate(() => {
    for (const alike of ['tbody tr:nth-child(n+5)', 'svg[role=img] .mark', '.caveats li:nth-child(n+5)']) {
      for (const element of document.querySelectorAll(alike)) element.remove();
    }
  });
  const axe = new AxeBuilder({ page }).options({ resultTypes: ['violations'] });
  const { violations: found } = await (rules === undefined ? axe : axe.withRules(rules)).analyze();
  return found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`);
}

export async function unfold(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });
}
