/** Where a participant's voice and face come from: the camera and microphone, or the sample clip. */
import { UndertoneError } from '../../src/errors.ts';

/** Where media comes from. */
export type SourceName = 'camera' | 'sample';

/** Media that was opened. */
export interface Capture {
  readonly stream: MediaStream;
  /** What is missing, in words; null when both voice and face are there. */
  readonly lacking: string | null;
  /** Let the camera and microphone go, or stop the clip. */
  close(): void;
}

const CLIP = '/sample.webm';
const AUDIO: MediaTrackConstraints = { channelCount: { ideal: 1 } };
const VIDEO: MediaTrackConstraints = {
  width: { ideal: 640 },
  height: { ideal: 480 },
  frameRate: { ideal: 20, max: 24 },
  facingMode: 'user',
};

/**
 * Open the camera and microphone; one of them is enough.
 * @throws UndertoneError `bad-media`, in words for the person, when there is neither or the person said no.
 */
export async function openCamera(): Promise<Capture> {
  // A page that was not loaded over HTTPS or from this machine has no `mediaDevices`, whatever the types say.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (devices === undefined)
    throw new UndertoneError('bad-media', 'Browsers open the camera only over HTTPS or on this machine itself.');
  const attempts = [
    { constraints: { audio: AUDIO, video: VIDEO }, lacking: null },
    { constraints: { audio: AUDIO }, lacking: 'No camera was found: the voice alone is sent.' },
    { constraints: { video: VIDEO }, lacking: 'No microphone was found: the face alone is sent.' },
  ];
  let failure: unknown;
  for (const { constraints, lacking } of attempts) {
    try {
      const stream = await devices.getUserMedia(constraints);
      return { stream, lacking, close: () => stopAll(stream) };
    } catch (error) {
      failure ??= error;
      if (!(error instanceof DOMException) || error.name !== 'NotFoundError') break;
    }
  }
  throw new UndertoneError('bad-media', refusal(failure), { cause: failure });
}

/** Nothing: for whoever joins without being analysed. */
export function openNothing(): Capture {
  return { stream: new MediaStream(), lacking: null, close: () => undefined };
}

/**
 * Play the sample clip in `video`, over and over, as if it were a camera. It stays silent here; its sound is sent.
 * @throws UndertoneError `bad-media`, in words for the person, when it cannot be played or captured.
 */
export async function openSample(video: HTMLVideoElement): Promise<Capture> {
  const capturable = video as HTMLVideoElement & { captureStream?: () => MediaStream };
  if (capturable.captureStream === undefined)
    throw new UndertoneError(
      'bad-media',
      'This browser cannot send a clip: join with the camera, or use Chrome or Edge.',
    );
  video.muted = true;
  video.loop = true;
  video.src = CLIP;
  try {
    await video.play();
  } catch (cause) {
    throw new UndertoneError('bad-media', `The sample clip ${CLIP} cannot be played: ask whoever runs the server.`, {
      cause,
    });
  }
  const stream = capturable.captureStream();
  return {
    stream,
    lacking: null,
    close: () => {
      stopAll(stream);
      video.pause();
      video.removeAttribute('src');
      video.load();
    },
  };
}

function stopAll(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

function refusal(error: unknown): string {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError')
    return 'The browser was not allowed to use the camera and microphone. Allow them beside the address, then try again.';
  if (name === 'NotFoundError') return 'This machine has neither a camera nor a microphone.';
  if (name === 'NotReadableError') return 'Another program uses the camera or microphone. Close it, then try again.';
  return `The camera and microphone could not be opened: ${error instanceof Error ? error.message : 'no reason given'}.`;
}
