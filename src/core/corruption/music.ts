/** Music that nobody recorded: chords, a bass drum and a cymbal, enough to tell whether something is taken for a voice. */
import { whiteNoise } from '../augment/noise.ts';
import { SAMPLE_RATE_HZ } from '../features.ts';
import { integerBelow, type Random, uniform } from '../random.ts';

/** Semitones above the key: tonic, subdominant, dominant and relative minor, as most songs go. */
const CHORDS = [
  [0, 4, 7],
  [5, 9, 12],
  [7, 11, 14],
  [9, 12, 16],
] as const;
/** Overtones of an instrument, each at 1 / its number. */
const OVERTONES = 6;

/**
 * Synthetic music at 16 kHz: a triad every two beats, in a key and at a tempo that `random` draws, with a drum on each beat and
 * a cymbal between. Nothing of it was recorded.
 * @param length samples.
 * @returns mono, peak about 1; scale it to the level that is wanted.
 * @example const song = music(randomStream(7, 'music'), 48_000);
 */
export function music(random: Random, length: number): Float32Array {
  const keyHz = 110 * Math.pow(2, integerBelow(random, 12) / 12);
  const beat = Math.round((SAMPLE_RATE_HZ * 60) / uniform(random, 90, 140));
  const out = new Float32Array(length);
  for (let start = 0, bar = 0; start < length; start += 2 * beat, bar++) {
    const chord = CHORDS[bar === 0 ? 0 : integerBelow(random, CHORDS.length)] ?? CHORDS[0];
    for (const semitones of chord) addTone(out, start, 2 * beat, keyHz * Math.pow(2, semitones / 12));
  }
  const hiss = whiteNoise(random, new Float32Array(Math.min(length, beat)));
  for (let start = 0; start < length; start += beat) {
    addDrum(out, start, beat);
    addCymbal(out, start + (beat >> 1), hiss);
  }
  return out;
}

function addTone(out: Float32Array, start: number, length: number, hz: number): void {
  const end = Math.min(out.length, start + length);
  for (let overtone = 1; overtone <= OVERTONES; overtone++) {
    const step = (2 * Math.PI * hz * overtone) / SAMPLE_RATE_HZ;
    for (let i = start; i < end; i++) {
      const seconds = (i - start) / SAMPLE_RATE_HZ;
      const swell = Math.min(1, seconds / 0.01) * Math.exp(-1.5 * seconds * overtone);
      out[i] = (out[i] ?? 0) + ((0.15 * swell) / overtone) * Math.sin(step * (i - start));
    }
  }
}

/** A tone that falls from 120 to 50 Hz and is gone after a fifth of a second. */
function addDrum(out: Float32Array, start: number, beat: number): void {
  const end = Math.min(out.length, start + Math.min(beat, SAMPLE_RATE_HZ / 5));
  for (let i = start, phase = 0; i < end; i++) {
    const seconds = (i - start) / SAMPLE_RATE_HZ;
    phase += (2 * Math.PI * (50 + 70 * Math.exp(-20 * seconds))) / SAMPLE_RATE_HZ;
    out[i] = (out[i] ?? 0) + 0.4 * Math.exp(-15 * seconds) * Math.sin(phase);
  }
}

function addCymbal(out: Float32Array, start: number, hiss: Float32Array): void {
  const end = Math.min(out.length, start + Math.min(hiss.length, SAMPLE_RATE_HZ / 10));
  for (let i = start; i < end; i++) {
    const fade = Math.exp((-50 * (i - start)) / SAMPLE_RATE_HZ);
    out[i] = (out[i] ?? 0) + 0.05 * fade * (hiss[i - start] ?? 0);
  }
}
