/** Before joining: who, as what, with which media, and whether they agree. */
import { useSignal } from '@preact/signals';
import type { RoomTerms } from '../../src/protocol.ts';
import type { SourceName } from './capture.ts';
import { ConsentText } from './consent-text.tsx';
import { rolesOf, sampleRefusal } from './terms.ts';

/** What a person says before joining. */
export interface Intent {
  readonly source: SourceName;
  readonly name: string;
  readonly role: string;
  /** The version of the text that they agreed to; null: they join without being analysed. */
  readonly textVersion: string | null;
}

/** What the form needs to know. */
export interface JoinFormProps {
  readonly terms: RoomTerms;
  readonly source: SourceName;
  /** Why the last attempt failed; null at first. */
  readonly problem: string | null;
  readonly onJoin: (intent: Intent) => void;
}

/** The form to join with. */
export function JoinForm({ terms, source, problem, onJoin }: JoinFormProps) {
  const chosen = useSignal(source);
  const roles = rolesOf(terms);
  const role = useSignal((roles.find(({ analysed }) => analysed) ?? roles[0])?.role ?? '');
  const refusal =
    chosen.value === 'sample'
      ? sampleRefusal(terms)
      : (roles.find((each) => each.role === role.value)?.because ?? null);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const name = new FormData(event.currentTarget as HTMLFormElement).get('name');
    if (chosen.value === 'sample') onJoin(sampleIntent(terms));
    else
      onJoin({
        source: 'camera',
        name: typeof name === 'string' ? name.trim() : '',
        role: role.value,
        textVersion: refusal === null ? terms.consent.version : null,
      });
  };
  return (
    <form class="sheet" onSubmit={submit}>
      <h1 class="headline">Join room {terms.room}</h1>
      {problem !== null && (
        <p class="notice fault" role="alert">
          {problem}
        </p>
      )}
      <p>
        This room is for {terms.words.purpose}. It keeps {terms.words.kept}.
      </p>
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
      {chosen.value === 'sample' ? (
        <p>{refusal ?? 'A still portrait that moves a little, and a synthetic voice: nobody is analysed.'}</p>
      ) : (
        <>
          <Person roles={roles} role={role.value} onRole={(next) => (role.value = next)} />
          {refusal === null ? (
            <ConsentText text={terms.consent.text} />
          ) : (
            <p class="notice" role="status">
              {refusal} You can join without being analysed: no camera and no microphone is opened.
            </p>
          )}
        </>
      )}
      {(chosen.value === 'camera' || refusal === null) && (
        <div class="row">
          <button class="primary" type="submit">
            {joinWords(chosen.value, refusal)}
          </button>
        </div>
      )}
    </form>
  );
}

/** The sample clip is nobody, and the record says so. */
export function sampleIntent({ sample }: RoomTerms): Intent {
  return { source: 'sample', name: 'Sample clip', role: 'sample', textVersion: sample.version };
}

function joinWords(source: SourceName, refusal: string | null): string {
  if (source === 'sample') return 'Join with the sample clip';
  return refusal === null ? 'Join with camera' : 'Join without being analysed';
}

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

interface PersonProps {
  readonly roles: RoomTerms['roles'];
  readonly role: string;
  readonly onRole: (role: string) => void;
}

function Person({ roles, role, onRole }: PersonProps) {
  return (
    <>
      <div class="field">
        <label for="name">Your name, as others in the room see it</label>
        <input id="name" name="name" required maxLength={80} autocomplete="nickname" />
      </div>
      <div class="field">
        <label for="role">Your part in the room</label>
        <select id="role" name="role" value={role} onChange={(event) => onRole(event.currentTarget.value)}>
          {roles.map((each) => (
            <option key={each.role} value={each.role}>
              {each.analysed ? each.role : `${each.role} (not analysed)`}
            </option>
          ))}
        </select>
      </div>
    </>
  );
}
