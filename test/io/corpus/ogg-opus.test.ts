import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { UndertoneError } from '../../../src/errors.ts';
import { decodeOggOpus } from '../../../src/io/corpus/ogg-opus.ts';
import { mediaFolder, testPicture } from '../../fixtures/media.ts';

const folder = mediaFolder();
afterAll(() => {
  folder.remove();
});

/** Sound with something to tell at every instant: a sweep through the band of speech. */
const sweep = (seconds: number) =>
  ['-f', 'lavfi', '-i', `aevalsrc=0.4*sin(2*PI*(200*t+300*t*t)):d=${seconds}:s=48000`] as const;

async function opus(name: string, seconds: number, ...args: readonly string[]): Promise<string> {
  return folder.make(name, ...sweep(seconds), '-c:a', 'libopus', '-b:a', '28k', ...args);
}

function byFfmpeg(path: string): Float32Array {
  const args = ['-v', 'error', '-i', path, '-ar', '16000', '-ac', '1', '-rematrix_maxval', '1', '-f', 'f32le', '-'];
  return new Float32Array(new Uint8Array(execFileSync('ffmpeg', args, { maxBuffer: 2 ** 26 })).buffer);
}

const energy = (samples: Float32Array): number => samples.reduce((sum, sample) => sum + sample * sample, 0);

describe('Ogg Opus', () => {
  it.each([
    ['mono', 1.234, []],
    ['stereo', 1, ['-ac', '2']],
    ['one packet', 0.01, []],
    ['several pages', 3.7, ['-page_duration', '200000']],
    ['pages in mid-packet', 2, ['-page_duration', '1', '-b:a', '256k', '-frame_duration', '60']],
    ['speech at 16 kHz', 2, ['-ar', '16000', '-ac', '1']],
  ] as const)('is the sound that ffmpeg hears, sample for sample in time (%s)', async (name, seconds, args) => {
    const path = await opus(`${name}.opus`, seconds, ...args);
    const [ours, theirs] = [decodeOggOpus(readFileSync(path), name), byFfmpeg(path)];
    expect(ours).toHaveLength(Math.round(seconds * 16_000));
    expect(Math.abs((ours?.length ?? 0) - theirs.length)).toBeLessThanOrEqual(1);
    const difference = (ours ?? new Float32Array()).map((sample, at) => sample - (theirs[at] ?? 0));
    // Two decoders and two resamplers: fractions of a sample apart. A whole sample would be 19 % and more.
    expect(Math.sqrt(energy(difference) / energy(theirs))).toBeLessThan(0.1);
  });

  it('cut or bent anywhere is an error, or left to ffmpeg', async () => {
    const file = readFileSync(await opus('bent.opus', 0.3));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: file.length - 1 }), fc.boolean(), (at, isCut) => {
        const bent = Buffer.from(isCut ? file.subarray(0, at) : file);
        if (!isCut) bent[at] = (bent[at] ?? 0) ^ 0x10;
        try {
          const whole = decodeOggOpus(bent, 'a.opus');
          // Between two pages nothing tells of a cut; what is there is whole.
          if (whole !== null) expect(isCut).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(UndertoneError);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('leaves to ffmpeg what is no Ogg, no Opus, or more streams and channels than one voice has', async () => {
    const other = await Promise.all([
      folder.make('a.wav', ...sweep(0.1)),
      folder.make('a.ogg', ...sweep(0.1), '-c:a', 'libvorbis'),
      folder.make('b.ogg', ...testPicture(0.2), ...sweep(0.2), '-c:v', 'libtheora', '-c:a', 'libopus'),
      opus('c.opus', 0.2, '-af', 'pan=5.1|FL=c0|FR=c0|FC=c0|LFE=c0|BL=c0|BR=c0', '-mapping_family', '1'),
    ]);
    for (const path of other) expect(decodeOggOpus(readFileSync(path), path)).toBeNull();
    const [one, two] = [readFileSync(await opus('d.opus', 0.1)), readFileSync(await opus('e.opus', 0.1))];
    expect(decodeOggOpus(Buffer.concat([one, two]), 'chained')).toBeNull();
    expect(decodeOggOpus(Buffer.alloc(0), 'empty')).toBeNull();
  });
});
