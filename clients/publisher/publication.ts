/** The words of publishing: what goes in, where it stands, what can be done. */
import type { UndertoneError } from '../../src/errors.ts';
import type { Receipt } from '../../src/protocol.ts';
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
  /**
   * The version of the text that the person has agreed to (`room` tells it, with the text); null when they do not agree to
   * be analysed. Without it nothing is sent.
   */
  readonly textVersion: string | null;
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
  /** What a withdrawal has deleted: a receipt for each time the server knew the person by another number. */
  readonly receipts: readonly Receipt[];
  /** A withdrawal's deletion is under way, or could not be asked for yet; `withdraw` asks again. */
  readonly deleting: boolean;
  /** The participant's id; null before the first join. */
  readonly participant: string | null;
  /** What went wrong last; null while all is well. */
  readonly error: UndertoneError | null;
}

/** A participant in a room, until `leave`. */
export interface Publication {
  readonly state: PublicationState;
  /** The key to what is kept of the person, for the page of their own data; null before they have joined. */
  ownKey(): { readonly room: string; readonly participant: string; readonly key: string } | null;
  /** Hear of every change of state; returns how to stop. */
  on(listener: (state: PublicationState) => void): () => void;
  /** Hold the microphone back, or send it again. */
  mute(muted: boolean): void;
  /** Hold the camera back, or send it again. */
  cameraOff(off: boolean): void;
  /**
   * Stop being analysed: from this moment nothing is sent, and the server is told as soon as it can be. It deletes what
   * it keeps of the person, and `receipts` say so. Works after `leave` too, while the page is open.
   */
  withdraw(): void;
  /** Agree again after `withdraw`, to the text of this version. */
  agree(textVersion: string): void;
  /** Leave the room for good. */
  leave(): void;
}
