/**
 * What every `Broker` keeps to, in memory or over a network. Nothing here expects an effect before it was awaited: a
 * networked broker takes a while.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { VerdictEvent, Window } from '../../src/domain.ts';
import type { Broker } from '../../src/ports.ts';

export interface BrokerUnderTest {
  readonly capacity: number;
  readonly onDiscard: (window: Window) => void;
  readonly onError: (error: unknown) => void;
}

/** Run the contract against brokers that `make` opens; each is closed by its test. */
export function describeBroker(name: string, make: (options: BrokerUnderTest) => Broker | Promise<Broker>): void {
  const open = async (capacity = 64) => {
    const discarded: Window[] = [];
    const errors: unknown[] = [];
    const broker = await make({
      capacity,
      onDiscard: (window) => discarded.push(window),
      onError: (error) => errors.push(error),
    });
    return { broker, discarded, errors };
  };

  describe(name, () => {
    test('every window that goes in comes out once: pulled or discarded', async () => {
      const action = fc.oneof(
        { weight: 3, arbitrary: fc.record({ publish: fc.integer({ min: 1, max: 6 }) }) },
        { weight: 2, arbitrary: fc.record({ pull: fc.integer({ min: 1, max: 5 }) }) },
        { weight: 1, arbitrary: fc.record({ pullThenAbort: fc.integer({ min: 1, max: 5 }) }) },
        { weight: 1, arbitrary: fc.record({ waitTurns: fc.constant(1) }) },
      );
      await fc.assert(
        fc.asyncProperty(
          fc.array(action, { maxLength: 30 }),
          fc.integer({ min: 1, max: 8 }),
          async (actions, capacity) => {
            const { broker, discarded } = await open(capacity);
            const pulls: Promise<readonly Window[]>[] = [];
            const published: string[] = [];
            for (const action of actions) {
              if ('pull' in action) pulls.push(broker.pullWindows(action.pull));
              else if ('waitTurns' in action) await turn();
              else if ('pullThenAbort' in action) {
                const leaving = new AbortController();
                pulls.push(broker.pullWindows(action.pullThenAbort, leaving.signal));
                leaving.abort();
              } else
                for (let left = action.publish; left > 0; left--) {
                  const window = windowOf(`p${(published.length % 3).toString()}`, published.length);
                  published.push(key(window));
                  broker.publishWindow(window);
                }
            }
            await broker.close();
            const pulled = (await Promise.all(pulls)).flat();
            await expect.poll(() => [...pulled, ...discarded].map(key).sort()).toEqual(published.sort());
          },
        ),
        { numRuns: 50 },
      );
    });

    test("one puller gets each participant's windows in order", async () => {
      const { broker } = await open();
      const seqs = { ada: 0, ben: 0 };
      for (const participant of ['ada', 'ben', 'ben', 'ada', 'ben', 'ada', 'ada'] as const)
        broker.publishWindow(windowOf(participant, seqs[participant]++));
      const pulled = await pullAll(broker, 7, 3);
      expect(pulled.filter(({ participant }) => participant === 'ada').map(({ seq }) => seq)).toEqual([0, 1, 2, 3]);
      expect(pulled.filter(({ participant }) => participant === 'ben').map(({ seq }) => seq)).toEqual([0, 1, 2]);
      await broker.close();
    });

    test('a window arrives as it was published', async () => {
      const { broker } = await open();
      const window: Window = {
        ...windowOf('ada', 7),
        voice: { logMel: Float32Array.of(0.1, -2, 3e-9, 4), frames: 2, bands: 2, speechShare: 0.25 },
        face: {
          embeddings: Float32Array.of(1, 2),
          shareLogits: Float32Array.of(-1),
          presenceLogits: Float32Array.of(0.5),
          n: 1,
          visibleShare: 1,
        },
        missing: {},
      };
      broker.publishWindow(window);
      expect(await broker.pullWindows(1)).toEqual([window]);
      await broker.close();
    });

    test('a pull waits until there is a window, and takes no more than asked for', async () => {
      const { broker } = await open();
      const pull = broker.pullWindows(2);
      await turn();
      for (const seq of [0, 1, 2]) broker.publishWindow(windowOf('ada', seq));
      const first = await pull;
      expect(first.length).toBeGreaterThan(0);
      expect(first.length).toBeLessThanOrEqual(2);
      const rest = await pullAll(broker, 3 - first.length, 2);
      expect([...first, ...rest].map(({ seq }) => seq)).toEqual([0, 1, 2]);
      await broker.close();
    });

    test('holds no more than its capacity, and discards the oldest', async () => {
      const { broker, discarded } = await open(4);
      for (let seq = 0; seq < 10; seq++) broker.publishWindow(windowOf('ada', seq));
      await expect.poll(() => discarded.map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4, 5]);
      await expect.poll(() => broker.depth).toBe(4);
      expect((await pullAll(broker, 4, 8)).map(({ seq }) => seq)).toEqual([6, 7, 8, 9]);
      await expect.poll(() => broker.depth).toBe(0);
      await broker.close();
    });

    test('discards nothing while a puller waits for it', async () => {
      const { broker, discarded } = await open(1);
      const pulls = [broker.pullWindows(1), broker.pullWindows(1), broker.pullWindows(1)];
      await turn();
      for (let seq = 0; seq < 3; seq++) broker.publishWindow(windowOf('ada', seq));
      expect((await Promise.all(pulls)).flat().map(({ seq }) => seq)).toEqual([0, 1, 2]);
      expect(discarded).toEqual([]);
      await broker.close();
    });

    test('several pullers compete: none waits while windows do', async () => {
      const { broker } = await open();
      const pulled: Window[] = [];
      const pulling = Array.from({ length: 3 }, async () => {
        for (;;) {
          const windows = await broker.pullWindows(1);
          if (windows.length === 0) return;
          pulled.push(...windows);
        }
      });
      for (let seq = 0; seq < 20; seq++) broker.publishWindow(windowOf('ada', seq));
      await expect
        .poll(() => pulled.map(({ seq }) => seq).sort((a, b) => a - b))
        .toEqual(Array.from({ length: 20 }, (_, seq) => seq));
      await broker.close();
      await Promise.all(pulling);
    });

    test('an aborted pull is empty and takes nothing', async () => {
      const { broker } = await open();
      const leaving = new AbortController();
      const aborted = broker.pullWindows(4, leaving.signal);
      await turn();
      leaving.abort();
      expect(await aborted).toEqual([]);
      broker.publishWindow(windowOf('ada', 0));
      expect(await broker.pullWindows(4, leaving.signal)).toEqual([]);
      expect(await broker.pullWindows(4)).toEqual([windowOf('ada', 0)]);
      await broker.close();
    });

    test('close settles whoever waits, and ends what comes later', async () => {
      const { broker, discarded } = await open();
      const waiting = [broker.pullWindows(1), broker.pullWindows(1)];
      await turn();
      await broker.close();
      expect(await Promise.all(waiting)).toEqual([[], []]);
      expect(await broker.pullWindows(1)).toEqual([]);
      broker.publishWindow(windowOf('ada', 0));
      await expect.poll(() => discarded.map(({ seq }) => seq)).toEqual([0]);
      await broker.close();
    });

    test('verdicts reach every listener in order, from when it listens until it stops', async () => {
      const { broker } = await open();
      const first: number[] = [];
      const second: number[] = [];
      const stop = broker.onVerdict(({ seq }) => first.push(seq));
      broker.publishVerdict(verdictOf(0));
      await expect.poll(() => first).toEqual([0]);
      broker.onVerdict(({ seq }) => second.push(seq));
      broker.publishVerdict(verdictOf(1));
      broker.publishVerdict(verdictOf(2));
      await expect
        .poll(() => [first, second])
        .toEqual([
          [0, 1, 2],
          [1, 2],
        ]);
      stop();
      broker.publishVerdict(verdictOf(3));
      await expect.poll(() => second).toEqual([1, 2, 3]);
      expect(first).toEqual([0, 1, 2]);
      await broker.close();
    });

    test('a verdict arrives as it was published', async () => {
      const { broker } = await open();
      const heard: VerdictEvent[] = [];
      broker.onVerdict((event) => heard.push(event));
      broker.publishVerdict(verdictOf(5));
      await expect.poll(() => heard).toEqual([verdictOf(5)]);
      await broker.close();
    });

    test('a listener that throws does not keep the verdict from the others', async () => {
      const { broker, errors } = await open();
      const heard: number[] = [];
      const broken = new Error('a broken listener');
      broker.onVerdict(() => {
        throw broken;
      });
      broker.onVerdict(({ seq }) => heard.push(seq));
      broker.publishVerdict(verdictOf(0));
      await expect.poll(() => heard).toEqual([0]);
      expect(errors).toEqual([broken]);
      await broker.close();
    });
  });
}

const key = ({ participant, seq }: Window): string => `${participant} ${seq}`;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function pullAll(broker: Broker, count: number, max: number): Promise<readonly Window[]> {
  const pulled: Window[] = [];
  while (pulled.length < count) pulled.push(...(await broker.pullWindows(max)));
  return pulled;
}

function windowOf(participant: string, seq: number): Window {
  return {
    room: 'lobby',
    participant,
    seq,
    startMs: seq * 500,
    lengthMs: 3000,
    closedMs: seq * 500 + 3150,
    deadlineMs: seq * 500 + 4150,
    voice: null,
    face: null,
    missing: { voice: 'no-speech', face: 'off' },
    consented: true,
  };
}

function verdictOf(seq: number): VerdictEvent {
  return {
    room: 'lobby',
    participant: 'ada',
    seq,
    latencyMs: 12.5,
    packProbabilities: { fear: 0.4 },
    verdict: {
      status: 'rejected',
      reason: 'low-confidence',
      startMs: 0,
      endMs: 3000,
      labels: [],
      probabilities: { fear: 0.3 },
      shares: { fear: 0.2, anger: 0.8 },
      modalities: ['voice'],
      missing: { face: 'off' },
      uncertainty: 0.5,
      pack: 'starter@1',
      calibration: null,
    },
  };
}
