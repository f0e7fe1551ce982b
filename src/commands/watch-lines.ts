/** What `undertone watch` prints: each event of a room as a line for people. */
import type { MonitorEvent } from '../../clients/monitor.ts';
import { REASON_WORDS } from '../../clients/words.ts';
import { loadWords } from '../../clients/load-words.ts';
import type { ParticipantState, RoomEvent, VerdictJson } from '../protocol.ts';

const NAME_WIDTH = 16;
/** A label less probable than this is not worth a word. */
const FLOOR = 0.1;

/**
 * Lines of one room. Names come from other people: control characters in them never reach the terminal.
 * @example '14:02:11  Ada               happiness 0.81  surprise 0.34'
 */
export function watchLines(room: string, now: () => number = Date.now): (event: MonitorEvent) => readonly string[] {
  // Who is in the room, and nobody else: bounded by the server's limit on participants.
  const names = new Map<string, string>();
  return (event) => {
    const line = (ms: number, who: string, what: string) =>
      `${timeOfDay(ms)}  ${fitted(who)}  ${plain(what)}`.trimEnd();
    const nameOf = (id: string) => names.get(id) ?? id;
    const arrived = (person: ParticipantState) => {
      names.set(person.id, person.name);
      return line(now(), person.name, presence(person));
    };
    const tell = (told: RoomEvent): readonly string[] => {
      switch (told.kind) {
        case 'verdict':
          return [line(told.verdict.endMs, nameOf(told.participant), said(told.verdict))];
        case 'participant':
          return [arrived(told.participant)];
        case 'participant-left': {
          const name = nameOf(told.participant);
          names.delete(told.participant);
          return [line(now(), name, 'left')];
        }
        case 'segment':
          return [];
        case 'load':
          return [line(now(), room, `the host now takes ${loadWords(told.load)}`)];
      }
    };
    switch (event.type) {
      case 'status':
        return [line(event.sinceMs, room, `${event.state}${event.error ? `: ${event.error.message}` : ''}`)];
      case 'snapshot':
        names.clear();
        return [
          ...event.snapshot.participants.map(arrived),
          ...event.snapshot.verdicts.flatMap((verdict) => tell({ kind: 'verdict', ...verdict })),
        ];
      case 'event':
        return tell(event.event);
      case 'conflated':
        return [
          line(now(), room, `events ${event.from} to ${event.seq} came too fast to print; the latest of each:`),
          ...event.events.flatMap(tell),
        ];
    }
  };
}

function said({ status, reason, labels, probabilities }: VerdictJson): string {
  if (status === 'rejected') return `no verdict: ${reason === null ? 'no reason given' : REASON_WORDS[reason]}`;
  const worthAWord = Object.entries(probabilities)
    .filter(([label, probability]) => probability >= FLOOR || labels.some((present) => present === label))
    .sort(([, a], [, b]) => b - a);
  return worthAWord.map(([label, probability]) => `${label} ${probability.toFixed(2)}`).join('  ');
}

function presence({ role, connected, consented, microphone, camera }: ParticipantState): string {
  if (!connected) return `${role}, connection lost`;
  return `${role}, voice ${microphone}, face ${camera}${consented ? '' : ', no consent'}`;
}

function timeOfDay(ms: number): string {
  const at = new Date(ms);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => part.toString().padStart(2, '0')).join(':');
}

function fitted(name: string): string {
  const letters = Array.from(plain(name));
  return (letters.length > NAME_WIDTH ? `${letters.slice(0, NAME_WIDTH - 1).join('')}…` : letters.join('')).padEnd(
    NAME_WIDTH,
  );
}

const plain = (words: string): string => words.replace(/\p{C}/gu, '\u{fffd}');
