/** What may be sent: Opus, VP8, and H.264 constrained baseline; one encoding of each track. */
import { ortc, type types } from 'mediasoup';
import { UndertoneError } from '../errors.ts';
import type { Json } from '../ports.ts';
import type { Codec } from './decode.ts';

/** Codecs of a room, the preferred first. */
export const ROOM_CODECS: types.RouterRtpCodecCapability[] = [
  { kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2 },
  { kind: 'video', mimeType: 'video/VP8', clockRate: 90_000 },
  {
    kind: 'video',
    mimeType: 'video/H264',
    clockRate: 90_000,
    parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
  },
];

const CODEC_BY_MIME_TYPE: Readonly<Record<string, Codec>> = {
  'audio/opus': 'opus',
  'video/vp8': 'vp8',
  'video/h264': 'h264',
};

/**
 * Header extensions that browsers are not offered. Without video orientation they turn the picture themselves, so that
 * no face lies on its side; without audio level the loudness does not travel outside the encryption of the sound.
 */
const WITHHELD_EXTENSIONS = new Set(['urn:3gpp:video-orientation', 'urn:ietf:params:rtp-hdrext:ssrc-audio-level']);

/** What browsers are told that they may send. */
export function publisherCapabilities(capabilities: types.RtpCapabilities): Json {
  const headerExtensions = (capabilities.headerExtensions ?? []).filter(({ uri }) => !WITHHELD_EXTENSIONS.has(uri));
  return { ...capabilities, headerExtensions };
}

/** A producer's codec and the rate of its RTP clock. */
export function codecOf(parameters: types.RtpParameters): { readonly codec: Codec; readonly rateHz: number } {
  const [first] = parameters.codecs;
  const codec = CODEC_BY_MIME_TYPE[first?.mimeType.toLowerCase() ?? ''];
  if (first === undefined || codec === undefined)
    throw new UndertoneError(
      'unsupported-codec',
      `${first?.mimeType ?? 'no codec'} cannot be decoded: send Opus, VP8 or H.264`,
    );
  return { codec, rateHz: first.clockRate };
}

/**
 * Rtp parameters from a client, checked.
 * @throws UndertoneError `bad-media` when they are malformed or have several encodings; `unsupported-codec` when none
 *   of the codecs is one of the room's.
 */
export function checkedParameters(kind: 'audio' | 'video', given: Json): types.RtpParameters {
  const parameters = parametersFrom(given);
  const wanted = ROOM_CODECS.filter((codec) => codec.kind === kind);
  const [codec] = parameters.codecs;
  if (codec === undefined) throw new UndertoneError('bad-media', `the ${kind} track names no codec`);
  const known = wanted.some(
    ({ mimeType, clockRate, channels = 1 }) =>
      mimeType.toLowerCase() === codec.mimeType.toLowerCase() &&
      clockRate === codec.clockRate &&
      channels === (codec.channels ?? 1),
  );
  if (!known) {
    const { mimeType, clockRate, channels } = codec;
    const offered = [mimeType, clockRate, ...(channels === undefined ? [] : [channels])].join('/');
    const names = wanted.map((each) =>
      [each.mimeType, each.clockRate, ...(each.channels ? [each.channels] : [])].join('/'),
    );
    throw new UndertoneError('unsupported-codec', `${offered} cannot be decoded: send ${names.join(' or ')}`);
  }
  if ((parameters.encodings?.length ?? 0) > 1)
    throw new UndertoneError('bad-media', `the ${kind} track has several encodings: send one, without simulcast`);
  return parameters;
}

function parametersFrom(given: Json): types.RtpParameters {
  try {
    const parameters = structuredClone(given) as unknown as types.RtpParameters;
    ortc.validateAndNormalizeRtpParameters(parameters);
    return parameters;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UndertoneError(
      'bad-media',
      `the track's rtpParameters are malformed (${why}): send what mediasoup-client gives`,
      {
        cause,
      },
    );
  }
}
