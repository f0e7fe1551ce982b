/**
 * Prints the ids of the clips that the default pack's face network held back from training, one a line: the clips to calibrate
 * on, and to fit a reject rule on. `undertone train` writes the same list beside the network.
 *
 *     node scripts/run.mjs scripts/held-back.ts ../shared/data/ferplus/train.jsonl > held-back.txt
 */
import { readTrainingConfig } from '../models/toolkit/train/config.ts';
import { examplesOf, holdBack, nameOfLot } from '../models/toolkit/train/examples.ts';
import { readCorpus } from '../src/io/corpus/corpus.ts';

const [manifest = '../shared/data/ferplus/train.jsonl'] = process.argv.slice(2);
const { labels, seed, holdBack: share } = await readTrainingConfig('models/configs/face.json');
const { examples } = examplesOf((await readCorpus(manifest)).clips, 'face', labels);
const { heldBack } = holdBack(examples, nameOfLot, { share, seed });
process.stdout.write(heldBack.map(({ clip }) => `${clip.id}\n`).join(''));
