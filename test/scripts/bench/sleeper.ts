/** Work that tells of one turn and never ends by itself. */
import { answer } from '../../../scripts/bench/encoders/child.ts';

await answer(async (_, turn) => {
  turn();
  await new Promise((resolve) => setInterval(resolve, 1e9));
});
