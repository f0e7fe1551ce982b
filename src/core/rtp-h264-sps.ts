/** The picture size in an H.264 sequence parameter set (ITU-T H.264, 7.3.2.1.1), so that it is known before decoding. */
import type { FrameSize } from './rtp-frames.ts';

/** Profiles whose parameter set says how chroma is sampled and may carry scaling lists. */
const HIGH_PROFILES = new Set([44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244]);
/** An Exp-Golomb code longer than this is no number that a real stream has. */
const MAX_GOLOMB_ZEROS = 31;

/** Width and height of the coded pictures before cropping; null when the set cannot be read. */
export function spsFrameSize(nal: Uint8Array): FrameSize | null {
  const bits = bitReader(withoutEmulationPrevention(nal.subarray(1)));
  const profile = bits.take(8);
  bits.take(16); // constraint flags and level
  bits.golomb(); // id
  if (HIGH_PROFILES.has(profile)) skipHighProfile(bits);
  bits.golomb(); // log2_max_frame_num_minus4
  skipPictureOrder(bits);
  bits.golomb(); // max_num_ref_frames
  bits.take(1); // gaps in frame_num
  const width = (bits.golomb() + 1) * 16;
  const mapUnits = bits.golomb() + 1;
  const fields = bits.take(1) === 0 ? 2 : 1;
  return bits.exhausted() ? null : { width, height: mapUnits * 16 * fields };
}

function skipHighProfile(bits: BitReader): void {
  const chroma = bits.golomb();
  if (chroma === 3) bits.take(1);
  bits.golomb(); // bit depth of luma
  bits.golomb(); // and of chroma
  bits.take(1);
  if (bits.take(1) === 0) return;
  for (let list = 0; list < (chroma === 3 ? 12 : 8); list++) {
    if (bits.take(1) === 1) skipScalingList(bits, list < 6 ? 16 : 64);
  }
}

function skipScalingList(bits: BitReader, length: number): void {
  for (let i = 0, last = 8, next = 8; i < length && !bits.exhausted(); i++) {
    if (next !== 0) next = (last + bits.signedGolomb() + 256) & 0xff;
    if (next !== 0) last = next;
  }
}

function skipPictureOrder(bits: BitReader): void {
  const type = bits.golomb();
  if (type === 0) bits.golomb();
  if (type !== 1) return;
  bits.take(1);
  bits.golomb();
  bits.golomb();
  const cycle = bits.golomb();
  for (let i = 0; i < cycle && !bits.exhausted(); i++) bits.golomb();
}

interface BitReader {
  take(count: number): number;
  /** ue(v) */
  golomb(): number;
  /** se(v) */
  signedGolomb(): number;
  /** True once more was read than there is; what was read past the end is zero. */
  exhausted(): boolean;
}

function bitReader(bytes: Uint8Array): BitReader {
  let at = 0;
  let broken = false;
  const exhausted = () => broken || at > bytes.length * 8;
  const take = (count: number) => {
    let value = 0;
    for (let i = 0; i < count; i++, at++) value = value * 2 + (((bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1);
    return value;
  };
  const golomb = () => {
    let zeros = 0;
    while (!exhausted() && zeros <= MAX_GOLOMB_ZEROS && take(1) === 0) zeros++;
    if (zeros > MAX_GOLOMB_ZEROS) broken = true;
    return broken ? 0 : 2 ** zeros - 1 + take(zeros);
  };
  const signedGolomb = () => {
    const code = golomb();
    return code % 2 === 0 ? -code / 2 : (code + 1) / 2;
  };
  return { take, golomb, signedGolomb, exhausted };
}

/** Encoders put a 3 after two zero bytes so that data never looks like a start code; here it is taken out again. */
function withoutEmulationPrevention(bytes: Uint8Array): Uint8Array {
  return bytes.filter((byte, i) => !(byte === 3 && i >= 2 && bytes[i - 1] === 0 && bytes[i - 2] === 0));
}
