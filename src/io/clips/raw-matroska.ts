/**
 * Evidence as Matroska without compression, for ffmpeg's input: one pipe that carries sound and pictures with their true
 * times, which two raw pipes could not. Source: RFC 8794 (EBML), RFC 9559 (Matroska).
 */
import { fit } from '../../core/evidence/fit.ts';
import { SAMPLE_RATE_HZ } from '../../core/features.ts';
import type { Evidence } from '../../domain/review.ts';

const ID = {
  ebml: 0x1a45dfa3,
  docType: 0x4282,
  docTypeVersion: 0x4287,
  docTypeReadVersion: 0x4285,
  segment: 0x18538067,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  trackUid: 0x73c5,
  trackType: 0x83,
  codec: 0x86,
  video: 0xe0,
  width: 0xb0,
  height: 0xba,
  colourSpace: 0x2eb524,
  audio: 0xe1,
  samplingHz: 0xb5,
  channels: 0x9f,
  bitDepth: 0x6264,
  cluster: 0x1f43b675,
  clusterMs: 0xe7,
  simpleBlock: 0xa3,
} as const;

const VIDEO = 1;
const AUDIO = 2;
const KEY_FRAME = 0x80;
/** Sound is cut into blocks of 100 ms. */
const BLOCK_SAMPLES = SAMPLE_RATE_HZ / 10;

/** The longest evidence: the times of blocks are 16 bit, in ms. */
export const MAX_EVIDENCE_MS = 30_000;

interface Block {
  readonly ms: number;
  readonly track: number;
  readonly data: Uint8Array;
}

/** The whole file; time 0 is `startMs`, rounded to whole ms. Pictures get the size of the largest of them. */
export function rawMatroska({ startMs, sound, pictures }: Evidence): Uint8Array {
  const width = Math.max(0, ...pictures.map((picture) => picture.width));
  const height = Math.max(0, ...pictures.map((picture) => picture.height));
  const shown = pictures.map((picture) => ({
    ms: Math.round(picture.captureMs - startMs),
    track: VIDEO,
    data: fit(picture, width, height).data,
  }));
  const blocks = [...(sound === null ? [] : soundBlocks(sound)), ...shown].sort((a, b) => a.ms - b.ms);
  const header = element(
    ID.ebml,
    element(ID.docType, text('matroska')),
    element(ID.docTypeVersion, unsigned(4)),
    element(ID.docTypeReadVersion, unsigned(2)),
  );
  const segment = element(
    ID.segment,
    element(ID.info, element(ID.timestampScale, unsigned(1_000_000))),
    element(
      ID.tracks,
      ...(pictures.length > 0 ? [videoTrack(width, height)] : []),
      ...(sound === null ? [] : [audioTrack()]),
    ),
    element(ID.cluster, element(ID.clusterMs, unsigned(0)), ...blocks.map(simpleBlock)),
  );
  return Buffer.concat([header, segment]);
}

function videoTrack(width: number, height: number): Uint8Array {
  const picture = [element(ID.width, unsigned(width)), element(ID.height, unsigned(height))];
  return track(VIDEO, 'V_UNCOMPRESSED', element(ID.video, ...picture, element(ID.colourSpace, text('I420'))));
}

function audioTrack(): Uint8Array {
  const rate = Buffer.alloc(8);
  rate.writeDoubleBE(SAMPLE_RATE_HZ);
  const shape = [element(ID.channels, unsigned(1)), element(ID.bitDepth, unsigned(16))];
  return track(AUDIO, 'A_PCM/INT/LIT', element(ID.audio, element(ID.samplingHz, rate), ...shape));
}

/** Matroska numbers the types of tracks as we number ours: 1 video, 2 audio. */
function track(number: number, codec: string, settings: Uint8Array): Uint8Array {
  const ids = [ID.trackNumber, ID.trackUid, ID.trackType].map((id) => element(id, unsigned(number)));
  return element(ID.trackEntry, ...ids, element(ID.codec, text(codec)), settings);
}

function soundBlocks(sound: Int16Array): Block[] {
  const littleEndian = Buffer.alloc(sound.length * 2);
  sound.forEach((sample, i) => littleEndian.writeInt16LE(sample, i * 2));
  return Array.from({ length: Math.ceil(sound.length / BLOCK_SAMPLES) }, (_, i) => ({
    ms: i * 100,
    track: AUDIO,
    data: littleEndian.subarray(i * BLOCK_SAMPLES * 2, (i + 1) * BLOCK_SAMPLES * 2),
  }));
}

function simpleBlock({ ms, track: number, data }: Block): Uint8Array {
  const head = Buffer.of(0x80 | number, 0, 0, KEY_FRAME);
  head.writeInt16BE(ms, 1);
  return element(ID.simpleBlock, head, data);
}

/** Id, size in eight bytes, content. */
function element(id: number, ...content: readonly Uint8Array[]): Uint8Array {
  const hex = id.toString(16);
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(content.reduce((sum, part) => sum + part.length, 0)));
  size[0] = 0x01;
  return Buffer.concat([Buffer.from(hex, 'hex'), size, ...content]);
}

function unsigned(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const text = (value: string): Uint8Array => Buffer.from(value, 'latin1');
