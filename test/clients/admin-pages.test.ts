/** The administration page in a real browser against the real API. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { randomStream } from '../../src/core/random.ts';
import { DISTORTED, review } from '../core/review/world.ts';
import { buildPages, launch, quietPage, violations } from './browser.ts';
import { ADA, openPeopleStage } from './people-stage.ts';
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

/** An admin at a section of their page; whatever the browser complains of fails the test. */
async function sitDown(name: string, options: BrowserContextOptions = {}, subject = 'ada'): Promise<Page> {
  const page = await quietPage(browser, options);
  await page.goto(`${stage.url}/admin#token=${await stage.token({ role: 'admin', subject })}`);
  await open(page, name);
  return page;
}

const alert = (page: Page, text: string | RegExp) => page.getByRole('alert').getByText(text).waitFor();
const status = (page: Page, text: string | RegExp) => page.getByRole('status').getByText(text).first().waitFor();
const open = (page: Page, section: string) =>
  page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: section }).click();

describe('rooms', () => {
  it('are changed, on record at once', async () => {
    const page = await sitDown('Rooms');
    await page.getByLabel('What the room is for').selectOption('customer-call');
    await page.getByLabel('Scores', { exact: true }).selectOption('segments');
    await page.getByLabel('Keep a clip').check();
    await page.getByLabel('Clips are kept for, days').fill('2');
    await page.getByLabel('Another part').fill('<b>guest</b>');
    await page.getByRole('button', { name: 'Add' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await status(page, 'Saved; it holds from now on and is on record.');
    expect(stage.trust.people.settings('lobby')).toMatchObject({
      purpose: 'customer-call',
      keeping: 'segments',
      clips: true,
      retention: { clipsMs: 2 * 86_400_000 },
      roles: { '<b>guest</b>': 'other' },
    });
    await page.getByRole('button', { name: 'attic' }).click();
    await expect.poll(() => page.getByLabel('What the room is for').inputValue()).toBe('demonstration');
  });

  it('that another admin changed meanwhile are not overwritten', async () => {
    const page = await sitDown('Rooms');
    await page.getByRole('button', { name: 'attic' }).click();
    await page.getByLabel('Reviewers an item').fill('3');
    await stage.trust.people.configure({ ...stage.trust.people.settings('attic'), purpose: 'meeting' }, ADA);
    await page.getByRole('button', { name: 'Save' }).click();
    await alert(page, 'The settings of attic have changed meanwhile');
    await page.getByRole('button', { name: 'Show what is on record' }).click();
    await expect.poll(() => page.getByLabel('What the room is for').inputValue()).toBe('meeting');
    await page.getByLabel('Reviewers an item').fill('3');
    await page.getByRole('button', { name: 'Save' }).click();
    await status(page, 'Saved');
    expect(stage.trust.people.settings('attic')).toMatchObject({ purpose: 'meeting', review: { raters: 3 } });
  });

  it('tell whom the law protects, and refuse a purpose that needs a justification and has none', async () => {
    const page = await sitDown('Rooms');
    const agent = page.getByRole('listitem').filter({ hasText: 'agent is' });
    await agent.getByText('not analysed, as the law stands').waitFor();
    await page.getByLabel('What the room is for').selectOption('medical');
    await page.getByRole('button', { name: 'Save' }).click();
    await alert(page, "Justification: the purpose 'medical' needs one");
    await page.getByLabel('Justification').fill('Pain assessment in the ward, protocol 12.');
    await page.keyboard.press('Tab');
    await expect.poll(() => agent.getByText('not analysed').count()).toBe(0);
  });

  it('keep clips only where they keep scores', async () => {
    const page = await sitDown('Rooms');
    await page.getByLabel('Scores', { exact: true }).selectOption('nothing');
    expect(await page.getByLabel('Keep a clip').isDisabled()).toBe(true);
    expect(await page.getByLabel('Keep a clip').isChecked()).toBe(false);
    await page.getByLabel('Scores', { exact: true }).selectOption('segments');
    await page.getByLabel('Keep a clip').check();
    await page.getByLabel('Clips are kept for, days').fill('400');
    await page.getByRole('button', { name: 'Save' }).click();
    await alert(page, 'a clip serves the review of its item');
  });
});

describe('review', () => {
  it('shows reviewers, how far they agree, and an item with all that was said of it', async () => {
    const { reviews } = stage.trust.store;
    for (let i = 0; i < 12; i++) await stage.item({ room: 'attic', raters: 2 });
    for (const reviewer of ['rita', '<i>ron</i>'])
      for (let i = 0; i < 12; i++) {
        const nowMs = stage.clock.now();
        const claimed = await reviews.claim({ reviewer, rooms: ['attic'], nowMs, reservationMs: 60_000 });
        const labels = i % 3 === 0 ? (['happiness', 'surprise'] as const) : (['neutral'] as const);
        const answer = { labels, cannotTell: false, attributes: { valence: 0.3, arousal: -0.2 }, tookMs: 4200 };
        await reviews.answer(claimed?.reservation.id ?? '', reviewer, answer, nowMs);
      }
    const page = await sitDown('Review');
    await page.getByText('0 being looked at, 12 done').waitFor();
    const reviewers = page.getByRole('region', { name: 'Reviewers' }).getByRole('row');
    await reviewers.filter({ hasText: 'rita' }).getByText('4.2 s').waitFor();
    await reviewers.filter({ hasText: '<i>ron</i>' }).waitFor();
    await page
      .getByRole('row', { name: /all labels together/ })
      .getByText('+1.00')
      .first()
      .waitFor();
    await page.getByLabel('Show').selectOption('done');
    await page
      .getByRole('button', { name: /Open the item of/ })
      .first()
      .click();
    const item = page.getByRole('article', { name: 'Review item' });
    await item.getByText('The model gave no verdict (not sure enough), else contempt: contempt 0.41').waitFor();
    await item.getByRole('row', { name: /rita/ }).getByText('+0.30, −0.20').waitFor();
    await item.locator('video').waitFor();
  });

  it('scrolls through 5,000 items with a few rows drawn, whatever is in sight', async () => {
    const rows = Array.from({ length: 5000 }, (_, i) => ({
      id: `row-${i.toString()}`,
      room: 'lobby',
      participant: 'p',
      createdMs: 1_700_000_000_000 - i * 1000,
      startMs: 1_700_000_000_000 - i * 1000,
      endMs: 1_700_000_003_000 - i * 1000,
      status: null,
      reason: null,
      answers: 0,
      raters: 2,
      state: 'open',
    }));
    const page = await sitDown('Rooms');
    await page.route('**/review/items?*', async (route) => {
      const query = new URL(route.request().url()).searchParams;
      const from = rows.findIndex(({ id }) => id === query.get('beforeId')) + 1;
      await route.fulfill({ json: { items: rows.slice(from, from + Number(query.get('limit'))) } });
    });
    await open(page, 'Review');
    const table = page.getByRole('table', { name: 'Review items' });
    await table.getByRole('row').nth(5).waitFor();
    const scrolled = await table.evaluate(async (list) => {
      let [mostRows, blank, last] = [0, 0, -1];
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      for (let still = 0; still < 200;) {
        list.scrollTop += 400;
        await frame();
        await frame();
        mostRows = Math.max(mostRows, list.querySelectorAll('[role=row]').length);
        const box = list.getBoundingClientRect();
        const middle = document.elementFromPoint(box.left + 20, box.top + box.height / 2);
        if (middle?.closest('[role=row]') === null) blank++;
        still = list.scrollTop === last ? still + 1 : 0;
        last = list.scrollTop;
      }
      return { mostRows, blank, text: [...list.querySelectorAll('[role=row]')].at(-1)?.getAttribute('aria-rowindex') };
    });
    expect(scrolled).toMatchObject({ blank: 0, text: '5001' });
    expect(scrolled.mostRows).toBeLessThan(40);
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  });
});

describe('calibration', () => {
  it('is refused with the reason while answers are few', async () => {
    const page = await sitDown('Calibration');
    await status(page, 'world@1 judges as it was made.');
    await page.getByRole('button', { name: 'Propose a calibration' }).click();
    await alert(page, /Nothing is proposed: .* least number that would do/);
  });

  it('is proposed with what it changes in words, approved, rolled back, and dismissed', async () => {
    const { reviewed } = review(randomStream(1, 'pages'), { segments: 1500, distortion: DISTORTED, calibration: null });
    // Of just now: what is old is swept by the server's retention, which runs every minute.
    const endMs = stage.clock.now();
    for (const { item } of reviewed)
      await stage.trust.store.reviews.add({ ...item, verdict: { ...item.verdict, startMs: endMs - 3000, endMs } });
    await stage.trust.store.reviews.importAnnotations(
      reviewed.flatMap(({ item, annotations }) =>
        annotations.map((each) => ({ ...each, id: `${item.id}-${each.reviewer}`, item: item.id })),
      ),
      ADA,
      stage.clock.now(),
    );
    const page = await sitDown('Calibration');
    await page.getByRole('button', { name: 'Propose a calibration' }).click();
    const proposal = page.getByRole('article').first();
    await proposal.getByText('proposed, waits for you').waitFor();
    const face = proposal.getByRole('group', { name: 'Face alone' });
    await face
      .getByRole('row', { name: /calibration error/ })
      .first()
      .getByText('better')
      .waitFor();
    await page.setViewportSize({ width: 1120, height: 900 });
    // PICTURES=docs/images npm test -- test/clients/admin-pages.test.ts renews the documentation's picture.
    const path = join(process.env['PICTURES'] ?? pages, 'admin-calibration.png');
    expect((await page.screenshot({ path })).byteLength).toBeGreaterThan(10_000);
    await face.getByText('By label').click();
    await face.getByRole('table').getByText('happiness').first().waitFor();
    await face.getByText('By room and part').click();
    await face.getByText('Room room-0').first().waitFor();
    await proposal.getByRole('button', { name: 'Approve: let it judge' }).click();
    await status(page, /world@1 judges with calibration [\w-]+/);
    await page.getByRole('button', { name: 'Roll back to the pack as it was made' }).click();
    await status(page, 'world@1 judges as it was made.');
    await proposal.getByRole('button', { name: 'Let it judge again' }).waitFor();
    await page.getByRole('button', { name: 'Propose a calibration' }).click();
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await page.getByText('dismissed').waitFor();
  }, 240_000);
});

describe('the audit log', () => {
  it('is filtered, read on, verified, and folds what is long', async () => {
    for (let i = 0; i < 250; i++)
      await stage.trust.store.audit.append({
        atMs: stage.clock.now(),
        kind: 'access',
        action: 'access.tested',
        actor: { role: 'viewer', subject: '<b>vera</b>' },
        room: 'lobby',
        details: { i, ...(i === 0 && { long: 'x'.repeat(500) }) },
      });
    const page = await sitDown('Audit');
    const rows = page.getByRole('region', { name: 'Entries' }).getByRole('row');
    await page.getByLabel('Show').selectOption('access');
    await page.getByLabel('Room').selectOption('lobby');
    await rows.filter({ hasText: 'viewer <b>vera</b>' }).first().waitFor();
    await expect.poll(() => rows.count()).toBe(201);
    await page.getByRole('button', { name: 'Show more' }).click();
    await expect.poll(() => rows.count()).toBeGreaterThan(250);
    expect(await rows.nth(1).locator('details').getAttribute('open')).toBeNull();
    await page.getByRole('button', { name: 'Verify the chain' }).click();
    await status(page, /^All \d+ entries are as they were written/);
  });
});

describe('webhooks', () => {
  it('are added with a key that is shown once, say how far they are, and are removed', async () => {
    const page = await sitDown('Webhooks');
    await page.getByText('Nobody is told yet.').waitFor();
    await page.getByLabel('Address, https').fill('https://10.0.0.7/hook');
    await page.getByRole('button', { name: 'Add a webhook' }).click();
    await alert(page, 'it leads into a private network');
    await page.getByLabel('Address, https').fill('https://hook.example/<b>');
    await page.getByLabel('access', { exact: true }).uncheck();
    await page.getByRole('button', { name: 'Add a webhook' }).click();
    const key = page.getByLabel('Key that signs');
    expect(await key.inputValue()).toMatch(/^[\w+/]{43}=$/);
    await expect.poll(() => page.getByLabel('Address, https').inputValue()).toBe('');
    const [webhook] = await stage.trust.store.webhooks.all();
    expect(webhook?.kinds).not.toContain('access');
    expect(webhook?.rooms).toBeNull();
    await stage.trust.store.webhooks.advance(webhook?.id ?? '', {
      deliveredSeq: 3,
      failures: 2,
      nextMs: 0,
      problem: 'the host answered 500',
    });
    await page.reload();
    await page.getByText('Not delivered, 2 attempts: the host answered 500').waitFor();
    expect(await key.count()).toBe(0);
    await page.getByRole('button', { name: 'Remove https://hook.example/' }).click();
    await page.getByText('Nobody is told yet.').waitFor();
  });
});

describe('tokens', () => {
  it('are made with a link that opens the right page, and called back', async () => {
    const page = await sitDown('Tokens');
    await page.getByLabel('For a').selectOption('reviewer');
    await page.getByLabel('Whom it is for').fill('rita <b>');
    await page.getByRole('button', { name: 'Make a token' }).click();
    const link = await page.getByLabel('Link; it is shown only here').inputValue();
    const visitor = await page.context().newPage();
    await visitor.goto(link);
    await visitor.getByText('by rita <b>').waitFor();
    expect(visitor.url()).toBe(`${stage.url}/review`);
    await page.getByRole('button', { name: 'Call it back' }).click();
    await page.getByText(': called back').waitFor();
    await visitor.reload();
    await visitor.getByRole('alert').getByText('The server does not accept this token').waitFor();
  });
});

describe('who may administrate', () => {
  it('is told apart by the token, and what one room’s admin may not is said', async () => {
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.goto(`${stage.url}/admin#token=${await stage.token({ role: 'reviewer', subject: 'rita' })}`);
    await alert(page, "This is a reviewer's token; this page takes an admin's.");
    await page
      .getByLabel('Paste the token')
      .fill(await stage.token({ role: 'admin', subject: 'abe', rooms: ['attic'] }));
    await page.keyboard.press('Enter');
    await page.getByText('signed in as abe').waitFor();
    await open(page, 'Webhooks');
    await alert(page, 'it takes one for all rooms');
    await open(page, 'Audit');
    await page.getByLabel('Room').selectOption('attic');
    await page.getByRole('region', { name: 'Entries' }).getByRole('row').nth(1).waitFor();
  });
});

describe.each([
  ['light', 1440],
  ['dark', 390],
] as const)('accessibility, %s, %i px', (colorScheme, width) => {
  it.each(['Rooms', 'Review', 'Calibration', 'Audit', 'Webhooks', 'Tokens'])(
    'has no violations in %s',
    async (name) => {
      const page = await sitDown('Rooms', { colorScheme, viewport: { width, height: 900 } });
      await open(page, name);
      await page.getByRole('heading', { level: 2 }).or(page.getByRole('group')).first().waitFor();
      await page.waitForLoadState('networkidle');
      for (const fold of await page.locator('summary').all()) await fold.click();
      expect(await violations(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      if (process.env['LOOK'])
        await page.screenshot({ path: `${process.env['LOOK']}/admin-${name}-${width.toString()}.png`, fullPage: true });
    },
  );
});
