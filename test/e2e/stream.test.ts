/** The second door of a running server: a camera that streams, and goes away. */
import type { ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCamera } from './camera.ts';
import { MISSING, freePort, startUndertone, watch } from './undertone.ts';
import type { Undertone } from './undertone.ts';

const PATIENCE = { timeout: 60_000, interval: 200 };

describe.skipIf(MISSING.length > 0)(`a stream (needs ${MISSING.join(', ') || 'nothing that is missing'})`, () => {
  let camera: ChildProcess;
  let server: Undertone;
  let viewer: ReturnType<typeof watch>;

  beforeAll(async () => {
    const url = `rtmp://127.0.0.1:${(await freePort()).toString()}/live/door`;
    camera = startCamera(url);
    server = await startUndertone({ UNDERTONE_SOURCES: `lobby/door=${url}` });
    viewer = watch(server);
  });

  afterAll(async () => {
    camera.kill('SIGKILL');
    viewer.view.close();
    await server.stop();
  });

  it('takes part in its room like a person who joined', async () => {
    await expect
      .poll(() => viewer.verdicts('door').some(({ verdict }) => verdict.labels[0] === 'happiness'), PATIENCE)
      .toBe(true);
    expect(viewer.view.state.participants.get('door')).toMatchObject({ role: 'stream', camera: 'live' });
  });

  it('stays in the room when the camera goes away, and says that nothing arrives', async () => {
    camera.kill('SIGKILL');
    await expect.poll(() => viewer.verdicts('door').at(-1)?.verdict.reason, PATIENCE).toBe('no-media');
    expect(viewer.view.state.participants.get('door')).toMatchObject({ camera: 'off' });
  });
});
