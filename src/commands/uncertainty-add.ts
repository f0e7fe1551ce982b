import { writeAttributedPack } from '../../models/toolkit/attributes/attributed-pack.ts';
import { checkFree } from '../../models/toolkit/whole-folder.ts';
import type { Invocation } from './command.ts';
import { hereOrInProject } from './project.ts';
import { required } from './scoring-options.ts';
import { asFinished, readAttributes } from './uncertainty-training.ts';

/** `undertone uncertainty add`: a finished network of attributes into a pack, under the pack's next version. */
export async function addAttributes({ positionals: [path = ''], text, has }: Invocation): Promise<number> {
  const packDir = hereOrInProject(required(text, 'pack', 'the folder of a model pack'));
  const out = required(text, 'out', 'the folder that gets the pack with the network');
  const place = { replace: has('force'), option: '--out' };
  await checkFree(out, place);
  const read = await readAttributes(path);
  const finished = asFinished(read);
  const { modality, attributes, encoder, interval } = finished;
  const provenance = `${read.learnedFrom} clips of ${read.config.corpora.join(', ')}; labels derived from votes`;
  const version = await writeAttributedPack(packDir, out, { ...finished, provenance }, place);
  process.stdout.write(
    has('json')
      ? `${JSON.stringify({ out, version, modality, encoder, labels: 'derived', attributes, interval })}\n`
      : `version ${version} is in ${out}: it tells ${attributes.join(', ')} from the ${modality} by a network\n`,
  );
  return 0;
}
