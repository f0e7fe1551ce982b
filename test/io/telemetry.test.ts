import { expect, test } from 'vitest';
import { createMeter } from '../../src/io/telemetry.ts';
import { METRICS } from '../../src/io/telemetry-metrics.ts';

const lines = async (meter: ReturnType<typeof createMeter>, name: string) =>
  (await meter.text()).split('\n').filter((line) => line.startsWith(name));

test('counts, sets and observes under the names of the table', async () => {
  const meter = createMeter();
  meter.count('undertone_windows_total', { status: 'rejected', reason: 'no-face' });
  meter.count('undertone_windows_total', { status: 'rejected', reason: 'no-face' }, 2);
  meter.gauge('undertone_queue_depth', 7, { queue: 'windows' });
  meter.gauge('undertone_queue_depth', 3, { queue: 'windows' });
  meter.observe('undertone_stage_seconds', 0.2, { stage: 'infer' });
  expect(await lines(meter, 'undertone_windows_total')).toEqual([
    'undertone_windows_total{status="rejected",reason="no-face"} 3',
  ]);
  expect(await lines(meter, 'undertone_queue_depth')).toEqual(['undertone_queue_depth{queue="windows"} 3']);
  expect(await lines(meter, 'undertone_stage_seconds_bucket')).toEqual(
    expect.arrayContaining([
      'undertone_stage_seconds_bucket{le="0.1",stage="infer"} 0',
      'undertone_stage_seconds_bucket{le="0.25",stage="infer"} 1',
    ]),
  );
  expect(meter.contentType).toMatch(/^text\/plain/);
});

test('two meters do not share their counts', async () => {
  const meters = [createMeter(), createMeter()] as const;
  meters[0].count('undertone_conflated_total');
  expect(await lines(meters[1], 'undertone_conflated_total')).toEqual(['undertone_conflated_total 0']);
});

test('every metric of the table can be measured as its type, and follows the naming rules', async () => {
  const meter = createMeter();
  for (const [name, { type, labels = [] }] of METRICS) {
    const values = Object.fromEntries(labels.map((label) => [label, 'x']));
    if (type === 'counter') meter.count(name, values);
    else if (type === 'gauge') meter.gauge(name, 1, values);
    else meter.observe(name, 1, values);
    expect(name).toMatch(/^undertone_[a-z_]+$/);
    expect(name.endsWith('_total'), name).toBe(type === 'counter');
  }
  const text = await meter.text();
  for (const [name, { help }] of METRICS) expect(text).toContain(`# HELP ${name} ${help}\n`);
});

test('refuses a name, a type or a label that the table does not know', () => {
  const meter = createMeter();
  const refusal = { code: 'internal' };
  expect(() => {
    meter.count('undertone_typo_total');
  }).toThrow(expect.objectContaining(refusal));
  expect(() => {
    meter.gauge('undertone_conflated_total', 1);
  }).toThrow(/is a counter/);
  expect(() => {
    meter.count('undertone_windows_total', { status: 'accepted', participant: 'p1' });
  }).toThrow(/no label 'participant'/);
});

test('a measurement that is no number is counted, not thrown at who measures', async () => {
  const meter = createMeter();
  meter.observe('undertone_verdict_latency_seconds', Number.NaN);
  meter.gauge('undertone_participants', Number.POSITIVE_INFINITY);
  expect(await lines(meter, 'undertone_unmeasured_total')).toEqual([
    'undertone_unmeasured_total{metric="undertone_verdict_latency_seconds",reason="not-a-number"} 1',
    'undertone_unmeasured_total{metric="undertone_participants",reason="not-a-number"} 1',
  ]);
  expect(await lines(meter, 'undertone_verdict_latency_seconds_count')).toEqual([
    'undertone_verdict_latency_seconds_count 0',
  ]);
});

test('label values that never end do not grow the memory', async () => {
  const meter = createMeter();
  for (let n = 0; n < 1000; n++) meter.count('undertone_closed_total', { code: n.toString() });
  meter.count('undertone_closed_total', { code: '5' });
  const counted = await lines(meter, 'undertone_closed_total');
  expect(counted).toHaveLength(200);
  expect(counted).toContain('undertone_closed_total{code="5"} 2');
  expect(await lines(meter, 'undertone_unmeasured_total')).toEqual([
    'undertone_unmeasured_total{metric="undertone_closed_total",reason="too-many-series"} 800',
  ]);
});

test('shows the memory of the process', async () => {
  const [line = ''] = await lines(createMeter(), 'process_resident_memory_bytes');
  expect(Number(line.split(' ')[1])).toBeGreaterThan(1e6);
});

test('a blocked event loop shows as lag, an idle one does not', async () => {
  const meter = createMeter();
  const lag = async (stat: string) => {
    const [line = ''] = await lines(meter, `undertone_event_loop_lag_seconds{stat="${stat}"}`);
    return Number(line.split(' ')[1]);
  };
  const pause = () => new Promise((resolve) => setTimeout(resolve, 60));
  await pause();
  const until = performance.now() + 300;
  while (performance.now() < until);
  await pause();
  const text = await meter.text();
  const max = Number(/lag_seconds\{stat="max"\} (\S+)/.exec(text)?.[1]);
  const median = Number(/lag_seconds\{stat="p50"\} (\S+)/.exec(text)?.[1]);
  expect(max).toBeGreaterThan(0.2);
  expect(median).toBeLessThan(max);
  expect(await lag('max')).toBeLessThan(0.2);
  expect(text).not.toContain('nodejs_eventloop_lag');
});
