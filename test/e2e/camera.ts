/** A camera that streams: the sample clip, over and over, at the speed of time. */
import { type ChildProcess, spawn } from 'node:child_process';
import { SAMPLE_CLIP } from '../../scripts/sample-clip.ts';

const FFMPEG = process.env['UNDERTONE_FFMPEG'] ?? 'ffmpeg';

/** Waits for one viewer on an rtmp `url`, and sends to it until it is killed. */
export function startCamera(url: string): ChildProcess {
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
