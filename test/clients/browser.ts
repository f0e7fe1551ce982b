/** A real browser for the pages that were just built, and what it has to say about them. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { build } from 'vite';
import { expect, onTestFinished } from 'vitest';

export const EXECUTABLE = process.env['UNDERTONE_CHROMIUM'] ?? '/usr/bin/chromium';
export const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
];
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** A machine that is busy takes its time to start one. */
export const launch = () => chromium.launch({ executablePath: EXECUTABLE, args: FLAGS, timeout: 120_000 });

/** The same for what is done on a page, ms: a test that waits in vain still ends. */
export const PATIENCE_MS = 90_000;

/** Build the pages into a folder. */
export const buildPages = (outDir: string) => build({ logLevel: 'error', build: { outDir, emptyOutDir: true } });

/** What axe finds wrong with a page as it is shown. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(AXE, 'utf8'));
  return page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations: found } = await axe.run();
    return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
}

/** Everything that pages of a context complain of, as it comes; a refusal by the server is not a complaint. */
function complaintsOf(context: BrowserContext): string[] {
  const complaints: string[] = [];
  context.on('weberror', (error) => complaints.push(error.error().message));
  context.on('console', (message) => {
    const noise = /Failed to load resource|WebSocket/.test(message.text());
    if ((message.type() === 'error' || message.type() === 'warning') && !noise) complaints.push(message.text());
  });
  return complaints;
}

/** A page of its own, until the test is over; whatever the browser complains of on it fails the test. */
export async function quietPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE_MS);
  const complaints = complaintsOf(context);
  onTestFinished(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });
  return context.newPage();
}
