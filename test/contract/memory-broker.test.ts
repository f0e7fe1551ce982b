import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import type { VerdictEvent, Window } from '../../src/domain.ts';
import { memoryBroker } from '../../src/io/memory-broker.ts';
import type { Meter } from '../../src/ports.ts';
import { describeBroker } from './broker.ts';

const unmetered: Meter = { count: () => undefined, gauge: () => undefined, observe: () => undefined };

describeBroker('memoryBroker', (options) => memoryBroker({ ...options, meter: unmetered }));

const window = (seq: number) => ({ room: 'lobby', participant: 'ada', seq }) as Window;

test('windows published in one turn go out as one batch', async () => {
  const broker = memoryBroker({ capacity: 8, onDiscard: () => undefined, meter: unmetered });
  const pulls = [broker.pullWindows(3), broker.pullWindows(3)];
  for (let seq = 0; seq < 5; seq++) broker.publishWindow(window(seq));
  const batches = await Promise.all(pulls);
  expect(batches.map((batch) => batch.map(({ seq }) => seq))).toEqual([
    [0, 1, 2],
    [3, 4],
  ]);
});

test('pullers are served in the order in which they came, also one that comes while others are being woken', async () => {
  const broker = memoryBroker({ capacity: 8, onDiscard: () => undefined, meter: unmetered });
  const first = broker.pullWindows(1);
  broker.publishWindow(window(0));
  const second = broker.pullWindows(1);
  broker.publishWindow(window(1));
  expect((await first)[0]?.seq).toBe(0);
  expect((await second)[0]?.seq).toBe(1);
});

test('counts what it discards and shows its depth', async () => {
  const counted: unknown[] = [];
  const depths: number[] = [];
  const broker = memoryBroker({
    capacity: 2,
    onDiscard: () => undefined,
    meter: {
      count: (name, labels) => counted.push([name, labels]),
      gauge: (_, depth) => depths.push(depth),
      observe: () => undefined,
    },
  });
  for (let seq = 0; seq < 3; seq++) broker.publishWindow(window(seq));
  await broker.pullWindows(1);
  await broker.close();
  expect(counted).toEqual([
    ['undertone_discarded_total', { queue: 'windows', reason: 'overload' }],
    ['undertone_discarded_total', { queue: 'windows', reason: 'closed' }],
  ]);
  expect(depths).toEqual([1, 2, 2, 1, 0]);
});

test('a verdict on what close discards still reaches the listeners; later ones are counted', async () => {
  const counted: unknown[] = [];
  const heard: number[] = [];
  const about = (seq: number) => ({ room: 'lobby', participant: 'ada', seq }) as VerdictEvent;
  const broker = memoryBroker({
    capacity: 8,
    onDiscard: ({ seq }) => {
      broker.publishVerdict(about(seq));
    },
    meter: { ...unmetered, count: (_, labels) => counted.push(labels) },
  });
  broker.onVerdict(({ seq }) => heard.push(seq));
  broker.publishWindow(window(7));
  await broker.close();
  broker.publishVerdict(about(8));
  expect(heard).toEqual([7]);
  expect(counted).toEqual([
    { queue: 'windows', reason: 'closed' },
    { queue: 'verdicts', reason: 'closed' },
  ]);
});

test('a long-lived signal does not gather listeners', async () => {
  const broker = memoryBroker({ capacity: 2, onDiscard: () => undefined, meter: unmetered });
  const { signal } = new AbortController();
  const held = () => getEventListeners(signal, 'abort').length;
  for (let seq = 0; seq < 3; seq++) {
    const pull = broker.pullWindows(1, signal);
    expect(held()).toBe(1);
    broker.publishWindow(window(seq));
    await pull;
  }
  expect(held()).toBe(0);
});

test('refuses a pull of nothing, which would never end', async () => {
  const broker = memoryBroker({ capacity: 2, onDiscard: () => undefined, meter: unmetered });
  await expect(broker.pullWindows(0)).rejects.toThrow(RangeError);
});
