import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clipKeys } from '../../../src/io/clips/clip-keys.ts';
import { clipStore } from '../../../src/io/clips/clip-store.ts';
import { openClip, sealClip } from '../../../src/io/clips/sealing.ts';

const OLD = 'a'.repeat(64);
const NEW = Buffer.alloc(32, 7).toString('base64');
const plainName = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const clip = (text: string) => Buffer.from(text);
const damaged = { code: 'clip-damaged' };

let folder = '';
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'undertone-clips-')), 'clips');
});
afterEach(() => {
  rmSync(join(folder, '..'), { recursive: true, force: true });
});
const store = (...keys: string[]) => clipStore({ folder, keys: clipKeys(keys) });
const files = () => globSync('**/*.*', { cwd: folder });

describe('sealing', () => {
  const [key, other] = clipKeys([OLD, NEW]);
  if (key === undefined || other === undefined) throw new Error('no keys');

  it('gives back what went in, under any of the keys', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4000 }), (bytes) => {
        const { name, bytes: sealed } = sealClip(bytes, key);
        expect(name).toMatch(/^[0-9a-f]{64}$/);
        expect(openClip(sealed, name, [other, key])).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('opens nothing that was changed by a bit, cut, or put under another name', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.nat(), fc.nat(7), (bytes, at, bit) => {
        const { name, bytes: sealed } = sealClip(bytes, key);
        const changed = Buffer.from(sealed);
        const place = at % changed.length;
        changed[place] = (changed[place] ?? 0) ^ (1 << bit);
        const open = (file: Uint8Array, as: string) => () => openClip(file, as, [key, other]);
        expect(open(changed, name)).toThrow(expect.objectContaining(damaged));
        expect(open(sealed.subarray(0, place), name)).toThrow(expect.objectContaining(damaged));
        expect(open(sealed, sealClip(Buffer.of(...bytes, 1), key).name)).toThrow(expect.objectContaining(damaged));
      }),
    );
  });

  it('names clips so that nobody without the key can confirm a guess, and writes none twice alike', () => {
    const bytes = clip('a face');
    const names = [sealClip(bytes, key).name, sealClip(bytes, other).name, sealClip(bytes, null).name];
    expect(new Set(names).size).toBe(3);
    expect(names[2]).toBe(plainName(bytes));
    expect(sealClip(bytes, key).name).toBe(names[0]);
    expect(sealClip(bytes, key).bytes).not.toEqual(sealClip(bytes, key).bytes);
    expect(Buffer.from(sealClip(bytes, key).bytes).includes(bytes)).toBe(false);
  });

  it('takes keys in hex and base64, and repeats none in a message', () => {
    const raw = Buffer.alloc(32, 7);
    const same = [raw.toString('hex'), raw.toString('base64'), raw.toString('base64url')].flatMap((text) =>
      clipKeys([text]),
    );
    expect(new Set(same.map(({ id }) => Buffer.from(id).toString('hex'))).size).toBe(1);
    expect(() => clipKeys([OLD, 'hunter2'])).toThrow(/key 2 is not 32 bytes/);
    expect(() => clipKeys(['hunter2'])).not.toThrow(/hunter2/);
  });
});

describe.each([
  ['without a key', []],
  ['with a key', [NEW]],
])('clips %s', (_, keys) => {
  it('are there, by name, for nobody else to read', async () => {
    const clips = store(...keys);
    const name = await clips.put(clip('one'));
    expect(await clips.get(name)).toEqual(clip('one'));
    expect(await store(...keys).get(name)).toEqual(clip('one'));
    const [file = ''] = files();
    expect(file).toBe(join(name.slice(0, 2), name.slice(2, 4), `${name}.${keys.length > 0 ? 'sealed' : 'webm'}`));
    expect(statSync(join(folder, file)).mode & 0o077).toBe(0);
    expect(statSync(folder).mode & 0o077).toBe(0);
    expect(await clips.put(clip('one'))).toBe(name);
    expect(files()).toHaveLength(1);
  });

  it('that were changed on the disk are not shown', async () => {
    const clips = store(...keys);
    const name = await clips.put(clip('one'));
    writeFileSync(join(folder, files()[0] ?? ''), 'something else');
    await expect(clips.get(name)).rejects.toMatchObject(damaged);
  });

  it('have no other names than 64 hex digits', async () => {
    const clips = store(...keys);
    await clips.put(clip('one'));
    const tricks = [
      '',
      '..',
      '../../etc/passwd',
      `${'a'.repeat(62)}/.`,
      `${'a'.repeat(64)}\0`,
      'A'.repeat(64),
      `%2e%2e/${'a'.repeat(57)}`,
    ];
    for (const trick of tricks) expect(await clips.get(trick)).toBeNull();
    expect(await clips.get('0'.repeat(64))).toBeNull();
  });

  it('survive kills in mid-write, fifteen times: what was said to be there is whole, and no half clip stays', async () => {
    const child = join(import.meta.dirname, 'put-clips.ts');
    const told = new Set<string>();
    for (let run = 0; run < 15; run++) {
      const process_ = spawn(process.execPath, [child, folder, keys[0] ?? ''], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let said = '';
      const some = new Promise<void>((seen) => {
        process_.stdout.on('data', (data: Buffer) => {
          said += data.toString();
          if (said.split('\n').length > 1 + (run % 3)) seen();
        });
      });
      const ended = new Promise((resolve) => process_.on('close', resolve));
      await some;
      await new Promise((resolve) => setTimeout(resolve, run % 7));
      process_.kill('SIGKILL');
      await ended;
      for (const line of said.split('\n').slice(0, -1)) told.add(line);
    }
    const clips = store(...keys);
    for (const name of told) expect((await clips.get(name))?.length).toBe(300_000);
    for (const file of files().filter((each) => !each.endsWith('.part')))
      expect((await clips.get(/[0-9a-f]{64}/.exec(file)?.[0] ?? ''))?.length).toBe(300_000);
    await clips.sweep(() => Promise.resolve(told), 0);
    expect(
      files()
        .map((file) => /[0-9a-f]{64}/.exec(file)?.[0])
        .toSorted(),
    ).toEqual([...told].toSorted());
  });

  it('leave nothing half-written where there is no room, and say so', async () => {
    const child = join(import.meta.dirname, 'put-clips.ts');
    // A limit on the size of files stands in for a full disk: the kernel refuses in mid-write either way.
    const script = `trap '' XFSZ; ulimit -f 64; exec "$0" "$@"`;
    const process_ = spawn('bash', ['-c', script, process.execPath, child, folder, keys[0] ?? ''], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    process_.stdout.on('data', (data: Buffer) => (said += data.toString()));
    await new Promise((resolve) => process_.on('close', resolve));
    expect(said).toBe('!disk-full\n');
    expect(files()).toEqual([]);
  });
});

describe('changing the key', () => {
  it('encrypts by the new one, and opens what any of them encrypted, or none', async () => {
    const before = await store().put(clip('before'));
    const old = await store(OLD).put(clip('old'));
    const both = store(NEW, OLD);
    const fresh = await both.put(clip('new'));
    expect(await both.get(before)).toEqual(clip('before'));
    expect(await both.get(old)).toEqual(clip('old'));
    expect(await store(NEW).get(fresh)).toEqual(clip('new'));
    await expect(store(NEW).get(old)).rejects.toMatchObject(damaged);
    await expect(store(OLD).get(fresh)).rejects.toThrow(/UNDERTONE_CLIP_KEY/);
    await expect(store().get(fresh)).rejects.toMatchObject(damaged);
  });

  it('does not take a clip that somebody put there as it is for one that was encrypted', async () => {
    const clips = store(NEW);
    const name = await clips.put(clip('true'));
    const [file = ''] = files();
    rmSync(join(folder, file));
    writeFileSync(join(folder, file.replace('.sealed', '.webm')), 'false');
    await expect(clips.get(name)).rejects.toMatchObject(damaged);
  });
});

describe('the sweep', () => {
  it('keeps exactly what is in use or young, whatever else lies there', async () => {
    const age = fc.integer({ min: 0, max: 100 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ age, used: fc.boolean() }), { maxLength: 8 }),
        age,
        async (given, grace) => {
          rmSync(folder, { recursive: true, force: true });
          const now = 1_700_000_000_000;
          const clips = clipStore({ folder, keys: [], now: () => now });
          const names = [];
          for (const [i, each] of given.entries()) {
            const name = await clips.put(clip(String(i)));
            const at = (now - each.age * 1000) / 1000;
            utimesSync(join(folder, name.slice(0, 2), name.slice(2, 4), `${name}.webm`), at, at);
            names.push({ ...each, name });
          }
          const used = new Set(names.flatMap((each) => (each.used ? [each.name] : [])));
          const gone = await clips.sweep(() => Promise.resolve(used), grace * 1000);
          const stay = names.filter((each) => each.used || each.age < grace);
          expect(
            files()
              .map((file) => file.slice(6, 70))
              .toSorted(),
          ).toEqual(stay.map(({ name }) => name).toSorted());
          expect(gone).toBe(names.length - stay.length);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('takes no clip between its writing and its record, nor one that was put while it asked', async () => {
    const clips = store();
    const known = new Set<string>();
    let recorded: () => void = () => undefined;
    const recording = new Promise<void>((resolve) => {
      recorded = resolve;
    });
    const written = Promise.withResolvers<string>();
    const first = clips.put(clip('first'), async (name) => {
      written.resolve(name);
      await recording;
      known.add(name);
    });
    await written.promise;
    expect(await clips.sweep(() => Promise.resolve(new Set(known)), 0)).toBe(0);
    const orphan = await clips.put(clip('again'));
    const asked = async (): Promise<ReadonlySet<string>> => {
      const answer = new Set(known);
      await clips.put(clip('again'), (name) => Promise.resolve(void known.add(name)));
      recorded();
      await first;
      return answer;
    };
    expect(await clips.sweep(asked, 0)).toBe(0);
    expect(await clips.get(orphan)).toEqual(clip('again'));
    expect(await clips.sweep(() => Promise.resolve(new Set(known)), 0)).toBe(0);
    expect(await clips.sweep(() => Promise.resolve(new Set<string>()), 0)).toBe(2);
  });

  it('deletes a clip whose record failed, and what was never finished, and nothing of others', async () => {
    const clips = store(NEW);
    await expect(clips.put(clip('lost'), () => Promise.reject(new Error('no database')))).rejects.toThrow(
      'no database',
    );
    mkdirSync(join(folder, 'ab/cd'), { recursive: true });
    const part = join(folder, 'ab/cd', `${'ab'.repeat(32)}.0123456789abcdef.part`);
    const foreign = ['notes.txt', 'ab/cd/notes.part', 'ab/cd/notes.webm'].map((name) => join(folder, name));
    for (const file of [part, ...foreign]) writeFileSync(file, 'x');
    expect(await clips.sweep(() => Promise.resolve(new Set<string>()), 60_000)).toBe(0);
    expect(await clips.sweep(() => Promise.resolve(new Set<string>()), 0)).toBe(2);
    expect([part, ...foreign].map((file) => existsSync(file))).toEqual([false, true, true, true]);
  });

  it('deletes nothing when nobody can say what is in use', async () => {
    const clips = store();
    await clips.put(clip('one'));
    await expect(clips.sweep(() => Promise.reject(new Error('no database')), 0)).rejects.toThrow('no database');
    expect(files()).toHaveLength(1);
    expect(
      await clipStore({ folder: join(folder, 'not-there'), keys: [] }).sweep(
        () => Promise.resolve(new Set<string>()),
        0,
      ),
    ).toBe(0);
  });

  it('is not led astray by a copy under another name', async () => {
    const clips = store();
    const name = await clips.put(clip('one'));
    const other = plainName(clip('two'));
    mkdirSync(join(folder, other.slice(0, 2), other.slice(2, 4)), { recursive: true });
    cpSync(join(folder, files()[0] ?? ''), join(folder, other.slice(0, 2), other.slice(2, 4), `${other}.webm`));
    await expect(clips.get(other)).rejects.toMatchObject(damaged);
    expect(readFileSync(join(folder, name.slice(0, 2), name.slice(2, 4), `${name}.webm`)).toString()).toBe('one');
  });
});
