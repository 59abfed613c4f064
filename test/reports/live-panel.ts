import type { Page } from 'playwright-core';

/* The panel of a report that simulates again, as a hand and an eye use it. */

export interface Shown {
  readonly state: string;
  /** The column "now", row by row. */
  readonly now: readonly string[];
  readonly answer: string;
  /** What is to be typed for the same. */
  readonly command: string;
}

/** Moves controls of the panel of an experiment (`training-1`) one after the other, and waits for what comes out. */
export async function move(page: Page, id: string, stops: Readonly<Record<string, number>>): Promise<void> {
  for (const [control, stop] of Object.entries(stops)) {
    const field = page.locator(`#${id}-live-${control}`);
    const isList = await field.evaluate((element) => element.tagName === 'SELECT');
    if (isList) await field.selectOption({ index: stop });
    else await field.fill(String(stop));
  }
  await page.waitForTimeout(100);
  await page.waitForFunction(
    (panel) => !document.getElementById(panel)!.hasAttribute('aria-busy'),
    `${id}-live`,
    {
      timeout: 60_000,
    },
  );
}

export function shownIn(page: Page, id: string): Promise<Shown> {
  return page.locator(`#${id}-live`).evaluate((panel) => ({
    state: panel.querySelector('.live-state')!.textContent!,
    now: [...panel.querySelectorAll('.live-now')].map((cell) => cell.textContent!),
    answer: panel.querySelector('.live-answer')!.textContent!,
    command: panel.querySelector('.live-set')!.textContent!,
  }));
}
