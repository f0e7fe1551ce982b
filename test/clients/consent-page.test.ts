/** The page of one's own data in a real browser against the real API: what somebody agreed to, and how to take it back. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { consentLink } from '../../clients/consent/key.ts';
import { aPerson, aSegment } from '../io/api/rows.ts';
import { buildPages, launch, quietPage, violations } from './browser.ts';
import { openPeopleStage } from './people-stage.ts';
import type { PeopleStage } from './people-stage.ts';

let browser: Browser;
let pages: string;
let stage: PeopleStage;

beforeAll(async () => {
  pages = await mkdtemp(join(tmpdir(), 'undertone-pages-'));
  await buildPages(pages);
  [browser, stage] = await Promise.all([launch(), openPeopleStage(pages)]);
}, 120_000);
afterAll(async () => {
  await Promise.all([browser.close(), stage.close()]);
  await rm(pages, { recursive: true, force: true });
});

/** Somebody with a segment and a review item, and the link to what is kept of them. */
async function somebody(participant: string) {
  const key = await aPerson(stage, 'lobby', participant);
  await aSegment(stage, { participant });
  const { id } = await stage.item({ participant });
  return { id, link: consentLink(stage.url, { room: 'lobby', participant, key }) };
}

async function visit(link: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await quietPage(browser, options);
  await page.goto(link);
  return page;
}

const saved = async (page: Page, button: string): Promise<unknown> => {
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: button }).click();
  return JSON.parse(await readFile(await (await download).path(), 'utf8'));
};

describe('whoever holds the link', () => {
  it('sees what they agreed to, and the link leaves the address', async () => {
    const { link } = await somebody('p-history');
    const page = await visit(link);
    await page.getByText('your voice and face are analysed while you are in the room').waitFor();
    expect(page.url()).toBe(`${stage.url}/consent`);
    await page.getByText(/What you agreed to, version [0-9a-f]{16}/).click();
    const { text } = stage.trust.people.terms('lobby').consent;
    expect(await page.locator('.agreed').textContent()).toBe(text);
    await page.reload();
    await page.getByText('Agreed on').first().waitFor();
  });

  it('takes a copy of everything', async () => {
    const { link, id } = await somebody('p-copy');
    const page = await visit(link);
    const copy = JSON.stringify(await saved(page, 'Save a copy of what is kept of me'));
    expect(copy).toContain(id);
    expect(copy).toContain('fear');
  });

  it('withdraws after a second question, and is given a receipt', async () => {
    const { link, id } = await somebody('p-leaver');
    const page = await visit(link);
    await page.getByRole('button', { name: 'Withdraw my consent' }).click();
    await page.getByRole('button', { name: 'Keep it as it is' }).click();
    expect(await stage.trust.store.reviews.item(id)).not.toBeNull();
    await page.getByRole('button', { name: 'Withdraw my consent' }).click();
    await page.getByText('Do you want that?').waitFor();
    await page.getByRole('button', { name: 'Withdraw, and delete what is kept of me' }).click();
    await page.getByText(/^Deleted on .*: 1 stretch of numbers, 1 clip, 1 moment put to reviewers\.$/).waitFor();
    await page.getByText('nothing of yours is analysed').waitFor();
    expect(await stage.trust.store.reviews.item(id)).toBeNull();
    expect(await saved(page, 'Save the receipt')).toMatchObject({
      participant: 'p-leaver',
      deleted: { reviewItems: 1 },
    });
    expect(await page.getByRole('button', { name: /^Withdraw/ }).count()).toBe(0);
    await page.getByText('Withdrew on').first().waitFor();
  });

  it('is told kindly where it opens nothing, and may paste another', async () => {
    const { link } = await somebody('p-kind');
    const page = await visit(`${link.slice(0, -3)}xyz`);
    await page.getByRole('alert').getByText('This link opens nothing here.').waitFor();
    await page.getByLabel('Paste that link').fill(link.slice(0, link.indexOf('&key')));
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('A part of this link is missing').waitFor();
    await page.getByLabel('Paste that link').fill(link);
    await page.keyboard.press('Enter');
    await page.getByText('Agreed on').first().waitFor();
  });

  it('tries again where the server is away', async () => {
    const { link } = await somebody('p-away');
    const page = await visit(`${stage.url}/consent`);
    await page.getByLabel('Paste that link').fill(link);
    await stage.fall();
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('The server cannot be reached').waitFor();
    await stage.rise();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Agreed on').first().waitFor();
  });

  it('reads text as text, whatever is in it', async () => {
    const before = stage.trust.people.settings('attic');
    const consentText =
      'Your voice is analysed. <img src=x onerror="document.title=1"> <script>document.title=2</script>';
    await stage.trust.people.configure({ ...before, consentText }, { role: 'admin', subject: 'ada' });
    const key = await aPerson(stage, 'attic', 'p-html');
    const page = await visit(consentLink(stage.url, { room: 'attic', participant: 'p-html', key }));
    await page.getByText(/What you agreed to/).click();
    await page.getByText('<script>document.title=2</script>').waitFor();
    expect(await page.title()).toBe('Your consent · Undertone');
  });
});

describe.each([
  ['light', 1440],
  ['dark', 390],
] as const)('accessibility, %s, %i px', (colorScheme, width) => {
  it('has no violations in any state, and is worked by keys alone', async () => {
    const { link } = await somebody(`p-axe-${width.toString()}`);
    const page = await visit(`${stage.url}/consent`, { colorScheme, viewport: { width, height: 844 } });
    const check = async (name: string) => {
      expect(await violations(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      if (process.env['LOOK'])
        await page.screenshot({
          path: `${process.env['LOOK']}/consent-${name}-${width.toString()}.png`,
          fullPage: true,
        });
    };
    await check('ask');
    await page.getByLabel('Paste that link').fill(link);
    await page.keyboard.press('Enter');
    await page.getByText('Agreed on').first().waitFor();
    await check('own');
    await page.getByRole('button', { name: 'Withdraw my consent' }).press('Enter');
    await check('sure');
    await page.getByRole('button', { name: /^Withdraw, and/ }).press('Enter');
    await page.getByText('Deleted on').waitFor();
    await page
      .getByText(/What you agreed to/)
      .first()
      .click();
    await check('withdrawn');
  });
});
