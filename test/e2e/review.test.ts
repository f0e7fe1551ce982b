/**
 * The loop, in real browsers: what the monitor rejects goes to two reviewers, what they say becomes a calibration that judges
 * live, and whoever withdraws leaves nothing behind.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiClient } from '../../clients/api.ts';
import type { ApiClient } from '../../clients/api.ts';
import { plantAnswers } from './planted-answers.ts';
import { makeClip } from './clips.ts';
import { MISSING, joinWithCamera, openBrowser, startUndertone, watch } from './undertone.ts';
import type { Undertone } from './undertone.ts';

const PATIENCE = { timeout: 60_000, interval: 250 };

describe.skipIf(MISSING.length > 0)(`review (needs ${MISSING.join(', ') || 'nothing that is missing'})`, () => {
  let folder: string;
  let server: Undertone;
  let admin: ApiClient;
  let viewer: ReturnType<typeof watch>;
  let browsers: Browser[];
  let ada: Page;
  let adaId: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'undertone-review-'));
    const clip = await makeClip(folder);
    await plantAnswers(join(folder, 'data'));
    server = await startUndertone({ UNDERTONE_DATA_DIR: join(folder, 'data') });
    admin = createApiClient({ origin: server.url, authorization: `Bearer ${server.token}` });
    viewer = watch(server);
    browsers = await Promise.all([openBrowser(clip), openBrowser()]);
  }, 240_000);

  afterAll(async () => {
    viewer.view.close();
    await Promise.all(browsers.map((browser) => browser.close()));
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const browser = (i: number): Browser => {
    const found = browsers[i];
    if (found === undefined) throw new Error('a browser is missing');
    return found;
  };
  const verdict = () => viewer.verdicts('Ada').at(-1)?.verdict;

  async function reviewer(name: string): Promise<Page> {
    const { token } = await admin.call('makeToken', { body: { role: 'reviewer', subject: name, ttlSeconds: 3600 } });
    // A context of its own: another person at another machine.
    const page = await (await browser(1).newContext()).newPage();
    await page.goto(`${server.url}/review#token=${token}`);
    return page;
  }

  it('lets the admin say in the browser what the room keeps, and whom people are asked about', async () => {
    const page = await browser(1).newPage();
    await page.goto(`${server.url}/admin#token=${server.token}`);
    await page.getByLabel('Scores', { exact: true }).selectOption('segments');
    await page.getByLabel(/Keep a clip/).check();
    await page.getByLabel(/Accepted ones asked about/).fill('100');
    await page.getByLabel('Reviewers an item').fill('2');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText(/Saved; it holds from now on/).waitFor();
    const { settings } = await admin.call('readSettings', { params: { room: 'lobby' } });
    expect(settings).toMatchObject({ keeping: 'segments', clips: true, review: { auditShare: 1, raters: 2 } });
    await page.close();
  });

  it('makes a review item with a clip of what was judged', async () => {
    ada = await joinWithCamera(browser(0), server, 'Ada', 'customer');
    await expect
      .poll(() => viewer.verdicts('Ada').some(({ verdict: { modalities } }) => modalities.length > 0), PATIENCE)
      .toBe(true);
    adaId = [...viewer.view.state.participants.values()].find(({ name }) => name === 'Ada')?.id ?? '';
    // A segment ends when something else begins: without sound and picture nothing can be judged.
    await ada.getByRole('button', { name: 'Mute voice' }).click();
    await ada.getByRole('button', { name: 'Hide face' }).click();
    await expect.poll(() => verdict()?.reason, PATIENCE).toBe('no-media');
    const own = async () =>
      (await admin.call('listReview', { query: { state: 'open' } })).items.filter(
        ({ participant }) => participant === adaId,
      );
    await expect.poll(async () => (await own()).length, PATIENCE).toBeGreaterThan(0);
  });

  it('lets two reviewers label it blind, by keyboard, and tells the verdict only then', async () => {
    const [rita, ron] = [await reviewer('rita'), await reviewer('ron')];
    for (const page of [rita, ron]) {
      await page.getByRole('heading', { name: 'What do you perceive?' }).waitFor();
      const video = page.locator('video.clip');
      await video.waitFor();
      await expect.poll(() => video.evaluate((clip: HTMLVideoElement) => clip.duration), PATIENCE).toBeGreaterThan(1);
      expect(await page.locator('body').innerText()).not.toMatch(/The model (said|gave)/);
      await page.keyboard.press('2');
      await page.keyboard.press('Enter');
      await page.getByText(/You said happiness\. The model/).waitFor();
    }
    const { items } = await admin.call('listReview', { query: { state: 'done' } });
    const own = items.filter(({ participant }) => participant === adaId);
    expect(own.length).toBeGreaterThan(0);
    const { item, annotations } = await admin.call('reviewItem', { params: { id: own[0]?.id ?? '' } });
    expect(annotations.map(({ reviewer: name, labels }) => [name, labels.join()]).sort()).toEqual([
      ['rita', 'happiness'],
      ['ron', 'happiness'],
    ]);
    expect(item.verdict.endMs - item.verdict.startMs).toBe(3000);
  });

  it('proposes a calibration, and lets the approved one judge live without losing a window', async () => {
    await ada.getByRole('button', { name: 'Hide face' }).click();
    await ada.getByRole('button', { name: 'Mute voice' }).click();
    await expect.poll(() => verdict()?.modalities.length, PATIENCE).toBeGreaterThan(0);
    expect(verdict()?.calibration).toBeNull();
    const page = await browser(1).newPage();
    await page.goto(`${server.url}/admin#token=${server.token}`);
    await page.getByRole('link', { name: 'Calibration' }).click();
    await page.getByRole('button', { name: 'Propose a calibration' }).click();
    await page.getByText(/proposed, waits for you/).waitFor({ timeout: PATIENCE.timeout });
    expect(verdict()?.calibration).toBeNull();
    await page.getByRole('button', { name: 'Approve: let it judge' }).click();
    await page.getByText(/judges with calibration/).waitFor();
    const { active } = await admin.call('calibrations', {});
    await expect.poll(() => verdict()?.calibration, PATIENCE).toBe(active);
    await page.getByRole('button', { name: /Roll back/ }).click();
    await expect.poll(() => verdict()?.calibration, PATIENCE).toBeNull();
    const numbers = viewer.verdicts('Ada').map(({ seq }) => seq);
    expect(numbers).toEqual(numbers.map((_, i) => (numbers[0] ?? 0) + i));
    await page.close();
  });

  it('deletes what is kept of whoever withdraws, and gives a receipt', async () => {
    const params = { room: 'lobby', participant: adaId };
    const before = await admin.call('exportPerson', { params });
    expect(JSON.stringify(before)).toContain('happiness');
    await ada.getByRole('button', { name: 'Withdraw consent' }).click();
    await expect.poll(() => verdict()?.reason, PATIENCE).toBe('not-consented');
    const kept = async () =>
      (await admin.call('listReview', { query: { limit: 500 } })).items.filter(
        ({ participant }) => participant === adaId,
      );
    await expect.poll(kept, PATIENCE).toEqual([]);
    expect(JSON.stringify(await admin.call('exportPerson', { params }))).not.toContain('happiness');
    const { consents } = await admin.call('consents', { params });
    expect(consents.map(({ granted }) => granted)).toEqual([false, true]);
    const { brokenAt } = await admin.call('verifyAudit', {});
    expect(brokenAt).toBeNull();
  });
});
