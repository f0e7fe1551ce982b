/** The words of publishing: what goes in, where it stands, what can be done. */
import type { UndertoneError } from '../../src/errors.ts';
import type { BackoffOptions } from '../backoff.ts';

/** Who joins which room, with what. */
export interface PublishOptions {
  /** The gateway, for example `wss://monitor.example.org/ws`. */
  readonly url: string;
  /** A publisher's or an admin's token. */
  readonly token: string;
  readonly room: string;
  /** How others see the person. */
  readonly name: string;
  /** The person's part in the room, for example `customer`. Default `participant`. */
  readonly role?: string;
  /** True only when the person has agreed to be analysed. Without it nothing is sent. */
  readonly consent: boolean;
  /** The first audio and the first video track are sent. They stay the caller's: nothing here stops them. */
  readonly stream: MediaStream;
  /** Waits between attempts to reconnect. Default 0.5 s doubling to 15 s, jittered. */
  readonly backoff?: BackoffOptions;
}

/** Where a publication stands. */
export interface PublicationState {
  /** `live`: signalling and media are connected. `ended`: for good, by `leave` or for `error`. */
  readonly connection: 'connecting' | 'live' | 'reconnecting' | 'ended';
  /** Whether the person may be analysed. */
  readonly consented: boolean;
  readonly muted: boolean;
  readonly cameraOff: boolean;
  /** The participant's id; null before the first join. */
  readonly participant: string | null;
  /** What went wrong last; null while all is well. */
  readonly error: UndertoneError | null;
}

/** A participant in a room, until `leave`. */
export interface Publication {
  readonly state: PublicationState;
  /** Hear of every change of state; returns how to stop. */
  on(listener: (state: PublicationState) => void): () => void;
  /** Hold the microphone back, or send it again. */
  mute(muted: boolean): void;
  /** Hold the camera back, or send it again. */
  cameraOff(off: boolean): void;
  /** Stop being analysed: from this moment nothing is sent, and the server is told as soon as it can be. */
  withdraw(): void;
  /** Agree again after `withdraw`. */
  agree(): void;
  /** Leave the room for good. */
  leave(): void;
}
