/** The review page in a real browser against the real API: what a reviewer sees, presses, and never loses. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { buildPages, EXECUTABLE, FLAGS, launch, quietPage, violations } from './browser.ts';
import { openPeopleStage } from './people-stage.ts';
import type { PeopleStage } from './people-stage.ts';

let browser: Browser;
let pages: string;
let stage: PeopleStage;
let rooms = 0;

beforeAll(async () => {
  pages = await mkdtemp(join(tmpdir(), 'undertone-pages-'));
  await buildPages(pages);
  [browser, stage] = await Promise.all([
    launch(),
    openPeopleStage(
      pages,
      Array.from({ length: 40 }, (_, i) => `room-${i.toString()}`),
    ),
  ]);
}, 120_000);
afterAll(async () => {
  await Promise.all([browser.close(), stage.close()]);
  await rm(pages, { recursive: true, force: true });
});

/** A room of its own for each test, with so many items, so that no test meets what another has left. */
async function aRoom(items: number, given: Parameters<PeopleStage['item']>[0] = {}) {
  const room = `room-${(rooms++).toString()}`;
  const ids: string[] = [];
  for (let i = 0; i < items; i++) ids.push((await stage.item({ room, ...given })).id);
  const token = (subject: string, role: 'reviewer' | 'viewer' | 'admin' = 'reviewer', ttlSeconds?: number) =>
    stage.token({ role, subject, rooms: [room] }, ttlSeconds);
  return { room, ids, token };
}

/** A reviewer at their page; whatever the browser complains of fails the test. */
async function sitDown(token: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await quietPage(browser, options);
  await page.goto(`${stage.url}/review#token=${token}`);
  return page;
}

const pressed = (page: Page) =>
  page
    .locator('.label-key[aria-pressed=true]')
    .evaluateAll((keys) => keys.map((key) => key.getAttribute('data-label')));
const alert = (page: Page, text: string) =>
  expect.poll(async () => (await page.getByRole('alert').allInnerTexts()).join(' ')).toContain(text);
const square = (page: Page) => page.getByRole('slider', { name: 'Valence and arousal' });
const answers = async (item: string) => (await stage.trust.store.reviews.item(item))?.annotations ?? [];
/** Nothing is on its way: what is pressed now is done. */
const idle = (page: Page) => page.locator('main[aria-busy=false]').waitFor();
/** The next item is held and loaded behind the one that is looked at. */
const ahead = (page: Page) =>
  page.waitForFunction(() => sessionStorage.getItem('undertone.desk')?.split('"reservation"').length === 3);
const nothing = (page: Page) => page.getByRole('heading', { name: 'Nothing to review' }).waitFor();
const onItem = (page: Page, id: string | undefined) => page.locator(`[data-item="${id ?? ''}"]`).waitFor();

async function press(page: Page, ...keys: string[]) {
  for (const key of keys) await page.keyboard.press(key);
}

describe('an item', () => {
  it('plays by itself, silently until a key was pressed, and again at Space', async () => {
    const { token, ids } = await aRoom(1);
    const page = await sitDown(await token('rita'));
    await onItem(page, ids[0]);
    const playing = () =>
      page.locator('video').evaluate((video: HTMLVideoElement) => ({
        runs: !video.paused && video.currentTime > 0,
        heard: !video.muted,
      }));
    await expect.poll(async () => (await playing()).runs).toBe(true);
    // Whether sound plays before a key was pressed is the browser's to decide; where it does not, the page says so.
    const { heard } = await playing();
    expect(await page.getByText('Press Space to hear it').isVisible()).toBe(!heard);
    await page.locator('video').evaluate((video: HTMLVideoElement) => (video.currentTime = 8));
    await press(page, ' ');
    await expect.poll(playing).toEqual({ runs: true, heard: true });
    expect(await page.locator('video').evaluate((video: HTMLVideoElement) => video.currentTime)).toBeLessThan(8);
    expect(await page.getByText('Press Space to hear it').count()).toBe(0);
  });

  it('is answered by keys: several labels, or cannot tell, with valence and arousal by arrows or mouse', async () => {
    const { token, ids } = await aRoom(2);
    const page = await sitDown(await token('rita'));
    await onItem(page, ids[0]);
    expect(await page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);
    await press(page, '2', '3', '4', '4');
    expect(await pressed(page)).toEqual(['happiness', 'surprise']);
    await press(page, '0');
    expect(await pressed(page)).toEqual(['']);
    await press(page, '8');
    expect(await pressed(page)).toEqual(['contempt']);
    await press(page, 'ArrowRight', 'ArrowRight', 'ArrowUp');
    expect(await square(page).getAttribute('aria-valuetext')).toBe('valence +0.20, arousal +0.10');
    await press(page, 'Delete');
    expect(await square(page).getAttribute('aria-valuetext')).toMatch(/^not given/);
    const box = await square(page).boundingBox();
    if (box === null) throw new Error('there is no square');
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.75, box.y + box.height * 0.75, { steps: 3 });
    await page.mouse.up();
    expect(await square(page).getAttribute('aria-valuetext')).toBe('valence +0.50, arousal −0.50');
    await press(page, '1', 'Enter');
    await onItem(page, ids[1]);
    expect(await answers(ids[0] ?? '')).toMatchObject([
      {
        reviewer: 'rita',
        labels: ['contempt', 'neutral'],
        attributes: { valence: 0.5, arousal: -0.5 },
        cannotTell: false,
      },
    ]);
    expect(await pressed(page)).toEqual([]);
    await press(page, '0', 'Enter');
    await nothing(page);
    expect(await answers(ids[1] ?? '')).toMatchObject([{ labels: [], cannotTell: true, attributes: null }]);
  });

  it('is followed by one that is there already: nothing is claimed in between', async () => {
    const { token, ids } = await aRoom(3);
    const page = await sitDown(await token('rita'));
    const ahead = page.waitForResponse(async (response) => (await response.text()).includes(`"${ids[1] ?? ''}"`));
    const clip = page.waitForResponse((response) => response.url().endsWith(`/review/items/${ids[1] ?? ''}/clip`));
    await onItem(page, ids[0]);
    await Promise.all([ahead, clip]);
    // From now on nobody is given an item, nor a clip.
    await page.route(/\/review\/(claims|items\/[^/]+\/clip)$/, () => undefined);
    await press(page, '2', 'Enter');
    await onItem(page, ids[1]);
    await expect.poll(() => page.locator('video').evaluate((video: HTMLVideoElement) => video.readyState)).toBe(4);
  });

  it('shows nothing of the model before the answer, and all of it after', async () => {
    const { token, ids } = await aRoom(2);
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const told: string[] = [];
    page.on('response', (response) => {
      if (response.url().includes('/api/'))
        void response.text().then(
          (text) => told.push(text),
          () => undefined,
        );
    });
    await page.goto(`${stage.url}/review#token=${await token('rita')}`);
    await onItem(page, ids[0]);
    await expect.poll(() => told.length).toBeGreaterThanOrEqual(4);
    const words = /0\.41|not sure enough|low-confidence|withheld|probabilities|world@1/;
    expect(await page.content()).not.toMatch(words);
    expect(told.join('\n')).not.toMatch(words);
    await press(page, '2', 'Enter');
    await page
      .getByText('You said happiness. The model gave no verdict: not sure enough; it would have said contempt 0.41.')
      .waitFor();
  });

  it('may be skipped, and what was done is taken back by U or Ctrl-Z, with what was said', async () => {
    const { token, ids } = await aRoom(3);
    const page = await sitDown(await token('rita'));
    await onItem(page, ids[0]);
    await idle(page);
    await press(page, '2', '5', 'ArrowLeft', 'Enter');
    await onItem(page, ids[1]);
    await idle(page);
    await press(page, 's');
    await onItem(page, ids[2]);
    await page.getByText('You skipped an item.').waitFor();
    // Half an answer waits where it was.
    await idle(page);
    await press(page, '7', 'u');
    await onItem(page, ids[1]);
    expect(await pressed(page)).toEqual([]);
    await idle(page);
    await press(page, 'Control+z');
    await onItem(page, ids[0]);
    expect(await pressed(page)).toEqual(['happiness', 'anger']);
    expect(await square(page).getAttribute('aria-valuetext')).toBe('valence −0.10, arousal +0.00');
    expect(await answers(ids[0] ?? '')).toEqual([]);
    await idle(page);
    await press(page, 'u');
    await alert(page, 'There is nothing to take back');
    await press(page, '5', 'Enter');
    await onItem(page, ids[1]);
    await idle(page);
    expect(await answers(ids[0] ?? '')).toMatchObject([{ labels: ['happiness'], informed: true }]);
    await press(page, '1', 'Enter');
    await onItem(page, ids[2]);
    expect(await pressed(page)).toEqual(['fear']);
  });

  it('whose clip is gone is still answered, and a clip that did not come is asked for again', async () => {
    const { token, ids } = await aRoom(1, { clip: null });
    const page = await sitDown(await token('rita'));
    await page.getByText('No clip is kept of this item').waitFor();
    await press(page, '0', 'Enter');
    await nothing(page);
    expect(await answers(ids[0] ?? '')).toHaveLength(1);
    const other = await aRoom(1);
    const again = await sitDown(await other.token('rita'));
    await onItem(again, other.ids[0]);
    await again.route('**/clip', (route) => route.abort());
    await again.reload();
    await again.getByText('The clip could not be loaded').waitFor();
    await again.unroute('**/clip');
    await again.getByRole('button', { name: 'Load it again' }).click();
    await again.locator('video').waitFor();
  });
});

describe('a queue', () => {
  it('that is empty says so, and an item that comes is shown by itself', async () => {
    const { token, room } = await aRoom(0);
    const page = await sitDown(await token('rita'));
    await nothing(page);
    await page.getByText('0 done, 0 to do; 0 answers by rita').waitFor();
    const { id } = await stage.item({ room });
    await onItem(page, id);
  });

  it('never gives two reviewers one place, and counts what they do', async () => {
    const { token } = await aRoom(8, { raters: 1 });
    const [rita, ron] = await Promise.all([token('rita'), token('ron')]).then((both) =>
      Promise.all(both.map((each) => sitDown(each))),
    );
    if (rita === undefined || ron === undefined) throw new Error('a page is missing');
    const seen = { rita: new Set<string>(), ron: new Set<string>() };
    const work = async (page: Page, own: Set<string>) => {
      for (;;) {
        await page.locator('[data-item], #nothing').first().waitFor();
        const id = await page.evaluate(() => document.querySelector('[data-item]')?.getAttribute('data-item') ?? null);
        if (id === null) return;
        own.add(id);
        await idle(page);
        await press(page, '1', 'Enter');
        await page.locator(`[data-item="${id}"]`).waitFor({ state: 'detached' });
      }
    };
    await Promise.all([work(rita, seen.rita), work(ron, seen.ron)]);
    expect(seen.rita.size + seen.ron.size).toBe(8);
    expect(new Set([...seen.rita, ...seen.ron]).size).toBe(8);
    await rita.getByRole('button', { name: 'Look now' }).click();
    await rita.getByText(`8 done, 0 to do; ${seen.rita.size.toString()} answer`).waitFor();
  });

  it('shows two reviewers the same item without a word of each other', async () => {
    const { token, ids } = await aRoom(1);
    const rita = await sitDown(await token('rita'));
    await onItem(rita, ids[0]);
    await press(rita, '4', 'Enter');
    await nothing(rita);
    const ron = await sitDown(await token('ron'));
    await onItem(ron, ids[0]);
    await ron.getByText('Answer 2 of 2.').waitFor();
    expect(await ron.locator('main').innerText()).not.toMatch(/rita|You said/);
    await press(ron, '4', 'Enter');
    await nothing(ron);
    await ron.getByText(/1 done, 0 to do; 1 answer by ron/).waitFor();
  });
});

describe('what was said', () => {
  it('survives a reload with its item and the next one', async () => {
    const { token, ids } = await aRoom(3);
    const page = await sitDown(await token('rita'));
    await onItem(page, ids[0]);
    await ahead(page);
    await press(page, '2', '6', 'ArrowUp');
    await page.reload();
    await onItem(page, ids[0]);
    expect(await pressed(page)).toEqual(['happiness', 'disgust']);
    expect(await square(page).getAttribute('aria-valuetext')).toBe('valence +0.00, arousal +0.10');
    await press(page, 'Enter');
    await onItem(page, ids[1]);
    expect(
      (await stage.trust.store.reviews.progress([`room-${(rooms - 1).toString()}`], stage.clock.now())).reviewers,
    ).toMatchObject([{ reviewer: 'rita', answers: 1 }]);
  });

  it('survives the browser being killed: what was acknowledged is stored, and half an answer is there again', async () => {
    const { token, ids } = await aRoom(3);
    const profile = await mkdtemp(join(tmpdir(), 'undertone-profile-'));
    onTestFinished(() => rm(profile, { recursive: true, force: true }));
    const open = () => chromium.launchPersistentContext(profile, { executablePath: EXECUTABLE, args: FLAGS });
    const first = await open();
    const page = first.pages()[0] ?? (await first.newPage());
    await page.goto(`${stage.url}/review#token=${await token('rita')}`);
    await onItem(page, ids[0]);
    await idle(page);
    await press(page, '2', 'Enter');
    await onItem(page, ids[1]);
    await idle(page);
    await press(page, '4', '5');
    // The browser writes to its disk by and by.
    await page.waitForTimeout(6000);
    const crash = await first.newPage();
    await crash.goto('chrome://inducebrowsercrashforrealz').catch(() => undefined);
    await first.close().catch(() => undefined);
    expect(await answers(ids[0] ?? '')).toMatchObject([{ labels: ['happiness'] }]);
    const second = await open();
    onTestFinished(() => second.close());
    const again = await second.newPage();
    await again.goto(`${stage.url}/review#token=${await token('rita')}`);
    await onItem(again, ids[1]);
    expect(await pressed(again)).toEqual(['sadness', 'anger']);
  });

  it('is told to be lost where the item went to somebody else, and the next one is there', async () => {
    const { token, ids } = await aRoom(3, { raters: 1 });
    const rita = await sitDown(await token('rita'));
    await onItem(rita, ids[0]);
    await press(rita, '2');
    await ahead(rita);
    stage.clock.forward(200_000);
    const ron = await sitDown(await token('ron'));
    await onItem(ron, ids[0]);
    await press(rita, 'Enter');
    await alert(rita, 'it is not held for you any more; what you had said of it (happiness) was not stored.');
    await rita.locator(`[data-item]:not([data-item="${ids[0] ?? ''}"])`).waitFor();
    expect(await pressed(rita)).toEqual([]);
    await press(ron, '3', 'Enter');
    await ron.locator(`[data-item="${ids[0] ?? ''}"]`).waitFor({ state: 'detached' });
    expect(await answers(ids[0] ?? '')).toMatchObject([{ reviewer: 'ron', labels: ['surprise'] }]);
  });

  it('is sent all the same where the time was up and nobody took the place', async () => {
    const { token, ids } = await aRoom(1);
    const page = await sitDown(await token('rita'));
    await onItem(page, ids[0]);
    await idle(page);
    await press(page, '2');
    stage.clock.forward(200_000);
    await press(page, 'Enter');
    await nothing(page);
    expect(await answers(ids[0] ?? '')).toHaveLength(1);
  });

  it('waits for a server that is away, through a reload too, and is stored once', async () => {
    const { token, ids } = await aRoom(2);
    const page = await sitDown(await token('rita'));
    await onItem(page, ids[0]);
    await idle(page);
    await press(page, '2');
    await ahead(page);
    await stage.fall();
    await press(page, 'Enter');
    await alert(page, 'The server cannot be reached');
    expect(await pressed(page)).toEqual(['happiness']);
    await stage.rise();
    await press(page, 'Enter');
    await onItem(page, ids[1]);
    await expect.poll(() => page.locator('main > .fault').count()).toBe(0);
    expect(await answers(ids[0] ?? '')).toHaveLength(1);
    // Away while the page asks what it still holds.
    await press(page, '3');
    await page.route('**/renewal', (route) => route.abort());
    await page.reload();
    await alert(page, 'The server cannot be reached');
    await page.unroute('**/renewal');
    await onItem(page, ids[1]);
    expect(await pressed(page)).toEqual(['surprise']);
  });

  it('waits for a new token where the old one has ended', async () => {
    const { token, ids } = await aRoom(2);
    const page = await sitDown(await token('rita'));
    await onItem(page, ids[0]);
    await idle(page);
    await press(page, '2', '3');
    // What the server says of an ended token, whatever token the page has.
    const authorization = `Bearer ${await token('rita', 'reviewer', -60)}`;
    await page.route('**/answer', async (route) => {
      const headers = { ...route.request().headers(), authorization };
      await route.fulfill({ response: await route.fetch({ headers }) });
    });
    expect(await pressed(page)).toEqual(['happiness', 'surprise']);
    const sent = page.waitForRequest('**/answer');
    await press(page, 'Enter');
    await sent;
    await alert(page, 'The server does not accept this token: the token has expired');
    await page.unroute('**/answer');
    await page.getByLabel('Paste the token').fill(await token('rita'));
    await press(page, 'Enter');
    await onItem(page, ids[0]);
    expect(await pressed(page)).toEqual(['happiness', 'surprise']);
  });
});

describe('the picture in the documentation', () => {
  // PICTURES=docs/images npm test -- test/clients/review-pages.test.ts renews it.
  it('is of a page that was answered once, and is being answered again', async () => {
    const { token, ids } = await aRoom(2);
    const page = await sitDown(await token('rita'), { viewport: { width: 1120, height: 760 } });
    await onItem(page, ids[0]);
    await idle(page);
    await press(page, '2', 'Enter');
    await page.getByText('You said happiness').waitFor();
    await idle(page);
    await press(page, '2', '3', ...Array.from({ length: 6 }, () => 'ArrowRight'), 'ArrowUp', 'ArrowUp');
    const documented = process.env['PICTURES'];
    // For the eye: the clip somewhere in its middle.
    if (documented !== undefined) await page.waitForTimeout(3500);
    const path = join(documented ?? pages, 'review.png');
    expect((await page.screenshot({ path })).byteLength).toBeGreaterThan(10_000);
  });
});

describe('who may review', () => {
  it('is told apart by the token: a viewer has seen what the model says', async () => {
    const { token } = await aRoom(1);
    const page = await sitDown(await token('vera', 'viewer'));
    await alert(page, 'This is a viewer’s token; this page takes a reviewer’s.');
  });

  it('sees links to other pages only where they may go there', async () => {
    const { token, ids } = await aRoom(1);
    const rita = await sitDown(await token('rita'));
    await onItem(rita, ids[0]);
    expect(await rita.getByRole('navigation').count()).toBe(0);
    const ada = await sitDown(await token('ada', 'admin'));
    await ada.getByRole('link', { name: 'Administration' }).click();
    await ada.getByRole('heading', { name: 'Administration' }).waitFor();
  });

  it('may have any name, and so may what they review: HTML in it is text', async () => {
    const html = '<img src=x onerror="document.title=1">';
    const { token, ids } = await aRoom(2, { participant: '<b>p</b>', segment: html });
    const page = await sitDown(await token(html));
    await onItem(page, ids[0]);
    await page.getByText(`0 answers by ${html}`).waitFor();
    await press(page, '1', 'Enter');
    await onItem(page, ids[1]);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.title()).toBe('Review · Undertone');
  });
});

describe.each([
  ['light', 1440],
  ['dark', 390],
  ['dark', 1440],
  ['light', 390],
] as const)('accessibility, %s, %i px', (colorScheme, width) => {
  it('has no violations in any state, nor a sideways scroll, and all of it is reached by Tab', async () => {
    const { token, ids } = await aRoom(2);
    const page = await sitDown(await token('rita'), {
      colorScheme,
      viewport: { width, height: 900 },
      reducedMotion: 'reduce',
    });
    const check = async () => {
      expect(await violations(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    };
    await page.locator('video').waitFor();
    await check();
    const order: (string | undefined)[] = [];
    for (let i = 0; i < 18; i++) {
      await press(page, 'Tab');
      order.push(
        await page.evaluate(() => {
          const { activeElement: at } = document;
          return at?.getAttribute('aria-label') ?? at?.textContent.trim().slice(0, 20);
        }),
      );
    }
    expect(order[0]).toBe('Skip to the item');
    const keys = ['1neutral', '8contempt', '0 cannot tell', 'Skip S'].map((name) => order.indexOf(name));
    expect(keys).toEqual(keys.toSorted((a, b) => a - b));
    expect(keys).not.toContain(-1);
    await press(page, '2', '3', 'ArrowUp');
    await check();
    await press(page, 'Enter');
    await onItem(page, ids[1]);
    await check();
    await press(page, '0', 'Enter');
    await nothing(page);
    await check();
  });
});
