/** The second door of a running server: a camera that streams, and goes away. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SAMPLE_CLIP } from '../../scripts/sample-clip.ts';
import { MISSING, freePort, startUndertone, watch } from './undertone.ts';
import type { Undertone } from './undertone.ts';

const PATIENCE = { timeout: 60_000, interval: 200 };
const FFMPEG = process.env['UNDERTONE_FFMPEG'] ?? 'ffmpeg';

/** Waits for one viewer on `url` and sends the sample clip to it, over and over, at the speed of time. */
function startCamera(url: string): ChildProcess {
  const input = ['-nostdin', '-loglevel', 'error', '-re', '-stream_loop', '-1', '-i', SAMPLE_CLIP];
  const picture = [
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-tune',
    'zerolatency',
    '-g',
    '25',
    '-pix_fmt',
    'yuv420p',
  ];
  return spawn(FFMPEG, [...input, ...picture, '-c:a', 'aac', '-ar', '44100', '-f', 'flv', '-listen', '1', url]);
}

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
