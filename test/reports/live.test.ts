import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientScript, simulatorScript } from '../../reports/client-script.ts';
import { renderReport } from '../../reports/html.ts';
import { answered } from '../../reports/live/subject.ts';
import { loadWritten } from '../../scenarios/load.ts';
import type { Results } from '../../scenarios/results.ts';
import { runScenario } from '../../scenarios/run.ts';
import { program, root } from '../cli/program.ts';
import { hasChromium, look, type Opened, Pages, violations } from './chromium.ts';
import { move, shownIn } from './live-panel.ts';

/* The page of a report simulates again in a real browser, and the command line says the same, to the last digit. */

const SCENARIO = fileURLToPath(new URL('../scenarios/live/small.yaml', import.meta.url));

describe.skipIf(!hasChromium)('the panel of a report', () => {
  let pages: Pages;
  let opened: Opened;
  const folder = mkdtempSync(join(tmpdir(), 'stepcast-live-'));

  beforeAll(async () => {
    const { scenario, written } = loadWritten(SCENARIO);
    const results = await runScenario(scenario, { seed: scenario.seed, written });
    pages = await Pages.open();
    await pages.write('live', renderReport(results, clientScript(), simulatorScript()));
    opened = await pages.show('live');
  });

  afterAll(async () => {
    await opened?.close();
    await pages?.close();
    rmSync(folder, { recursive: true });
  });

  /** Runs a command line of the page in a shell; returns what it prints, and its results. */
  function typed(command: string, scenario: string): { stdout: string; results: Results } {
    const line = command
      .replace('stepcast run scenario.yaml', `"$NODE" "$PROGRAM" run "${scenario}" -o "${folder}/out"`)
      .replace('stepcast run what-if.yaml', `"$NODE" "$PROGRAM" run "${scenario}" -o "${folder}/out"`);
    const stdout = execFileSync('bash', ['-c', line], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, NODE: process.execPath, PROGRAM: program, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return { stdout, results: JSON.parse(readFileSync(join(folder, 'out/results.json'), 'utf8')) as Results };
  }

  test('shows what the command line says of the same changes', async () => {
    await move(opened.page, 'training-1', { strategy: 0, backups: 1, network: 4, stragglers: 8, workers: 4 });
    const { state, now, answer, command } = await shownIn(opened.page, 'training-1');
    expect(state).toMatch(/^Simulated in [\d.]+ m?s\.$/);
    expect(command).toContain('--set');
    const { stdout, results } = typed(command, SCENARIO);
    expect(stdout).toContain(`• ${answer}\n`);
    const alone = { ...results, training: results.training.slice(0, 1) };
    const figures = answered(alone);
    expect(typeof figures).not.toBe('string');
    for (const [i, cell] of now.entries())
      expect(cell.startsWith((figures as { text: string }[])[i]!.text)).toBe(true);
  }, 120_000);

  test('saves the changed scenario, which the command line runs with the same result', async () => {
    await move(opened.page, 'placement-1', { placement: 1, device: 12 });
    const { state, now, answer } = await shownIn(opened.page, 'placement-1');
    expect(state).toMatch(/^Simulated in/);
    await opened.page.locator('#placement-1-live details').evaluate((d) => d.setAttribute('open', ''));
    const [download] = await Promise.all([
      opened.page.waitForEvent('download'),
      opened.page.locator('#placement-1-live .live-save').click(),
    ]);
    expect(download.suggestedFilename()).toBe('what-if.yaml');
    const file = join(folder, 'what-if.yaml');
    await download.saveAs(file);
    const { stdout, results } = typed('stepcast run what-if.yaml', file);
    expect(stdout).toContain(`• ${answer}\n`);
    expect((answered(results) as { text: string }[]).map(({ text }) => text)).toEqual(now);
  }, 120_000);

  test('saves what the controls say, also while it is not simulated yet', async () => {
    const panel = opened.page.locator('#training-1-live');
    const saved = async (): Promise<{ experiments: { workers: number[] }[] }> => {
      const [download] = await Promise.all([
        opened.page.waitForEvent('download'),
        panel.locator('.live-save').evaluate((button) => (button as HTMLElement).click()),
      ]);
      const file = join(folder, 'at-once.yaml');
      await download.saveAs(file);
      return JSON.parse(readFileSync(file, 'utf8'));
    };
    await move(opened.page, 'training-1', { strategy: 0, backups: 0, workers: 4 });
    const before = (await saved()).experiments[0]!.workers;
    await opened.page.locator('#training-1-live-workers').fill('0');
    expect((await saved()).experiments[0]!.workers).toEqual([1]);
    expect(before).not.toEqual([1]);
  }, 120_000);

  test('says why something cannot be, and goes back to the report', async () => {
    await move(opened.page, 'training-1', { strategy: 0, backups: 8, workers: 0 });
    const refused = await shownIn(opened.page, 'training-1');
    expect(refused.state).toMatch(/^This cannot be: .*backups leaves none to wait for/);
    await opened.page.locator('#training-1-live [type=reset]').click();
    await move(opened.page, 'training-1', {});
    const { now, state } = await shownIn(opened.page, 'training-1');
    expect(state).toMatch(/^Simulated in/);
    const before = await opened.page
      .locator('#training-1-live [data-figure] td:nth-child(2)')
      .allTextContents();
    expect(now.slice(0, 3)).toEqual(before.slice(0, 3));
  }, 120_000);

  test('asks nobody else, prints nothing to the console, fits a phone and is readable by all', async () => {
    expect(opened.problems).toEqual([]);
    // The page, and the thread that it makes of itself.
    expect(opened.requests.filter((url) => !url.startsWith('file:') && !url.startsWith('blob:'))).toEqual([]);
    for (const view of [
      { width: 390, scheme: 'dark' },
      { width: 1280, scheme: 'light' },
    ] as const) {
      await look(opened.page, view);
      const wider = await opened.page.evaluate(
        () => document.documentElement.scrollWidth - window.innerWidth,
      );
      expect(wider).toBeLessThanOrEqual(0);
    }
    expect(await violations(opened.page)).toEqual([]);
  }, 120_000);
});
