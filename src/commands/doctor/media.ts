/** ffmpeg and the WebRTC worker. */
import { execFile } from 'node:child_process';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Settings } from '../../config.ts';
import { createLog } from '../../io/telemetry-log.ts';
import { createMeter } from '../../io/telemetry.ts';
import { startMediaWorker } from '../../io/webrtc-worker.ts';
import { fault, faultOf, type Finding, ok, warning } from './finding.ts';

/** What clips for review are encoded with. */
const ENCODERS = ['libvpx', 'libopus'] as const;
const PATIENCE_MS = 10_000;

/** Whether ffmpeg and ffprobe run, and ffmpeg encodes what clips are made of. */
export async function checkFfmpeg({ UNDERTONE_FFMPEG: binary }: Settings): Promise<Finding> {
  const say = async (program: string, ...args: string[]) =>
    (await promisify(execFile)(program, args, { timeout: PATIENCE_MS, maxBuffer: 1 << 24 })).stdout;
  const install = 'install ffmpeg (for example: apt-get install ffmpeg), or set UNDERTONE_FFMPEG to its path';
  try {
    const [, version = 'of unknown version'] = /^ffmpeg version (\S+)/.exec(await say(binary, '-version')) ?? [];
    const encoders = await say(binary, '-hide_banner', '-encoders');
    const lacking = ENCODERS.filter((name) => !new RegExp(`^ [A-Z.]{6} ${name} `, 'm').test(encoders));
    if (lacking.length > 0)
      return warning(
        'ffmpeg',
        `${binary} ${version}, without ${lacking.join(' and ')}: no clips for review`,
        "install an ffmpeg that has them, as Debian's does",
      );
    // The same place where the server looks for it.
    await say(basename(binary) === binary ? 'ffprobe' : join(dirname(binary), 'ffprobe'), '-version');
    return ok('ffmpeg', `${binary} ${version}, with ${ENCODERS.join(', ')} and ffprobe`);
  } catch (thrown) {
    const why = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);
    return fault('ffmpeg', `'${binary}', or ffprobe beside it, does not run (${why})`, install);
  }
}

/** Whether the WebRTC worker starts. */
export async function checkWorker({ UNDERTONE_WORKER_BIN: workerBin }: Settings): Promise<Finding> {
  try {
    const meter = createMeter();
    const worker = await startMediaWorker({
      workerBin,
      host: '127.0.0.1',
      port: 0,
      meter,
      log: createLog('silent', { meter }),
    });
    await worker.close();
    return ok('WebRTC worker', `starts: ${workerBin ?? "mediasoup's own"}`);
  } catch (thrown) {
    return faultOf('WebRTC worker', thrown);
  }
}
