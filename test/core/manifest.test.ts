import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LABELS } from '../../src/core/labels.ts';
import { type Clip, parseManifest, parseManifestLine } from '../../src/core/manifest.ts';
import { mediaRefText } from '../../src/core/manifest-media.ts';
import { STIMULI } from '../../src/core/manifest-votes.ts';
import { UndertoneError } from '../../src/errors.ts';

const PLACE = { file: 'a.jsonl', line: 3 };

/** The line of the format's own description. */
const EXAMPLE = {
  id: '1001_DFA_ANG_XX',
  split: 'train',
  speaker: '1001',
  language: 'en',
  media: { audio: 'audio/1001_DFA_ANG_XX.opus', image: 'faces/0001.png', video: 'video/1001.webm' },
  votes: { voice: { anger: 7, neutral: 2 }, face: { anger: 9 }, av: { anger: 10 } },
  ratings: [{ rater: 'r17', stimulus: 'av', labels: ['anger'], valence: 2, arousal: 6, dominance: 5 }],
  attributes: { valence: [2, 2, 3], arousal: [6, 5, 6], dominance: [5, 5, 4] },
  demographics: { sex: 'female', age: 51, race: 'African American' },
};

function clipOf(value: unknown): Clip {
  const parsed = parseManifestLine(JSON.stringify(value), PLACE);
  if ('scale' in parsed) throw new Error('not a clip');
  return parsed;
}

function errorOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return null;
}

const word = fc.stringMatching(/^[a-zA-Z0-9 _-]{1,12}$/);
const step = fc.stringMatching(/^[a-z0-9 _#-]{1,8}$/);
const path = fc.array(step, { minLength: 1, maxLength: 3 }).map((steps) => steps.join('/'));
const ref = fc.oneof(
  path.map((file) => ({ file })),
  fc.record({ file: path.map((file) => `${file.replaceAll('#', '_')}x.tar`), member: step }),
);
const votes = fc.dictionary(fc.constantFrom(...LABELS, 'other'), fc.integer({ min: 1, max: 50 }), {
  minKeys: 1,
  noNullPrototype: true,
});
const scores = fc.array(
  fc.double({ min: 1, max: 7, noNaN: true }).map((score) => score + 0),
  { maxLength: 4 },
);
const optional = { requiredKeys: [] as [], noNullPrototype: true };

const clip = fc
  .record(
    {
      id: word,
      split: word,
      speaker: word,
      language: word,
      media: fc.record({ audio: ref, image: ref, video: ref }, optional),
      votes: fc.record({ voice: votes, face: votes, av: votes }, optional),
      attributes: fc.record({ valence: scores, arousal: scores, dominance: scores }, optional),
      demographics: fc.dictionary(word, fc.oneof(word, fc.integer()), { noNullPrototype: true }),
    },
    { requiredKeys: ['id', 'media', 'votes', 'demographics'], noNullPrototype: true },
  )
  .map((noun) => ({ ...noun, line: PLACE.line, ratings: [] }));

/** A clip as its manifest writes it. */
function written({ line: _, media, ...rest }: Clip): object {
  return { ...rest, media: Object.fromEntries(Object.entries(media).map(([kind, to]) => [kind, mediaRefText(to)])) };
}

describe('a line', () => {
  it('says the clip that was written', () => {
    fc.assert(
      fc.property(clip, (noun) => {
        expect(clipOf(written(noun))).toEqual(noun);
      }),
    );
  });

  it('fails only by an error that names its file and line, whatever it holds', () => {
    const noun = fc.oneof(
      fc.string(),
      fc.json(),
      fc.jsonValue().map((value) => JSON.stringify(value)),
    );
    const bent = fc
      .record(
        {
          id: fc.oneof(word, fc.jsonValue()),
          media: fc.oneof(fc.jsonValue(), fc.record({ audio: fc.oneof(fc.string(), fc.jsonValue()) })),
          votes: fc.oneof(
            fc.jsonValue(),
            fc.record({ voice: fc.jsonValue(), face: fc.dictionary(word, fc.jsonValue()) }),
          ),
          ratings: fc.oneof(fc.jsonValue(), fc.array(fc.record({ rater: word, stimulus: fc.jsonValue() }))),
          attributes: fc.jsonValue(),
          demographics: fc.jsonValue(),
          corpus: fc.jsonValue(),
        },
        { requiredKeys: [] },
      )
      .map((value) => JSON.stringify(value));
    fc.assert(
      fc.property(fc.oneof(noun, bent), (line) => {
        const error = errorOf(() => parseManifestLine(line, PLACE));
        if (error === null) return;
        expect(error).toBeInstanceOf(UndertoneError);
        expect(error).toMatchObject({
          code: 'corpus-invalid',
          message: expect.stringMatching(/^a\.jsonl, line 3/) as unknown,
        });
      }),
      { numRuns: 1000 },
    );
  });

  it('never leads out of its folder', () => {
    const parts = fc.constantFrom('..', '.', '', '/', 'a', 'b.tar', '#', '%2e%2e', 'C:', '\\', 'file:', '~', 'x.tar#');
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 8 }), fc.constantFrom('/', ''), (steps, between) => {
        const audio = steps.join(between);
        const error = errorOf(() => {
          const file = clipOf({ id: 'a', media: { audio } }).media.audio?.file ?? '';
          expect(file.startsWith('/')).toBe(false);
          expect(file.split('/')).not.toContain('..');
          expect(file).not.toBe('');
        });
        if (error !== null) expect(error).toBeInstanceOf(UndertoneError);
      }),
      { numRuns: 500 },
    );
  });

  it('means the same with keys that nobody knows, and with nulls for what is not known', () => {
    const more = { ...EXAMPLE, acted: 'anger', votes: { ...EXAMPLE.votes, smell: { anger: -1 } }, intensity: [1] };
    expect(clipOf({ ...more, demographics: { ...EXAMPLE.demographics, hair: null } })).toEqual(clipOf(EXAMPLE));
    expect(clipOf({ id: 'a', speaker: null, media: { audio: null }, votes: null })).toEqual(clipOf({ id: 'a' }));
  });

  it('has votes by its ratings where nobody counted them', () => {
    const answers = fc.array(
      fc.record({ stimulus: fc.constantFrom(...STIMULI), labels: fc.uniqueArray(fc.constantFrom(...LABELS, 'bored')) }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(answers, (given) => {
        const ratings = given.map((answer, index) => ({ ...answer, rater: `r${index}` }));
        const derived = clipOf({ id: 'a', ratings }).votes;
        const named = given.flatMap(({ labels }) => labels).length;
        const counted = Object.values(derived).flatMap((each) => Object.values(each));
        expect(counted.reduce((sum, count) => sum + count, 0)).toBe(named);
        // What is derived agrees with what it is derived from.
        expect(clipOf({ id: 'a', ratings, votes: derived }).votes).toEqual(derived);
      }),
    );
  });

  it('is read as the format describes it', () => {
    expect(clipOf(EXAMPLE)).toEqual({
      ...EXAMPLE,
      line: 3,
      media: {
        audio: { file: 'audio/1001_DFA_ANG_XX.opus' },
        image: { file: 'faces/0001.png' },
        video: { file: 'video/1001.webm' },
      },
    });
  });

  it('counts labels outside the list as other', () => {
    const { votes: read } = clipOf({ id: 'a', votes: { face: { boredom: 2, calm: 1, other: 1, fear: 3, anger: 0 } } });
    expect(read).toEqual({ face: { fear: 3, other: 4 } });
  });

  it('may have no votes at all', () => {
    expect(clipOf({ id: 'a' }).votes).toEqual({});
    expect(clipOf({ id: 'a', votes: { face: {} } }).votes).toEqual({});
  });

  it('reads members of shards, and # in other names', () => {
    const media = { audio: 'speech/b.tar#./x#1.opus', image: './faces//a#1.png' };
    expect(clipOf({ id: 'a', media }).media).toEqual({
      audio: { file: 'speech/b.tar', member: 'x#1.opus' },
      image: { file: 'faces/a#1.png' },
    });
  });

  it.each([
    [{}, "'id' is missing: write a text"],
    [{ id: 7 }, "'id' is 7: write a text"],
    [{ id: '' }, "'id' is empty"],
    [{ id: 'a\nb' }, "'id' holds control characters"],
    [[], 'is a list: write an object'],
    [{ id: 'a', media: 'a.wav' }, `'media' is "a.wav": write an object`],
    [{ id: 'a', media: { audio: '/etc/passwd' } }, "'media.audio' leads out of the manifest's folder"],
    [{ id: 'a', media: { audio: 'a/../../b' } }, "'media.audio' leads out of the manifest's folder"],
    [{ id: 'a', media: { audio: '../s.tar#b' } }, "'media.audio' leads out of the manifest's folder"],
    [{ id: 'a', media: { audio: 'http://a/b.wav' } }, 'not a URL'],
    [{ id: 'a', media: { audio: 'C:/b.wav' } }, 'not a URL or a drive'],
    [{ id: 'a', media: { audio: 's.tar' } }, 's.tar#name'],
    [{ id: 'a', media: { audio: 's.tar#' } }, 'names no member'],
    [{ id: 'a', media: { audio: 's.tar.gz#b' } }, 'unpack it'],
    [{ id: 'a', votes: { face: { anger: -1 } } }, "'votes.face.anger' is -1: write how many"],
    [{ id: 'a', votes: { face: { anger: 1.5 } } }, "'votes.face.anger' is 1.5"],
    [{ id: 'a', votes: { face: { anger: '3' } } }, `'votes.face.anger' is "3"`],
    [{ id: 'a', votes: { face: { anger: 0, fear: 0 } } }, "'votes.face' is all zero"],
    [{ id: 'a', votes: { face: { Anger: 3 } } }, `write "anger"`],
    [{ id: 'a', votes: { voice: [1] } }, "'votes.voice' is a list"],
    [{ id: 'a', ratings: [{ stimulus: 'av' }] }, "'ratings.0.rater' is missing"],
    [{ id: 'a', ratings: [{ rater: 'r', stimulus: 'smell' }] }, `'ratings.0.stimulus' is "smell"`],
    [{ id: 'a', ratings: [{ rater: 'r', stimulus: 'av', valence: 8 }] }, "'ratings.0.valence' is 8: write a number"],
    [{ id: 'a', ratings: [{ rater: 'r', stimulus: 'av', labels: ['fear', 'fear'] }] }, "'ratings.0.labels.1'"],
    [{ id: 'a', attributes: { arousal: [1, 0] } }, "'attributes.arousal.1' is 0: write a number from 1 to 7"],
    [{ id: 'a', demographics: { sex: ['f'] } }, "'demographics.sex' is a list"],
  ])('%j is refused with its key and what to do', (value, said) => {
    const error = errorOf(() => parseManifestLine(JSON.stringify(value), PLACE));
    expect(error).toMatchObject({ code: 'corpus-invalid', message: expect.stringContaining(said) as unknown });
  });

  it('is refused where it counts fewer votes than its raters gave, or a rater answers twice', () => {
    const rating = (rater: string) => ({ rater, stimulus: 'av', labels: ['fear'] });
    const two = { id: 'a', ratings: [rating('r1'), rating('r2')] };
    expect(clipOf({ ...two, votes: { av: { fear: 5 } } }).votes).toEqual({ av: { fear: 5 } });
    expect(() => clipOf({ ...two, votes: { av: { fear: 1, anger: 1 } } })).toThrow(
      "'votes.av.fear' counts 1 and 'ratings' names it 2 times",
    );
    expect(() => clipOf({ id: 'a', ratings: [rating('r1'), rating('r1')] })).toThrow("'ratings.1' is a second answer");
  });

  it('says where JSON breaks off', () => {
    expect(() => parseManifestLine('{"id":"a",}', PLACE)).toThrow(/^a\.jsonl, line 3 is not JSON \(.*position 10\)/);
  });
});

describe('a manifest', () => {
  it('means the same with a byte order mark, CRLF and blank lines, and counts lines as an editor does', () => {
    const lines = ['{"corpus":{"scale":[1,5],"name":"x"}}', '{"id":"a"}', '{"id":"b","attributes":{"valence":[5]}}'];
    const plain = parseManifest(lines.join('\n'), 'a.jsonl');
    expect(parseManifest(`\uFEFF${lines.join('\r\n')}\r\n`, 'a.jsonl')).toEqual(plain);
    expect(plain).toMatchObject({ scale: [1, 5], repeatedLines: [] });
    const spaced = parseManifest(`\n${lines.join('\n\n')}\n\n`, 'a.jsonl');
    expect(spaced.clips.map(({ id, line }) => [id, line])).toEqual([
      ['a', 4],
      ['b', 6],
    ]);
  });

  it('has scores from 1 to 7 unless it says otherwise', () => {
    const line = '{"id":"a","attributes":{"valence":[6]}}';
    expect(parseManifest(line, 'a.jsonl').scale).toEqual([1, 7]);
    expect(() => parseManifest(`{"corpus":{"scale":[1,5]}}\n${line}`, 'a.jsonl')).toThrow('line 2');
    for (const scale of ['[5,1]', '[1]', '[1,2,3]', '"1-5"', '[1,null]'])
      expect(() => parseManifest(`{"corpus":{"scale":${scale}}}\n${line}`, 'a.jsonl')).toThrow(
        "line 1, 'corpus.scale'",
      );
    expect(() => parseManifest(`${line}\n{"corpus":{}}`, 'a.jsonl')).toThrow("line 2, 'corpus' stands below");
  });

  it('passes over a clip that is listed again, and refuses another one of its name', () => {
    const line = '{"id":"a","votes":{"face":{"fear":1}}}';
    const { clips, repeatedLines } = parseManifest(`${line}\n${line}`, 'a.jsonl');
    expect([clips.length, repeatedLines]).toEqual([1, [2]]);
    expect(() => parseManifest(`${line}\n{"id":"a"}`, 'a.jsonl')).toThrow(`line 2, 'id' is "a" as on line 1`);
  });

  it.each(['', '\n\n', '{"corpus":{}}\n'])('without clips is refused: %j', (manifest) => {
    expect(() => parseManifest(manifest, 'a.jsonl')).toThrow('a.jsonl has no clips');
  });
});
