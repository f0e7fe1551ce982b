/**
 * What a webcam would see and a microphone hear, made from one picture by ffmpeg: for the sample clip that ships, and for
 * the cameras that tests give to browsers.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const root = fileURLToPath(new URL('..', import.meta.url));

/** Eileen Collins, photographed by NASA; public domain. */
const PORTRAIT = join(root, 'test/fixtures/faces/astronaut.png');

/** The clip that ships: VP8 and Opus, 640 x 480, 14 s, the last 2 s silent; its end meets its beginning. */
export const SAMPLE_CLIP = join(root, 'clients/publisher/public/sample.webm');

/** Length of the sample clip, seconds; the motion repeats with it. */
export const SAMPLE_SECONDS = 14;

/** What the camera sees. */
export type CameraView = 'visible' | 'covered' | 'none';

/** Made for one run of ffmpeg: an input and the filter that turns it into 640 x 480 pictures, 25 a second. */
export interface Camera {
  readonly input: readonly string[];
  readonly filter: string;
}

/**
 * The portrait, as somebody sits before a webcam: it sways, nods and leans a little, the face about 180 px wide.
 * `covered`: a sheet of paper is held before the face. `none`: nobody is there.
 */
export function camera(view: CameraView): Camera {
  const input = ['-loop', '1', '-framerate', '25', '-i', PORTRAIT];
  if (view === 'none') return { input, filter: 'crop=96:72:290:20,scale=640:480,gblur=sigma=12,format=yuv420p' };
  const wave = (amplitude: number, cycles: number) => `${amplitude}*sin(2*PI*${cycles}*on/${25 * SAMPLE_SECONDS})`;
  const scale = 5;
  const zoom = `(1.5+${wave(0.03, 2)})`;
  return {
    input,
    filter: [
      'crop=512:384:0:0',
      `rotate=a='0.02*sin(2*PI*3*t/${SAMPLE_SECONDS})':bilinear=1`,
      // Enlarged first: zoompan moves by whole pixels of its input.
      `scale=${512 * scale}:${384 * scale}:flags=bilinear`,
      `zoompan=z='${zoom}':x='(225+${wave(7, 1)})*${scale}-iw/zoom/2':y='(142+${wave(3, 4)})*${scale}-ih/zoom/2':d=1:s=640x480:fps=25`,
      ...(view === 'covered' ? ['drawbox=x=170:y=30:w=300:h=390:color=0xd8d4c8:t=fill'] : []),
      'format=yuv420p',
    ].join(','),
  };
}

/** Run ffmpeg, overwriting its output; its last words are in the error. */
export async function ffmpeg(...args: readonly string[]): Promise<void> {
  await run('ffmpeg', ['-nostdin', '-hide_banner', '-loglevel', 'error', '-y', ...args]);
}
