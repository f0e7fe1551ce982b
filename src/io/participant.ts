import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { EMPTY, NEVER, dematerialize, endWith, materialize, share, switchMap, tap } from 'rxjs';
import type { Observable } from 'rxjs';
import type { ParticipantState, RoomEvent } from '../core/room-state.ts';
import { withinAgreement } from '../core/trust/settings.ts';
import type { ParticipantRef } from '../domain.ts';
import type { Actor, DeletionReceipt, RoomSettings } from '../domain/trust.ts';
import { UndertoneError, asUndertoneError } from '../errors.ts';
import type { Clock, Log, MediaEvent, MediaSource, Peer } from '../ports.ts';
import { createConsent } from './consent.ts';
import type { Consent } from './consent.ts';
import type { People } from './people.ts';

/** Somebody who has joined, as the pipelines see them. */
export interface Joined {
  /** Their media. Subscribe at once: track states are read off it as it passes, and an error ends the participant. */
  readonly source: MediaSource;
  /** Whether they agree to be analysed: the present answer at once, then every change; completes when they leave. */
  readonly consent: Observable<boolean>;
  /** Under which settings anything of them may be kept: never more than they agreed to. Null: nothing may be kept. */
  readonly agreed: () => RoomSettings | null;
}

/** What is known of somebody who joins. */
export interface Profile {
  readonly name: string;
  /** The person's part in the room, for example `customer` or `agent`. */
  readonly role: string;
}

/** The connection that stands for a participant. At most one of the first two is called, once. */
export interface SeatHolder {
  /** Another connection has resumed the participant. */
  onReplaced(): void;
  /** The participant's media is gone; joining again is the remedy. */
  onFault(error: UndertoneError): void;
  /** Analysis has stopped, as it has become forbidden; the participant stays. */
  onForbidden(error: UndertoneError): void;
}

/** What a participant needs of its room. */
export interface ParticipantDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** How long a lost connection may come back, ms. */
  readonly reconnectMs: number;
  readonly people: Pick<People, 'grant' | 'withdraw' | 'mayAnalyse' | 'settings'>;
  readonly publish: (event: RoomEvent) => void;
  /** Called once, when they have joined; returns how to stop what it started. */
  readonly onJoin: (joined: Joined) => () => void;
  /** Called once, when they have left. */
  readonly onLeft: () => void;
}

/** One participant, from joining to leaving. */
export interface Participant extends Pick<Consent, 'screen'> {
  readonly ref: ParticipantRef;
  /** The secret with which a connection may take this participant over. */
  readonly key: string;
  readonly peer: Peer | null;
  /** Whether they are analysed. */
  readonly consented: boolean;
  /** True once the media is gone for good: others see the participant until they have left or joined afresh. */
  readonly faulted: boolean;
  /** Join: publish the participant and hand the media on. */
  start(): void;
  /** Whether `key` is the right one; takes equally long whatever is wrong with it. */
  opens(key: string): boolean;
  /** A connection now stands for the participant; the one before is told that it was replaced. */
  attach(holder: SeatHolder): void;
  /** A connection is lost; if it still stood for the participant, they may come back for `reconnectMs`. */
  detach(holder: SeatHolder): void;
  /**
   * Put agreement on record, then let analysis begin; `textVersion` as `Agreement` has it.
   * @throws UndertoneError `not-joined`, what `People.grant` and `Peer.setConsent` throw.
   */
  grant(textVersion: string | null, actor: Actor): Promise<void>;
  /** As `Consent.withdraw`. @throws what `People.withdraw` throws. */
  withdraw(actor: Actor): Promise<DeletionReceipt | null>;
  /**
   * Consent was withdrawn by another way than their connection: analysis stops, whoever stands for them is told, and coming
   * back does not agree anew for them; only asking to be analysed again does.
   */
  withdrawnElsewhere(): void;
  /** Whether coming back may not agree for them, as `withdrawnElsewhere` has it. */
  readonly mustAgreeAnew: boolean;
  /** Put on record that the server's operator answers for this stream, if its role may be analysed and nobody withdrew. */
  agreeAsOperator(): Promise<void>;
  /** The room's settings have changed: stop analysis if they forbid it now. */
  reconsider(): void;
  leave(): void;
}

/** Make a participant of media and a name; nothing happens before `start`. */
export function createParticipant(
  profile: Profile,
  source: MediaSource,
  peer: Peer | null,
  deps: ParticipantDeps,
): Participant {
  const { ref } = source;
  const { clock, log, reconnectMs, people, publish } = deps;
  const key = randomBytes(32).toString('base64url');
  const consent = createConsent({
    clock,
    peer,
    onChange: (consented) => change({ consented }),
    onStuck: fault,
  });
  let state: ParticipantState = {
    id: ref.participant,
    ...profile,
    joinedMs: clock.now(),
    connected: true,
    consented: false,
    microphone: 'off',
    camera: 'off',
  };
  let holder: SeatHolder | null = null;
  let awayTimer: NodeJS.Timeout | undefined;
  let faulted = false;
  let started = false;
  let left = false;
  let mustAgreeAnew = false;
  let stop: (() => void) | undefined;

  function change(changes: Partial<ParticipantState>): void {
    const next = { ...state, ...changes };
    const fields = Object.keys(changes) as (keyof ParticipantState)[];
    if (left || fields.every((field) => next[field] === state[field])) return;
    state = next;
    if (started) publish({ kind: 'participant', participant: state });
  }

  function waitForReturn(): void {
    change({ connected: false });
    awayTimer ??= setTimeout(leave, reconnectMs);
  }

  function onMedia(event: MediaEvent): void {
    if (event.kind === 'track') change({ [event.modality === 'voice' ? 'microphone' : 'camera']: event.state });
  }

  /** The media broke. The participant stays in sight for a while, so that a reconnecting client is no stranger. */
  function fault(thrown: unknown): void {
    if (left || faulted) return;
    faulted = true;
    const cause = asUndertoneError(thrown, 'worker-crashed');
    log.warn({ ...ref, code: cause.code }, 'a participant lost their media');
    const lost = holder;
    holder = null;
    stop?.();
    peer?.close();
    change({ microphone: 'off', camera: 'off', connected: false });
    waitForReturn();
    lost?.onFault(new UndertoneError(cause.code, `the media of ${ref.participant} is lost: join again`, { cause }));
  }

  /** The media is over: a file was played, or the media server has closed. Nobody is there to come back. */
  function onEnd(): void {
    if (left || faulted) return;
    const lost = holder;
    leave();
    lost?.onFault(new UndertoneError('draining', `the media server has let ${ref.participant} go: join again`));
  }

  function leave(): void {
    if (left) return;
    left = true;
    clearTimeout(awayTimer);
    holder = null;
    consent.end();
    // Before leaving is published: what was running may still have a last word, such as the end of a segment.
    if (!faulted) stop?.();
    peer?.close();
    publish({ kind: 'participant-left', participant: ref.participant });
    deps.onLeft();
  }

  /** What of them may be kept now. */
  function agreed(): RoomSettings | null {
    return consent.agreed && withinAgreement(consent.agreed, people.settings(ref.room));
  }

  function start(): void {
    started = true;
    publish({ kind: 'participant', participant: state });
    const media = peer === null ? whileAgreed(source.events, consent.changes) : source.events;
    const events = media.pipe(tap({ next: onMedia, error: fault, complete: onEnd }), share());
    const stopped = deps.onJoin({ source: { ref, events }, consent: consent.changes, agreed });
    // Media may fail or end while it is being subscribed to.
    if (left || faulted) stopped();
    else stop = stopped;
  }

  async function grant(textVersion: string | null, actor: Actor): Promise<void> {
    if (left || faulted) throw new UndertoneError('not-joined', `${ref.participant} is not in ${ref.room}: join again`);
    const keyHash = digest(key).toString('hex');
    mustAgreeAnew = false;
    await consent.grant(() => people.grant(ref, { role: profile.role, textVersion, keyHash, actor }));
  }

  function withdrawnElsewhere(): void {
    if (!state.consented) return;
    mustAgreeAnew = true;
    void consent.halt();
    holder?.onForbidden(elsewhere());
  }

  async function agreeAsOperator(): Promise<void> {
    const { allowed, because } = people.mayAnalyse(ref.room, profile.role);
    try {
      if (allowed) await grant(null, OPERATOR);
      else log.warn({ ...ref, because }, 'a stream is not analysed');
    } catch (thrown) {
      const { code, message } = asUndertoneError(thrown);
      if (code !== 'purpose-forbids') throw thrown;
      log.warn({ ...ref, because: message }, 'a stream is not analysed');
    }
  }

  function reconsider(): void {
    const { allowed, because } = people.mayAnalyse(ref.room, profile.role);
    const wasConsented = state.consented;
    if (!allowed) {
      void consent.halt();
      if (wasConsented) holder?.onForbidden(new UndertoneError('purpose-forbids', because));
    } else if (peer === null && !wasConsented) {
      // Nobody behind a stream can be asked again by a page: its operator's word stands.
      agreeAsOperator().catch((error: unknown) => {
        log.warn({ ...ref, code: asUndertoneError(error).code }, 'a stream is not analysed');
      });
    }
  }

  return {
    ref,
    key,
    peer,
    get consented() {
      return state.consented;
    },
    get faulted() {
      return faulted;
    },
    start,
    screen: (verdict) => consent.screen(verdict),
    opens: (candidate) => timingSafeEqual(digest(candidate), digest(key)),
    attach(next) {
      const before = holder;
      holder = next;
      clearTimeout(awayTimer);
      awayTimer = undefined;
      change({ connected: true });
      before?.onReplaced();
      if (mustAgreeAnew) next.onForbidden(elsewhere());
    },
    detach(lost) {
      if (holder !== lost) return;
      holder = null;
      waitForReturn();
    },
    grant,
    withdraw: (actor) => consent.withdraw(() => people.withdraw(ref, actor)),
    withdrawnElsewhere,
    get mustAgreeAnew() {
      return mustAgreeAnew;
    },
    agreeAsOperator,
    reconsider,
    leave,
  };
}

const elsewhere = () =>
  new UndertoneError(
    'purpose-forbids',
    'Consent was withdrawn by another way than this page: analysis has stopped until you agree again.',
  );

/** Who answers for streams: the operator, who put them into the server's settings. */
const OPERATOR: Actor = { role: 'server', subject: 'operator' };

/** Media that nobody can switch at its source, such as a file: read while there is consent, and not otherwise. */
function whileAgreed(events: Observable<MediaEvent>, consent: Observable<boolean>): Observable<MediaEvent> {
  const agreed = consent.pipe(endWith(null));
  return agreed.pipe(
    switchMap((granted) => (granted === null ? EMPTY : granted ? events.pipe(materialize()) : NEVER)),
    dematerialize(),
  );
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
