/** The whole path, in real browsers: a camera and a microphone in over WebRTC, verdicts out on a dashboard. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeClip } from './clips.ts';
import { MISSING, joinWithCamera, openBrowser, startUndertone, watch } from './undertone.ts';
import type { Undertone } from './undertone.ts';

const PATIENCE = { timeout: 40_000, interval: 200 };

describe.skipIf(MISSING.length > 0)(`live (needs ${MISSING.join(', ') || 'nothing that is missing'})`, () => {
  let folder: string;
  let server: Undertone;
  let viewer: ReturnType<typeof watch>;
  let people: Browser[];
  let ada: Page;
  let bob: Page;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'undertone-clips-'));
    const [visible, covered] = await Promise.all([makeClip(folder), makeClip(folder, { face: 'covered' })]);
    server = await startUndertone();
    viewer = watch(server);
    people = await Promise.all([openBrowser(visible), openBrowser(covered), openBrowser()]);
    const [first, second] = people;
    if (first === undefined || second === undefined) throw new Error('a browser is missing');
    ada = await joinWithCamera(first, server, 'Ada', 'customer');
    bob = await joinWithCamera(second, server, 'Bob', 'participant');
  });

  afterAll(async () => {
    viewer.view.close();
    await Promise.all(people.map((browser) => browser.close()));
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const last = (name: string) => viewer.verdicts(name).at(-1)?.verdict;

  it('accepts the smile of a person who speaks: happiness leads, by voice and face', async () => {
    await expect
      .poll(() => viewer.verdicts('Ada').filter(({ verdict }) => verdict.status === 'accepted').length, PATIENCE)
      .toBeGreaterThanOrEqual(6);
    const accepted = viewer.verdicts('Ada').filter(({ verdict }) => verdict.status === 'accepted');
    const leading = accepted.filter(({ verdict }) => verdict.labels[0] === 'happiness');
    expect(leading.length / accepted.length).toBeGreaterThan(0.7);
    expect(
      accepted.some(({ verdict }) => verdict.modalities.includes('voice') && verdict.modalities.includes('face')),
    ).toBe(true);
  });

  it('numbers the windows of each participant without holes, and gives each one verdict', () => {
    for (const name of ['Ada', 'Bob']) {
      const numbers = viewer.verdicts(name).map(({ seq }) => seq);
      expect(numbers).toEqual(numbers.map((_, i) => (numbers[0] ?? 0) + i));
    }
  });

  it('judges a covered face by the voice alone, and says why the face is missing', async () => {
    await expect.poll(() => last('Bob')?.missing, PATIENCE).toMatchObject({ face: 'no-face' });
    await expect
      .poll(() => viewer.verdicts('Bob').some(({ verdict }) => verdict.modalities.join() === 'voice'), PATIENCE)
      .toBe(true);
  });

  it('says no-face when the voice is muted too', async () => {
    await bob.getByRole('button', { name: 'Mute voice' }).click();
    await expect.poll(() => last('Bob'), PATIENCE).toMatchObject({ status: 'rejected', reason: 'no-face' });
  });

  it('shows both on a dashboard, which looks as it is documented', async () => {
    const browser = people[2];
    if (browser === undefined) throw new Error('a browser is missing');
    // The documentation's pictures are these: PICTURES=docs/images npm test -- test/e2e/live.test.ts renews them.
    const documented = process.env['PICTURES'];
    const pictures = documented ?? join(folder, 'pictures');
    await mkdir(pictures, { recursive: true });
    for (const [name, width, height, colorScheme] of SCREENS) {
      const page = await browser.newPage({ viewport: { width, height }, colorScheme });
      await page.goto(`${server.url}/?room=lobby#token=${server.token}`);
      await page
        .getByText(/Expressed: happiness/)
        .first()
        .waitFor({ timeout: PATIENCE.timeout });
      await page
        .getByText(/No verdict: .*no face/)
        .first()
        .waitFor({ timeout: PATIENCE.timeout });
      // For the eye: a chart with something on it.
      if (documented !== undefined) await page.waitForTimeout(name === 'dashboard' ? 15_000 : 3000);
      const { byteLength } = await page.screenshot({ path: join(pictures, `${name}.png`) });
      expect(byteLength).toBeGreaterThan(10_000);
      await page.close();
    }
  });

  it('abstains at once when consent is withdrawn, and goes on when it is given again', async () => {
    await ada.getByRole('button', { name: 'Withdraw consent' }).click();
    await expect.poll(() => last('Ada')?.reason, PATIENCE).toBe('not-consented');
    expect(last('Ada')).toMatchObject({ probabilities: {}, modalities: [] });
    await ada.getByRole('button', { name: 'Agree again' }).click();
    await expect.poll(() => last('Ada')?.status, PATIENCE).toBe('accepted');
  });

  it('says no-media when microphone and camera are off, and forgets who leaves', async () => {
    await ada.getByRole('button', { name: 'Mute voice' }).click();
    await ada.getByRole('button', { name: 'Hide face' }).click();
    await expect.poll(() => last('Ada')?.reason, PATIENCE).toBe('no-media');
    await ada.getByRole('button', { name: 'Leave the room' }).click();
    await expect
      .poll(() => [...viewer.view.state.participants.values()].map(({ name }) => name), PATIENCE)
      .toEqual(['Bob']);
  });

  it('says no-speech of silence, and goes by the face while there is one', async () => {
    await bob.getByRole('button', { name: 'Leave the room' }).click();
    const silence = await openBrowser(await makeClip(folder, { speech: false }));
    people.push(silence);
    const cleo = await joinWithCamera(silence, server, 'Cleo', 'customer');
    await expect
      .poll(() => last('Cleo'), PATIENCE)
      .toMatchObject({
        status: 'accepted',
        modalities: ['face'],
        missing: { voice: 'no-speech' },
      });
    await cleo.getByRole('button', { name: 'Hide face' }).click();
    await expect.poll(() => last('Cleo'), PATIENCE).toMatchObject({ status: 'rejected', reason: 'no-speech' });
  });
});

const SCREENS = [
  ['dashboard', 1440, 900, 'light'],
  ['dashboard-dark', 1440, 900, 'dark'],
  ['dashboard-phone', 390, 844, 'light'],
  ['dashboard-phone-dark', 390, 844, 'dark'],
] as const;
