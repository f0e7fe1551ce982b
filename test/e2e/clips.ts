/** Clips for the cameras and microphones that Chromium pretends to have. */
import { join } from 'node:path';
import { camera, type CameraView, ffmpeg, SAMPLE_CLIP } from '../../scripts/sample-clip.ts';

/** What the participant shows and says. */
export interface ClipOptions {
  /** Default `visible`. */
  readonly face?: CameraView;
  /** False for silence. Default true: the sample clip's words, over and over. */
  readonly speech?: boolean;
  /** Length, seconds; Chromium repeats a clip that ends. Default 14, over which the motion repeats too. */
  readonly seconds?: number;
}

/** Paths for Chromium's `--use-file-for-fake-video-capture` and `--use-file-for-fake-audio-capture`. */
export interface Clip {
  /** Motion JPEG, 640 x 480, 25 pictures a second. */
  readonly video: string;
  /** 16-bit PCM, 48 kHz, mono. */
  readonly audio: string;
}

/**
 * Make a clip in `folder`; needs ffmpeg alone.
 * @example
 * const { video, audio } = await makeClip(folder, { face: 'covered' });
 * const args = [`--use-file-for-fake-video-capture=${video}`, `--use-file-for-fake-audio-capture=${audio}`];
 */
export async function makeClip(folder: string, options: ClipOptions = {}): Promise<Clip> {
  const { face = 'visible', speech = true, seconds = 14 } = options;
  const name = `${face}-${speech ? 'speech' : 'silence'}-${seconds}`;
  const [video, audio] = [join(folder, `${name}.mjpeg`), join(folder, `${name}.wav`)];
  const { input, filter } = camera(face);
  const length = ['-t', seconds.toString()];
  await ffmpeg(...input, ...length, '-vf', filter, '-c:v', 'mjpeg', '-q:v', '3', '-f', 'mjpeg', video);
  const sound = speech
    ? ['-stream_loop', '-1', '-i', SAMPLE_CLIP, '-vn']
    : ['-f', 'lavfi', '-i', 'anullsrc=r=48000:cl=mono'];
  await ffmpeg(...sound, ...length, '-c:a', 'pcm_s16le', '-ar', '48000', '-ac', '1', audio);
  return { video, audio };
}
