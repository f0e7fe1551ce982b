import { describe, expect, it } from 'vitest';
import { clock } from '../../clients/dashboard/format.ts';
import { headlineOf, SILENT_MS, spoken } from '../../clients/dashboard/headline.ts';
import { EMPTY_ROOM, receive } from '../../clients/dashboard/store.ts';
import type { MonitorEvent } from '../../clients/monitor.ts';
import type { ParticipantState } from '../../src/protocol.ts';
import { participant, said, segment, silent, snapshot, told, verdict } from './dashboard-events.ts';

const NOW = 50_000;

function headline(events: readonly MonitorEvent[], state: Partial<ParticipantState> = {}, nowMs = NOW) {
  const live: MonitorEvent = { type: 'status', state: 'live', sinceMs: 0 };
  const room = [live, snapshot({ participants: [participant('ada', state)] }), ...events].reduce(
    (view, event) => receive(view, event, NOW),
    EMPTY_ROOM,
  );
  const of = room.participants.get('ada');
  if (of === undefined) throw new Error('ada is not in the room');
  const shown = headlineOf(of, room.unknownSinceMs, nowMs);
  return { ...shown, spoken: spoken(of, shown) };
}

describe('the headline', () => {
  it('says what is expressed, most probable first, at most three labels', () => {
    const labels = ['happiness', 'surprise', 'fear', 'anger'] as const;
    const probabilities = { happiness: 0.81, surprise: 0.5, fear: 0.4, anger: 0.35 };
    expect(headline([said(verdict('ada', 0, { labels: [...labels], probabilities }))])).toMatchObject({
      kind: 'expressed',
      lead: 'Expressed:',
      aside: 'sure enough',
      labels: [
        { label: 'happiness', probability: 0.81 },
        { label: 'surprise', probability: 0.5 },
        { label: 'fear', probability: 0.4 },
      ],
    });
  });

  it('says why there is no verdict, and for how long', () => {
    const since = segment(0, { ...silent, startMs: 100_000 });
    const shown = headline([
      said(verdict('ada', 24, { ...silent, missing: { voice: 'no-speech', face: 'off' } })),
      told({ kind: 'segment', participant: 'ada', segment: since }),
    ]);
    expect(shown).toMatchObject({
      kind: 'none',
      lead: 'No verdict: no speech',
      labels: [],
      aside: 'for 12 s',
      detail: 'face: not sent',
    });
  });

  it('names what is missing though there is a verdict', () => {
    expect(headline([said(verdict('ada', 0, { missing: { voice: 'no-speech' } }))]).detail).toBe('voice: no speech');
  });

  it('shows nothing but the reason without consent', () => {
    const shown = headline([said(verdict('ada', 0))], { consented: false });
    expect(shown).toEqual({
      kind: 'withheld',
      lead: 'No consent: nothing is analysed',
      labels: [],
      aside: '',
      detail: '',
      spoken: 'ada: No consent: nothing is analysed',
    });
  });

  it('says since when the state is unknown after the connection to the server is lost', () => {
    const shown = headline([said(verdict('ada', 0)), { type: 'status', state: 'disconnected', sinceMs: 42_000 }]);
    expect(shown).toMatchObject({ kind: 'unknown', lead: `State unknown since ${clock(42_000)}`, labels: [] });
  });

  it('says that a lost participant may come back', () => {
    const gone = { reason: 'no-media', missing: { voice: 'no-media', face: 'no-media' } } as const;
    const shown = headline([said(verdict('ada', 0, { ...silent, ...gone }))], { connected: false });
    expect(shown).toMatchObject({
      kind: 'unknown',
      lead: `State unknown since ${clock(NOW)}`,
      detail: 'connection lost, may come back',
    });
  });

  it('goes on with the verdicts of a lost participant whose media still arrives', () => {
    const shown = headline([said(verdict('ada', 0))], { connected: false });
    expect(shown).toMatchObject({ kind: 'expressed', detail: 'connection lost, may come back' });
  });

  it('does not pass off an old verdict as the present', () => {
    const events = [said(verdict('ada', 0))];
    expect(headline(events, {}, NOW + SILENT_MS).kind).toBe('expressed');
    expect(headline(events, {}, NOW + SILENT_MS + 1)).toMatchObject({
      kind: 'unknown',
      lead: `State unknown since ${clock(NOW)}`,
    });
  });

  it('says so when neither voice nor face is sent', () => {
    expect(headline([], { microphone: 'muted', camera: 'off' }).lead).toBe('No verdict: voice muted, face off');
  });

  it('speaks of lasting changes alone, and without numbers', () => {
    const steady = told({
      kind: 'segment',
      participant: 'ada',
      segment: segment(0, { labels: ['surprise', 'happiness'] }),
    });
    const first = headline([said(verdict('ada', 0)), steady]).spoken;
    const stray = headline([said(verdict('ada', 0)), steady, said(verdict('ada', 1, silent))]).spoken;
    expect(first).toBe('ada: expressed happiness and surprise');
    expect(stray).toBe(first);
  });
});
