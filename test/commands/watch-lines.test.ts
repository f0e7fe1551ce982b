import { describe, expect, it } from 'vitest';
import type { MonitorEvent } from '../../clients/monitor.ts';
import { watchLines } from '../../src/commands/watch-lines.ts';
import type { ParticipantState, VerdictJson } from '../../src/protocol.ts';

const ADA: ParticipantState = {
  id: 'p1',
  name: 'Ada',
  role: 'customer',
  joinedMs: 0,
  connected: true,
  consented: true,
  microphone: 'live',
  camera: 'muted',
};

const VERDICT: VerdictJson = {
  startMs: 0,
  endMs: 3000,
  status: 'accepted',
  reason: null,
  labels: ['happiness', 'surprise'],
  probabilities: { surprise: 0.337, happiness: 0.812, fear: 0.02 },
  shares: {},
  modalities: ['voice'],
  missing: {},
  uncertainty: 1,
  pack: 'p@1',
  calibration: null,
};

const event = (event: Extract<MonitorEvent, { type: 'event' }>['event']): MonitorEvent => ({
  type: 'event',
  seq: 1,
  event,
});
const verdict = (change: Partial<VerdictJson> = {}) =>
  event({ kind: 'verdict', participant: 'p1', seq: 0, latencyMs: 1, verdict: { ...VERDICT, ...change } });

/** Lines without their time of day, which is the reader's own. */
function printed(...events: readonly MonitorEvent[]): readonly string[] {
  const lines = watchLines('lobby', () => 0);
  return events.flatMap((one) => lines(one)).map((line) => line.replace(/^\d\d:\d\d:\d\d {2}/, ''));
}

describe('what watch prints', () => {
  it('the labels worth a word, the most probable first', () => {
    expect(printed(event({ kind: 'participant', participant: ADA }), verdict())).toEqual([
      'Ada               customer, voice live, face muted',
      'Ada               happiness 0.81  surprise 0.34',
    ]);
  });

  it('why there is no verdict', () => {
    expect(printed(verdict({ status: 'rejected', reason: 'no-speech', labels: [] }))).toEqual([
      'p1                no verdict: no speech',
    ]);
  });

  it('who leaves, by name; whose connection is lost; who does not consent', () => {
    expect(
      printed(
        event({ kind: 'participant', participant: { ...ADA, consented: false } }),
        event({ kind: 'participant', participant: { ...ADA, connected: false } }),
        event({ kind: 'participant-left', participant: 'p1' }),
      ),
    ).toEqual([
      'Ada               customer, voice live, face muted, no consent',
      'Ada               customer, connection lost',
      'Ada               left',
    ]);
  });

  it('how far a busy host has fallen back', () => {
    expect(printed(event({ kind: 'load', load: { hopMs: 3000, oneIn: 4 } }))).toEqual([
      'lobby             the host now takes a window every 3 s, 1 of 4 judged',
    ]);
    expect(printed(event({ kind: 'load', load: { hopMs: 500, oneIn: 1 } }))).toEqual([
      'lobby             the host now takes a window every 0.5 s',
    ]);
  });

  it('never a control character of somebody’s name', () => {
    const name = 'Eve\u001b[2J\u0007\u202e';
    const [line = ''] = printed(event({ kind: 'participant', participant: { ...ADA, name } }));
    expect(line).toMatch(/^Eve\u{fffd}\[2J\u{fffd}\u{fffd} /u);
  });

  it('how many events a conflated message stands for', () => {
    const [first, second] = printed({
      type: 'conflated',
      from: 5,
      seq: 9,
      events: [{ kind: 'verdict', participant: 'p1', seq: 3, latencyMs: 1, verdict: VERDICT }],
    });
    expect(first).toMatch(/^lobby +events 5 to 9 came too fast/);
    expect(second).toMatch(/^p1 +happiness 0\.81/);
  });
});
