/**
 * Makes the sample clip that the join page offers: `node scripts/make-sample-clip.ts`. Needs ffmpeg with libvpx and
 * libopus, and espeak-ng. The result is committed; run this only to change it.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { camera, ffmpeg, SAMPLE_CLIP, SAMPLE_SECONDS } from './sample-clip.ts';

const MAX_BYTES = 700_000;

const SPEECH = `<speak>
  Good morning, everyone! <break time="350ms"/>
  It is so good to see you all. <break time="500ms"/>
  We had a wonderful flight, and the view up there was simply amazing. <break time="500ms"/>
  Thank you so much for being here. <break time="300ms"/>
  This really is the best day of my life!
</speak>`;

const folder = await mkdtemp(join(tmpdir(), 'undertone-clip-'));
try {
  const speech = join(folder, 'speech.wav');
  await promisify(execFile)('espeak-ng', ['-v', 'en-us+f3', '-m', '-s', '175', '-p', '62', '-w', speech, SPEECH]);
  const { input, filter } = camera('visible');
  await ffmpeg(
    ...[...input, '-i', speech, '-t', SAMPLE_SECONDS.toString(), '-vf', filter, '-af', 'apad'],
    ...['-c:v', 'libvpx', '-b:v', '270k', '-g', '50', '-deadline', 'good', '-cpu-used', '0', '-pix_fmt', 'yuv420p'],
    ...['-c:a', 'libopus', '-b:a', '32k', '-ac', '1', '-ar', '48000'],
    ...['-metadata', 'comment=Portrait: NASA, public domain. Speech: eSpeak NG.', SAMPLE_CLIP],
  );
  const { size } = await stat(SAMPLE_CLIP);
  if (size > MAX_BYTES) throw new Error(`${SAMPLE_CLIP} has ${size} bytes, more than ${MAX_BYTES}: lower its bit rate`);
  process.stdout.write(`${SAMPLE_CLIP}: ${size} bytes\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
