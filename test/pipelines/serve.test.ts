import { from, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { judge } from '../../pipelines/analyse.ts';
import { serve } from '../../pipelines/serve.ts';
import { inference, meter, window } from './fakes.ts';

const deps = { inference: inference(), clock: { now: () => 0 }, meter: meter(), require: 'any' as const };

describe('serve', () => {
  it('puts verdicts back in order and tells the segments they make, the last one closed', async () => {
    const events = await Promise.all([2, 0, 1, 3].map((seq) => judge(window(seq), deps)));
    const served = await lastValueFrom(serve(from(events)).pipe(toArray()));
    expect(served.flatMap((each) => (each.kind === 'verdict' ? [each.event.seq] : []))).toEqual([0, 1, 2, 3]);
    const segments = served.flatMap((each) => (each.kind === 'segment' ? [each.segment] : []));
    expect(segments[0]).toMatchObject({ index: 0, open: true, labels: ['happiness'], windows: 1 });
    expect(segments.at(-1)).toMatchObject({ index: 0, open: false, windows: 4, startMs: 0, endMs: 4500 });
  });

  it('loses no verdict that comes two minutes after those behind it', async () => {
    const seqs = [...Array.from({ length: 240 }, (_, i) => i + 1), 0];
    const events = await Promise.all(seqs.map((seq) => judge(window(seq), deps)));
    const served = await lastValueFrom(serve(from(events)).pipe(toArray()));
    const told = served.flatMap((each) => (each.kind === 'verdict' ? [each.event.seq] : []));
    expect(told).toEqual(Array.from({ length: 241 }, (_, seq) => seq));
  });
});
