/**
 * What holding the last seconds for review costs: the windows of the sample clip with a recorder, over those without.
 *
 *     node scripts/run.mjs scripts/bench-recorder.ts [--rounds 7] [--pack models/packs/default]
 *
 * CPU time of the whole process, one inference thread, everything decoded beforehand. With the recorder, the evidence of every
 * window is cut out, which live happens only where a window is more in doubt than those before it. The two take turns; the
 * median of the pairs is told.
 */
import { parseArgs } from 'node:util';
import { BehaviorSubject, Observable, lastValueFrom, mergeMap, of, toArray } from 'rxjs';
import { startInference } from '../models/pool.ts';
import { judge } from '../pipelines/analyse.ts';
import { ingest } from '../pipelines/ingest.ts';
import { createPending } from '../pipelines/pending.ts';
import { record } from '../pipelines/record.ts';
import { mediaFile } from '../src/io/ffmpeg.ts';
import type { MediaEvent } from '../src/ports.ts';
import { createTally, silent } from './bench/quiet.ts';
import { quantile } from './bench/statistics.ts';
import { SAMPLE_CLIP } from './sample-clip.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '7' }, pack: { type: 'string', default: 'models/packs/default' } },
});
const meter = createTally([]);
const inference = await startInference({ packDir: values.pack, meter, log: silent });
const decoded = await lastValueFrom(mediaFile(SAMPLE_CLIP).events.pipe(toArray()));
const ref = { room: 'bench', participant: 'p' };
const clock = { now: () => performance.now() };

interface Cost {
  readonly windows: number;
  /** CPU ms a window. */
  readonly ms: number;
}

async function cost(isRecorded: boolean): Promise<Cost> {
  const pending = createPending();
  const events = new Observable<MediaEvent>((subscriber) => {
    const tell = async (): Promise<void> => {
      for (const event of decoded) {
        await pending.below(1);
        // A picture's memory goes to the networks: each run has its own.
        if (event.kind !== 'video') subscriber.next(event);
        else subscriber.next({ ...event, frame: { ...event.frame, data: event.frame.data.slice() } });
      }
      subscriber.complete();
    };
    void tell();
  });
  const held = record({ ref, events }, { wanted: new BehaviorSubject(isRecorded), windows: {}, meter });
  const begun = process.cpuUsage();
  const told = ingest(held.source, {
    ...{ inference, clock, meter, pending, windows: {}, consent: of(true) },
    pace: 'file',
  }).pipe(
    mergeMap(async (window) => {
      held.evidence(window.startMs, window.startMs + window.lengthMs);
      return judge(window, { inference, clock, meter, require: 'any' });
    }),
    toArray(),
  );
  const { length: windows } = await lastValueFrom(told);
  const { user, system } = process.cpuUsage(begun);
  return { windows, ms: (user + system) / 1000 / windows };
}

await cost(true);
await cost(false);
const pairs: { readonly recorded: Cost; readonly plain: Cost }[] = [];
for (let i = 0; i < Number(values.rounds); i++) pairs.push({ recorded: await cost(true), plain: await cost(false) });
await inference.close();
const median = (of: (pair: (typeof pairs)[number]) => number) => quantile(pairs.map(of), 0.5);
const report = {
  windows: pairs[0]?.plain.windows,
  msPerWindow: median(({ plain }) => plain.ms),
  recorderMsPerWindow: median(({ recorded, plain }) => recorded.ms - plain.ms),
  ratio: median(({ recorded, plain }) => recorded.ms / plain.ms),
};
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
