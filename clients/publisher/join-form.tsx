/** Before joining: who, as what, with which media, and whether they agree. */
import { useSignal } from '@preact/signals';
import type { SourceName } from './capture.ts';

/** What a person says before joining. */
export interface Intent {
  readonly source: SourceName;
  readonly name: string;
  readonly role: string;
}

/** What the form needs to know. */
export interface JoinFormProps {
  readonly room: string;
  readonly source: SourceName;
  /** Why the last attempt failed; null at first. */
  readonly problem: string | null;
  readonly onJoin: (intent: Intent) => void;
}

/** The form to join with. */
export function JoinForm({ room, source, problem, onJoin }: JoinFormProps) {
  const chosen = useSignal(source);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string) => {
      const value = fields.get(name);
      return typeof value === 'string' ? value.trim() : '';
    };
    if (chosen.value === 'sample') onJoin(SAMPLE);
    else onJoin({ source: 'camera', name: text('name'), role: text('role') });
  };
  return (
    <form class="sheet" onSubmit={submit}>
      <h1 class="headline">Join room {room}</h1>
      {problem !== null && (
        <p class="notice fault" role="alert">
          {problem}
        </p>
      )}
      <fieldset class="choice">
        <legend>Join with</legend>
        <Choice
          name="camera"
          words="camera and microphone"
          chosen={chosen.value}
          onChoose={() => (chosen.value = 'camera')}
        />
        <Choice
          name="sample"
          words="the sample clip"
          chosen={chosen.value}
          onChoose={() => (chosen.value = 'sample')}
        />
      </fieldset>
      {chosen.value === 'camera' ? (
        <Person />
      ) : (
        <p>A still portrait that moves a little, and a synthetic voice: nobody is analysed.</p>
      )}
      <div class="row">
        <button class="primary" type="submit">
          {chosen.value === 'camera' ? 'Join with camera' : 'Join with the sample clip'}
        </button>
      </div>
    </form>
  );
}

/** The sample clip needs neither a name nor anybody's consent. */
export const SAMPLE: Intent = { source: 'sample', name: 'Sample clip', role: 'sample' };

interface ChoiceProps {
  readonly name: SourceName;
  readonly words: string;
  readonly chosen: SourceName;
  readonly onChoose: () => void;
}

function Choice({ name, words, chosen, onChoose }: ChoiceProps) {
  return (
    <label class="option">
      <input type="radio" name="source" value={name} checked={chosen === name} onChange={onChoose} /> {words}
    </label>
  );
}

function Person() {
  return (
    <>
      <div class="field">
        <label for="name">Your name, as others in the room see it</label>
        <input id="name" name="name" required maxLength={80} autocomplete="nickname" />
      </div>
      <div class="field">
        <label for="role">Your part in the room, for example customer or agent</label>
        <input id="role" name="role" required maxLength={80} defaultValue="participant" autocomplete="off" />
      </div>
      <section class="terms" aria-labelledby="terms">
        <h2 id="terms">What happens when you join</h2>
        <ul>
          <li>
            Your voice and face are sent to this server and analysed as they arrive. Neither is stored. The results are
            numbers, which those who watch this room see.
          </li>
          <li>
            The numbers estimate which emotions others would perceive in your voice and face. They do not say what you
            feel, and they can be wrong.
          </li>
          <li>You can stop at any moment: analysis ends at once.</li>
          <li>
            In the EU it is forbidden to infer emotions of people at work or in education, except for medical or safety
            reasons (Regulation 2024/1689, Article 5). Do not join as an employee or student of whoever runs this room.
          </li>
        </ul>
      </section>
      <label class="option">
        <input type="checkbox" name="consent" required /> I agree that my voice and face are analysed while I am in this
        room
      </label>
    </>
  );
}
