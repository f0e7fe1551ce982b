import { readFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeWholeFolder } from '../../models/toolkit/whole-folder.ts';
import { readSettings } from '../config.ts';
import { annotationsIn, clipPath, manifestLine } from '../core/review/manifest-line.ts';
import type { Annotation } from '../domain/review.ts';
import { UndertoneError } from '../errors.ts';
import { clipKeys } from '../io/clips/clip-keys.ts';
import { clipStore } from '../io/clips/clip-store.ts';
import { systemClock } from '../io/clock.ts';
import { reviewedItems } from '../io/reviewed-items.ts';
import { annotation } from '../protocol/api/review.ts';
import { withActions } from './actions.ts';
import type { Invocation } from './command.ts';
import { required } from './scoring-options.ts';
import { commandActor, STORE_OPTION, withStore } from './store-options.ts';

const MANIFEST = 'manifest.jsonl';

/** `undertone review`. */
export const review = withActions({
  usage: 'review export|import',
  about: [
    "Carries reviewers' answers out of a server's store and into one, in the corpus format (docs/corpus.md).",
    'export: writes a folder with manifest.jsonl, a line an answered item with every rater, and its clips as WebM.',
    'import: takes the answers of such a manifest in; its items must be there. Repeating it is harmless.',
  ],
  options: {
    ...STORE_OPTION,
    out: { value: 'DIR', help: 'the folder to write; it must not be there yet', only: ['export'] },
    room: { value: 'ROOM', help: 'this room alone, or several with commas (default: all)', only: ['export'] },
    force: { help: 'replace an export that is in that folder', only: ['export'] },
    from: { value: 'FILE', help: 'the manifest to read', only: ['import'] },
    json: { help: 'print one JSON object' },
  },
  arguments: 1,
  actions: { export: exportReview, import: importReview },
});

async function exportReview({ text, has, env, signal }: Invocation): Promise<number> {
  const out = required(text, 'out', 'the folder to write');
  const rooms = text('room')?.split(',') ?? null;
  const { UNDERTONE_DATA_DIR: dir, UNDERTONE_CLIP_KEY: keys = [] } = readSettings(env);
  const clips = clipStore({ folder: join(dir, 'clips'), keys: clipKeys(keys) });
  const kind = { name: 'an export of review', file: MANIFEST };
  const counts = await withStore({ text, env }, async (store) => {
    const reviewed = await reviewedItems(store.reviews, { rooms });
    let written = 0;
    await writeWholeFolder(out, { replace: has('force'), option: '--out', kind }, async (folder) => {
      const gone = new Set<string>();
      for (const { item } of reviewed) {
        signal.throwIfAborted();
        const bytes = item.clip === null ? null : await clips.get(item.clip);
        if (item.clip === null || bytes === null) {
          if (item.clip !== null) gone.add(item.id);
          continue;
        }
        const path = join(folder, clipPath(item.clip));
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, bytes);
        written += 1;
      }
      // a clip whose retention has ended is not named as if it lay there
      const lines = reviewed.map(({ item, annotations }) =>
        JSON.stringify(manifestLine({ item: gone.has(item.id) ? { ...item, clip: null } : item, annotations })),
      );
      await writeFile(join(folder, MANIFEST), lines.map((line) => `${line}\n`).join(''));
    });
    const details = { items: reviewed.length, clips: written };
    const actor = commandActor('review');
    const atMs = systemClock().now();
    await store.audit.append({ atMs, kind: 'access', action: 'review.exported', actor, room: null, details });
    return details;
  });
  process.stdout.write(
    has('json')
      ? `${JSON.stringify({ out, ...counts })}\n`
      : `${counts.items} answered items and ${counts.clips} clips are in ${out}\n`,
  );
  return 0;
}

async function importReview({ text, has, env }: Invocation): Promise<number> {
  const file = required(text, 'from', 'a manifest (.jsonl)');
  const annotations = readAnnotations(await readFile(file, 'utf8'), file);
  const added = await withStore({ text, env }, (store) =>
    store.reviews.importAnnotations(annotations, commandActor('review'), systemClock().now()),
  );
  process.stdout.write(
    has('json')
      ? `${JSON.stringify({ read: annotations.length, added })}\n`
      : `${added} of ${annotations.length} answers were new\n`,
  );
  return 0;
}

function readAnnotations(manifest: string, file: string): readonly Annotation[] {
  return manifest.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    const refuse = (why: string) => new UndertoneError('corpus-invalid', `${file}, line ${i + 1}: ${why}`);
    let parsed: unknown;
    try {
      parsed = JSON.parse(line);
    } catch {
      throw refuse('is not JSON: write one whole JSON object on the line');
    }
    const given = annotationsIn(parsed);
    if (given === null) throw refuse("has no 'review': import what 'undertone review export' has written");
    return given.map((each) => {
      const checked = annotation.safeParse(each);
      if (checked.success) return checked.data;
      const [issue] = checked.error.issues;
      throw refuse(`review.annotations: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is invalid'}`);
    });
  });
}
