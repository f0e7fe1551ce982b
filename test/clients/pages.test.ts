/** The built pages in a real browser: what they say, by eye, keyboard and screen reader. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { PATIENCE_MS, buildPages, launch, violations } from './browser.ts';
import { judgeMinute, NO_FACE, NO_SPEECH } from './moods.ts';
import type { Mood } from './moods.ts';
import { LADDERS, openStage, RECEIPT, TERMS, TOKEN } from './stage.ts';
import type { Actor, Stage } from './stage.ts';

const MOOD: Mood = { lead: 'happiness', second: 'surprise', phase: 0, rejected: [] };
const HAPPY = { happiness: 0.81, surprise: 0.34, neutral: 0.1 };

let browser: Browser;
let pages: string;

beforeAll(async () => {
  pages = await mkdtemp(join(tmpdir(), 'undertone-pages-'));
  [browser] = await Promise.all([launch(), buildPages(pages)]);
});
afterAll(async () => {
  await browser.close();
  await rm(pages, { recursive: true, force: true });
});

interface Visit {
  readonly path?: string;
  readonly token?: string | null;
  readonly options?: BrowserContextOptions;
  /** The pack's reject rules. Default none. */
  readonly reject?: typeof LADDERS;
}

/** A stage, and a page on it; whatever the browser complains of fails the test. */
async function visit(
  set: (stage: Stage) => void,
  { path = '/?room=lobby', token = TOKEN, options = {}, reject }: Visit = {},
) {
  const stage = await openStage({ pages, ...(reject && { reject }) });
  set(stage);
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  onTestFinished(async () => {
    await context.close();
    await stage.close();
    expect(complaints.filter((text) => !text.includes('WebSocket'))).toEqual([]);
  });
  await page.goto(`${stage.url}${path}${token === null ? '' : `#token=${token}`}`);
  return { stage, page };
}

function happyAda(stage: Stage): Actor {
  const ada = stage.join('Ada', { role: 'customer' });
  judgeMinute(ada, MOOD);
  ada.judge(HAPPY);
  return ada;
}

const card = (page: Page, name: string) => page.getByRole('article', { name });
const says = (page: Page, name: string, text: string | RegExp) =>
  card(page, name).locator('.headline', { hasText: text }).waitFor();

describe('the build', () => {
  /** What each page may take on its way, zipped, kB: all that its HTML names. */
  const BUDGETS = { dashboard: 95, publisher: 105, review: 65, admin: 70, consent: 60, 'api-page': 50, tokens: 5 };

  it.each(Object.entries(BUDGETS))(
    'of %s is small, and asks nobody but its own server for anything',
    async (name, kB) => {
      const html = await readFile(join(pages, name, 'index.html'), 'utf8');
      expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
      expect(html).not.toMatch(/ style=|<style/);
      const files = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(([, file]) => file ?? '');
      const sizes = await Promise.all(files.map(async (file) => gzipSync(await readFile(join(pages, file))).length));
      expect(sizes.reduce((sum, size) => sum + size, gzipSync(html).length)).toBeLessThan(kB * 1000);
    },
  );

  it('has a budget for every page', async () => {
    const files = await readdir(pages, { recursive: true });
    const built = files.filter((file) => file.endsWith('/index.html')).map((file) => file.split('/')[0]);
    expect(built.sort()).toEqual(Object.keys(BUDGETS).sort());
  });
});

describe('the dashboard', () => {
  it('shows a verdict as a sentence with two-digit numbers, and the chart in words', async () => {
    const { page } = await visit(happyAda);
    await says(page, 'Ada', 'Expressed: happiness 0.81 surprise 0.34');
    expect(await card(page, 'Ada').locator('.aside').textContent()).toBe('sure enough');
    expect(await card(page, 'Ada').getByRole('img').getAttribute('aria-label')).toMatch(/happiness up to 0\.\d\d/);
    expect(await page.title()).toBe('lobby · Undertone');
  });

  it('draws the lines in the colours of their labels', async () => {
    const { page } = await visit(happyAda);
    await says(page, 'Ada', 'Expressed');
    const orange = () =>
      page.evaluate(() => {
        const canvas = document.querySelector('canvas');
        const data = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
        let found = 0;
        for (let i = 0; i < data.length; i += 4)
          if (data[i] === 230 && data[i + 1] === 159 && data[i + 2] === 0) found++;
        return found;
      });
    await expect.poll(orange).toBeGreaterThan(100);
  });

  it('says why there is no verdict in the same place, and comes back', async () => {
    let ada: Actor | undefined;
    const { page } = await visit((stage) => (ada = happyAda(stage)));
    await says(page, 'Ada', 'Expressed');
    const before = await card(page, 'Ada').boundingBox();
    ada?.judge({}, NO_FACE);
    await says(page, 'Ada', 'No verdict: no face in view');
    expect(await card(page, 'Ada').boundingBox()).toEqual(before);
    ada?.judge(HAPPY);
    await says(page, 'Ada', 'Expressed: happiness 0.81');
  });

  it('names a missing modality in small print', async () => {
    const { page } = await visit((stage) => happyAda(stage).judge(HAPPY, { missing: { voice: 'no-speech' } }));
    await says(page, 'Ada', 'Expressed');
    await card(page, 'Ada').getByText('voice: no speech', { exact: true }).waitFor();
  });

  it('says since when the state is unknown, greys, and recovers without a reload', async () => {
    const { page, stage } = await visit(happyAda);
    await says(page, 'Ada', 'Expressed');
    stage.fall();
    await says(page, 'Ada', /^State unknown since \d\d:\d\d:\d\d$/);
    expect(await card(page, 'Ada').getAttribute('data-kind')).toBe('unknown');
    await page.getByText('disconnected, trying again').waitFor();
    stage.rise();
    await page.getByText('live, 1 participant').waitFor();
    await says(page, 'Ada', 'Expressed');
  });

  it('shows no more than the reason without consent', async () => {
    const { page } = await visit((stage) => stage.join('Bob', { consented: false }));
    await says(page, 'Bob', 'No consent: nothing is analysed');
    expect(await card(page, 'Bob').locator('canvas, .senses, .lag').count()).toBe(0);
  });

  it('follows a participant who is lost, comes back, and leaves', async () => {
    let ada: Actor | undefined;
    const { page } = await visit((stage) => (ada = happyAda(stage)));
    await says(page, 'Ada', 'Expressed');
    ada?.become({ connected: false });
    await card(page, 'Ada').getByText('connection lost, may come back', { exact: true }).waitFor();
    ada?.become({ connected: true, microphone: 'muted', camera: 'off' });
    await says(page, 'Ada', 'No verdict: voice muted, face off');
    ada?.leave();
    await says(page, 'Ada', /^Left at /);
    await card(page, 'Ada').waitFor({ state: 'detached' });
  });

  it('says in an empty room what to do next', async () => {
    const { page } = await visit(() => undefined);
    await page.getByRole('heading', { name: 'Nobody is in the room yet' }).waitFor();
    const hrefs = await page
      .getByRole('navigation', { name: 'Join' })
      .getByRole('link')
      .evaluateAll((links) => links.map((link) => link.getAttribute('href')));
    expect(hrefs).toEqual(['/join?room=lobby', '/join?room=lobby&sample']);
  });

  it('holds the charts with F or space, goes back with an arrow, and returns with Escape', async () => {
    const { page } = await visit(happyAda);
    await says(page, 'Ada', 'Expressed');
    const freeze = page.getByRole('button', { name: 'Freeze' });
    for (const key of ['f', ' ', 'ArrowLeft']) {
      await page.keyboard.press(key);
      expect(await freeze.getAttribute('aria-pressed')).toBe('true');
      await page.getByText(/^held at \d\d:\d\d:\d\d$/).waitFor();
      await page.keyboard.press('Escape');
      expect(await freeze.getAttribute('aria-pressed')).toBe('false');
    }
  });

  it('goes back when a chart is dragged', async () => {
    const { page } = await visit(happyAda);
    await says(page, 'Ada', 'Expressed');
    const box = await card(page, 'Ada').getByRole('img').boundingBox();
    if (box === null) throw new Error('the chart is not on the page');
    await page.mouse.move(box.x + 200, box.y + 60);
    await page.mouse.down();
    await page.mouse.move(box.x + 400, box.y + 60, { steps: 4 });
    await page.mouse.up();
    await page.getByText(/^held at/).waitFor();
  });

  it('is reached by keyboard, first of all by a link past the header', async () => {
    const { page } = await visit(happyAda);
    await says(page, 'Ada', 'Expressed');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the participants');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
  });
});

describe('the token', () => {
  it('leaves the address, and survives a reload', async () => {
    const { page } = await visit(happyAda);
    await says(page, 'Ada', 'Expressed');
    expect(page.url()).not.toContain(TOKEN);
    await page.reload();
    await says(page, 'Ada', 'Expressed');
  });

  it('is asked for when there is none', async () => {
    const { page } = await visit(happyAda, { token: null });
    await page.getByLabel('Paste the token that the server printed at start').fill(TOKEN);
    await page.keyboard.press('Enter');
    await says(page, 'Ada', 'Expressed');
  });

  it('is asked for again when it is not accepted', async () => {
    const { page } = await visit(happyAda, { token: 'not-the-token' });
    await page.getByRole('alert').getByText('The server does not accept this token').waitFor();
    await page.getByLabel('Paste the token').fill(TOKEN);
    await page.getByRole('button', { name: 'Continue' }).click();
    await says(page, 'Ada', 'Expressed');
  });
});

describe('the page to join with', () => {
  const camera = { path: '/join?room=lobby', options: { permissions: ['camera', 'microphone'] } };
  const sent = (stage: Stage, type: string) => stage.asked.filter((request) => request.type === type);

  async function joinAsAda(page: Page) {
    await page.getByLabel('Your name').fill('Ada');
    await page.getByLabel('I agree').check();
    await page.getByRole('button', { name: 'Join with camera' }).click();
    await page.getByRole('button', { name: 'Withdraw consent' }).waitFor();
  }

  it('does not join without consent', async () => {
    const { page, stage } = await visit(() => undefined, camera);
    await page.getByLabel('Your name').fill('Ada');
    await page.getByRole('button', { name: 'Join with camera' }).click();
    expect(await page.getByLabel('I agree').evaluate((box: HTMLInputElement) => box.validity.valueMissing)).toBe(true);
    expect(sent(stage, 'join')).toEqual([]);
  });

  it('publishes voice and face, mutes, withdraws and leaves', async () => {
    const { page, stage } = await visit(() => undefined, camera);
    await joinAsAda(page);
    await expect.poll(() => sent(stage, 'produce')).toMatchObject([{ kind: 'audio' }, { kind: 'video' }]);
    expect(sent(stage, 'join')).toMatchObject([
      { room: 'lobby', name: 'Ada', role: 'participant', consent: true, textVersion: TERMS.consent.version },
    ]);
    await page.getByRole('button', { name: 'Mute voice' }).click();
    await expect
      .poll(() => sent(stage, 'set-track'))
      .toContainEqual(expect.objectContaining({ kind: 'audio', state: 'muted' }));
    await page.getByRole('button', { name: 'Withdraw consent' }).click();
    await page.getByRole('heading', { name: 'Not analysed: nothing is sent' }).waitFor();
    await expect.poll(() => sent(stage, 'consent')).toMatchObject([{ granted: false }]);
    await page.getByText('31 stretches of numbers, 2 clips').waitFor();
    await page.getByText(RECEIPT.kept[0] ?? '').waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save the receipt' }).click();
    expect(JSON.parse(await readFile(await (await download).path(), 'utf8'))).toEqual(RECEIPT);
    await page.getByText('What you agree to when you agree again').click();
    await page.getByText('The numbers are kept for 30 days.').waitFor();
    await page.getByRole('button', { name: 'Agree again' }).click();
    await page.getByRole('heading', { name: /being analysed|will be analysed/ }).waitFor();
    await expect
      .poll(() => sent(stage, 'consent'))
      .toMatchObject([{ granted: false }, { granted: true, textVersion: TERMS.consent.version }]);
    await page.getByRole('button', { name: 'Leave the room' }).click();
    await expect.poll(() => sent(stage, 'leave')).toHaveLength(1);
    await page.getByRole('heading', { name: 'Join room lobby' }).waitFor();
  });

  it('comes back as the same participant after the connection is lost, and not analysed if withdrawn meanwhile', async () => {
    const { page, stage } = await visit(() => undefined, camera);
    await joinAsAda(page);
    await expect.poll(() => sent(stage, 'produce')).toHaveLength(2);
    stage.fall();
    await page.getByText('Connection lost; trying again.').waitFor();
    await page.getByRole('button', { name: 'Withdraw consent' }).click();
    await expect.poll(() => sent(stage, 'withdrawal by Participant a-key')).toHaveLength(1);
    stage.rise();
    await expect
      .poll(() => sent(stage, 'join'))
      .toMatchObject([{}, { consent: false, resume: { participant: 'p-browser', key: 'a-key' } }]);
    await page.getByRole('heading', { name: 'Receipt of your withdrawal' }).waitFor();
  });

  it('says what the room is for and what it keeps, before and while somebody is analysed', async () => {
    const { page } = await visit(() => undefined, camera);
    await page.getByText('This room is for a call with a customer.').waitFor();
    await page.getByText('The numbers are kept for 30 days.').waitFor();
    await joinAsAda(page);
    await page.getByText('Your voice and face are analysed for a call with a customer.').waitFor();
    await page.getByText('This room keeps the numbers for 30 days, short clips for 7 days.').waitFor();
    const link = page.getByRole('link', { name: 'See what is kept of you' });
    expect(await link.getAttribute('href')).toMatch(/\/consent#room=lobby&participant=p-browser&key=a-key$/);
  });

  it('tells whom the law protects why they are not analysed, and lets them join without', async () => {
    const { page, stage } = await visit(() => undefined, camera);
    await page.getByLabel('Your name').fill('Bob');
    await page.getByLabel('Your part').selectOption('agent');
    await page.getByText('forbidden to analyse people at work').waitFor();
    expect(await page.getByLabel('I agree').count()).toBe(0);
    expect(await page.getByLabel('Your part').locator('option').allInnerTexts()).toEqual([
      'participant',
      'agent (not analysed)',
    ]);
    await page.getByRole('button', { name: 'Join without being analysed' }).click();
    await page.getByRole('heading', { name: 'Not analysed: nothing is sent' }).waitFor();
    await expect.poll(() => sent(stage, 'join')).toMatchObject([{ role: 'agent', consent: false }]);
    expect(sent(stage, 'produce')).toEqual([]);
    expect(await page.getByRole('button', { name: 'Agree again' }).count()).toBe(0);
  });

  it('says what to do when the camera is refused, and offers the clip', async () => {
    const { page } = await visit(() => undefined, camera);
    await page.evaluate(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
    });
    await page.getByLabel('Your name').fill('Ada');
    await page.getByLabel('I agree').check();
    await page.getByRole('button', { name: 'Join with camera' }).click();
    await page.getByRole('alert').getByText('Allow them beside the address').waitFor();
    await page.getByLabel('the sample clip').check();
    await page.getByRole('button', { name: 'Join with the sample clip' }).waitFor();
  });
});

describe.each([
  ['light', 1440],
  ['dark', 1440],
  ['light', 390],
  ['dark', 390],
] as const)('accessibility, %s, %i px', (colorScheme, width) => {
  const options = { colorScheme, viewport: { width, height: 900 } };

  it('has no violations in a room of people in every state, nor a sideways scroll', async () => {
    const everyState = (stage: Stage) => {
      happyAda(stage);
      stage.join('Bob', { consented: false });
      stage.join('Cy').judge({}, NO_SPEECH);
      stage.join('Di', { connected: false });
      stage.join('Francisca Aurélia de Vasconcelos e Albuquerque', {
        role: 'a rather long part to play',
        microphone: 'muted',
      });
    };
    const { page } = await visit(everyState, { options });
    await says(page, 'Ada', 'Expressed');
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
  });

  it('has no violations in an empty room, at the sign-in, at the form to join with, and while live', async () => {
    const { page, stage } = await visit(() => undefined, {
      options: { ...options, permissions: ['camera', 'microphone'] },
    });
    await page.getByRole('heading', { name: 'Nobody is in the room yet' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.goto(`${stage.url}/join?room=lobby`);
    await page.getByLabel('Your name').fill('Ada');
    expect(await violations(page)).toEqual([]);
    await page.getByLabel('I agree').check();
    await page.getByRole('button', { name: 'Join with camera' }).click();
    await page.getByRole('button', { name: 'Withdraw consent' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.evaluate(() => sessionStorage.clear());
    await page.reload();
    await page.getByLabel('Paste the token').waitFor();
    expect(await violations(page)).toEqual([]);
  });
});

describe('a busy host', () => {
  it('says how often people are judged while it is busy, draws no false gaps, and is silent when it keeps up', async () => {
    let ada: Actor | undefined;
    const { page, stage } = await visit((begun) => {
      ada = begun.join('Ada');
      const bob = begun.join('Bob');
      // A minute at a hop of three seconds; of Bob one window in two is judged.
      for (let i = 20; i >= 0; i--) {
        const at = { agoMs: 150 + 3000 * i };
        ada.judge({ happiness: 0.6 + 0.2 * Math.sin(i) }, at);
        bob.judge(i % 2 === 1 ? HAPPY : {}, i % 2 === 1 ? at : { ...at, reject: 'overload' });
      }
      begun.fallBack({ hopMs: 3000, oneIn: 2 });
    });
    const busy = page.locator('.busy');
    await busy.waitFor();
    expect(await busy.textContent()).toBe('The host is busy: a window every 3 s, 1 of 2 judged');
    await says(page, 'Ada', 'Expressed');
    await says(page, 'Bob', 'No verdict: skipped, the host could not keep up');
    await card(page, 'Bob').getByText('3 s before: happiness').waitFor();
    // Ada's verdicts are three seconds apart and nothing is missing between them.
    expect(await card(page, 'Ada').locator('.charts').getAttribute('aria-label')).not.toMatch(/no verdict for/);
    expect(await violations(page)).toEqual([]);
    if (process.env['LOOK']) {
      await page.waitForTimeout(1500);
      await page.screenshot({ path: join(process.env['LOOK'], 'busy.png') });
    }
    stage.fallBack({ hopMs: 500, oneIn: 1 });
    await busy.waitFor({ state: 'detached' });
  });
});

describe('what raters would perceive beyond labels', () => {
  it('is shown beside the chart and as a band below it, and told to those who cannot see it', async () => {
    const { page } = await visit((stage) => {
      happyAda(stage);
    });
    const panel = card(page, 'Ada').getByRole('figure');
    await panel.locator('circle').first().waitFor();
    expect(await panel.locator('circle').count()).toBe(16);
    expect(await panel.getAttribute('aria-label')).toMatch(
      /^Derived: valence \+0\.\d\d, from [−+]\d\.\d\d to \+\d\.\d\d; arousal .*; raters split 0\.\d\d$/,
    );
    // Raters who would choose happiness place it at the right, the pleasant half.
    const half = (right: boolean) =>
      panel
        .locator('circle')
        .evaluateAll(
          (dots, pleasant) =>
            dots
              .filter((dot) => Number(dot.getAttribute('cx')) > 40 === pleasant)
              .reduce((sum, dot) => sum + Number(dot.getAttribute('r')) ** 2, 0),
          right,
        );
    expect(await half(true)).toBeGreaterThan(2 * (await half(false)));
    await expect
      .poll(() =>
        card(page, 'Ada')
          .locator('.lane canvas')
          .evaluate((canvas: HTMLCanvasElement) => {
            const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
            return data.filter((_, i) => i % 4 === 3 && data[i] !== 0).length / (canvas.width * canvas.height);
          }),
      )
      .toBeGreaterThan(0.1);
    if (process.env['LOOK']) await page.screenshot({ path: join(process.env['LOOK'], 'perception.png') });
  });

  it('is nothing where nothing was judged', async () => {
    const { page } = await visit((stage) => {
      stage.join('Ada').judge({}, { reject: 'no-media' });
    });
    const panel = card(page, 'Ada').getByRole('figure');
    await says(page, 'Ada', 'No verdict');
    expect(await panel.getAttribute('aria-label')).toBe('No valence and arousal');
    expect(await panel.locator('circle').count()).toBe(0);
  });
});

describe('the slider of accepted error', () => {
  const slider = (page: Page) => page.getByRole('slider', { name: 'Wrong among accepted, at most' });
  const status = (page: Page) => page.getByRole('region', { name: 'Accepted error' }).getByRole('status');
  /** 120 windows of a wave between 0.3 and 0.94, and one at 0.81. */
  const laddered = { reject: LADDERS };

  it('is not there where the pack promises nothing else, and the page says what would', async () => {
    const { page } = await visit(happyAda);
    await says(page, 'Ada', 'Expressed');
    expect(await slider(page).count()).toBe(0);
    await page.getByText('undertone reject fit', { exact: false }).waitFor();
  });

  it('stands at the room’s rule, and says what it accepted of what was seen', async () => {
    const { page } = await visit(happyAda, laddered);
    await says(page, 'Ada', 'Expressed');
    expect(await slider(page).getAttribute('aria-valuetext')).toBe(
      'at most 10 % of accepted verdicts wrong, the room’s own rule',
    );
    expect(await status(page).textContent()).toBe('Shown as the room decides: at 10 %');
    await card(page, 'Ada')
      .getByText(/^\d\d % of 121 judged windows accepted at 10 %$/)
      .waitFor();
  });

  it('shows headline, chart and shares by its limit, by keyboard, and comes back to the room', async () => {
    const { page } = await visit(happyAda, laddered);
    await says(page, 'Ada', 'Expressed: happiness 0.81');
    const chart = card(page, 'Ada').getByRole('img');
    const before = await chart.getAttribute('aria-label');
    await slider(page).focus();
    await page.keyboard.press('Home');
    await says(page, 'Ada', 'No verdict: not sure enough at 3 %');
    expect(await slider(page).getAttribute('aria-valuetext')).toBe('at most 3 % of accepted verdicts wrong');
    expect(await status(page).textContent()).toBe('Shown here at 3 %; the room decides at 10 %');
    await card(page, 'Ada').getByText('the room decides: happiness', { exact: false }).waitFor();
    await card(page, 'Ada')
      .getByText(/^\d{1,2} % of 121 judged windows accepted at 3 %$/)
      .waitFor();
    await expect.poll(() => chart.getAttribute('aria-label')).not.toBe(before);
    await page.keyboard.press('ArrowRight');
    await says(page, 'Ada', 'Expressed: happiness 0.81');
    expect(await card(page, 'Ada').locator('.aside').textContent()).toBe('sure enough at 5 %');
    // an arrow on the slider does not move time
    expect(await page.getByText(/^held at/).count()).toBe(0);
    await page.getByRole('button', { name: 'As the room' }).click();
    expect(await status(page).textContent()).toBe('Shown as the room decides: at 10 %');
  });

  it('accepts more the further it goes, up to all that has something to say', async () => {
    const { page } = await visit(happyAda, laddered);
    await says(page, 'Ada', 'Expressed');
    await slider(page).focus();
    await page.keyboard.press('Home');
    const shares: number[] = [];
    for (const step of ['3 %', '5 %', '10 %', '15 %', '20 %']) {
      const line = card(page, 'Ada').getByText(new RegExp(`judged windows accepted at ${step}$`));
      shares.push(Number.parseInt((await line.textContent()) ?? '', 10));
      await page.keyboard.press('ArrowRight');
    }
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(new Set(shares).size).toBeGreaterThan(3);
  });

  it('counts over everyone, those who left among them, and forgets who withdrew consent', async () => {
    const actors: Actor[] = [];
    const { page } = await visit((stage) => {
      actors.push(happyAda(stage), stage.join('Bob'), stage.join('Cy'));
      actors[1]?.judge(HAPPY);
      actors[2]?.judge(HAPPY);
    }, laddered);
    const total = page.getByRole('region', { name: 'Accepted error' });
    await total.getByText('of 123 judged windows').waitFor();
    actors[1]?.become({ consented: false });
    await total.getByText('of 122 judged windows').waitFor();
    actors[2]?.leave();
    await card(page, 'Cy').waitFor({ state: 'detached' });
    await total.getByText('of 122 judged windows').waitFor();
  });

  it('leaves what has no promise as the room decides, and says so', async () => {
    const { page } = await visit((stage) => {
      happyAda(stage).judge(HAPPY, { missing: { face: 'off' } });
    }, laddered);
    await says(page, 'Ada', 'Expressed');
    await slider(page).press('Home');
    await page.getByText('1 more judged without a promise (voice alone): shown as the room decides').waitFor();
    await card(page, 'Ada').getByText('no limit is promised here: as the room decides', { exact: false }).waitFor();
    await says(page, 'Ada', 'Expressed: happiness 0.81');
  });

  it('is where it was after a reload', async () => {
    const { page } = await visit(happyAda, laddered);
    await slider(page).press('End');
    await page.reload();
    await slider(page).waitFor();
    expect(await slider(page).getAttribute('aria-valuetext')).toBe('at most 20 % of accepted verdicts wrong');
  });

  it.each([
    ['light', 1440],
    ['dark', 1440],
    ['light', 390],
    ['dark', 390],
  ] as const)('has no violations and moves nothing when it is moved, %s, %i px', async (colorScheme, width) => {
    const options = { colorScheme, viewport: { width, height: 1200 } };
    const { page } = await visit(
      (stage) => {
        happyAda(stage);
        stage.join('Bob', { role: 'agent' }).judge(HAPPY, { missing: { face: 'off' } });
      },
      { ...laddered, options },
    );
    await says(page, 'Ada', 'Expressed');
    const places = () =>
      page.locator('.limit, .card, .card .charts').evaluateAll((all) =>
        all.map((one) => {
          const { left, top, width: wide } = one.getBoundingClientRect();
          return [left, top, wide];
        }),
      );
    await page.getByText('1 more judged without a promise').waitFor();
    const before = await places();
    await slider(page).press('Home');
    await says(page, 'Ada', 'No verdict: not sure enough at 3 %');
    expect(await places()).toEqual(before);
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    const look = process.env['LOOK_LIMIT'];
    if (look !== undefined) {
      await page.waitForTimeout(400);
      await page.screenshot({ path: join(look, `${colorScheme}-${width}-3.png`), fullPage: true });
      await slider(page).press('End');
      await page.waitForTimeout(400);
      await page.screenshot({ path: join(look, `${colorScheme}-${width}-20.png`), fullPage: true });
    }
  });
});
