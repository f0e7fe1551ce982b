/** A room's settings as a form: purpose first, as it decides who may be analysed at all. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { OperationAnswer, OperationInput } from '../../src/protocol/api.ts';
import type { UndertoneError } from '../../src/errors.ts';
import { Problem } from '../problem.tsx';
import { REASON_WORDS } from '../words.ts';
import { isAnalysed } from './law.ts';

type Settings = OperationInput<'saveSettings'>['body']['settings'];
type State = OperationAnswer<'readSettings'>;

/** What the form needs to know. */
export interface SettingsFormProps {
  readonly state: State;
  readonly busy: boolean;
  /** Why it was not saved. */
  readonly problem: UndertoneError | null;
  readonly saved: boolean;
  /** Give up what was changed here, and show what is on record. */
  readonly onReadAgain: () => void;
  readonly onSave: (settings: Settings) => Promise<void>;
}

const DAY_MS = 86_400_000;
const PURPOSES = ['demonstration', 'meeting', 'customer-call', 'research', 'medical', 'safety'] as const;
const KINDS = ['customer', 'patient', 'employee', 'student', 'candidate', 'other'] as const;
const REASONS = ['low-confidence', 'out-of-distribution', 'poor-face', 'no-face', 'no-speech'] as const;

/** The form; what it says is sent as a whole. */
export function SettingsForm({ state, busy, problem, saved, onReadAgain, onSave }: SettingsFormProps) {
  const now = useSignal<Settings>(structuredClone(state.settings) as Settings);
  const { purpose, jurisdiction, justification, consentText, keeping, clips, retention, review } = now.value;
  const set = (change: Partial<Settings>) => (now.value = { ...now.value, ...change });
  const setReview = (change: Partial<Settings['review']>) => set({ review: { ...review, ...change } });
  const days = (key: keyof Settings['retention'], words: string) => (
    <Field words={`${words}, days`}>
      {(id) => (
        <input
          id={id}
          type="number"
          min="0"
          max="3650"
          step="any"
          class="number"
          required
          value={retention[key] / DAY_MS}
          onChange={({ currentTarget }) =>
            set({ retention: { ...retention, [key]: Math.round(currentTarget.valueAsNumber * DAY_MS) } })
          }
        />
      )}
    </Field>
  );
  const share = (key: 'rejectedShare' | 'auditShare' | 'informationShare', words: string, title: string) => (
    <Field words={words} title={title}>
      {(id) => (
        <input
          id={id}
          type="number"
          min="0"
          max="100"
          step="any"
          class="number"
          required
          value={Math.round(review[key] * 10_000) / 100}
          onChange={({ currentTarget }) => setReview({ [key]: currentTarget.valueAsNumber / 100 })}
        />
      )}
    </Field>
  );
  return (
    <form
      class="settings"
      onSubmit={(event) => {
        event.preventDefault();
        void onSave(now.value);
      }}
    >
      <Group legend="Purpose">
        <Field words="What the room is for">
          {(id) => <Choice id={id} of={PURPOSES} value={purpose} onChange={(next) => set({ purpose: next })} />}
        </Field>
        <Field words="Whose law holds">
          {(id) => (
            <Choice
              id={id}
              of={['eu', 'other']}
              value={jurisdiction}
              onChange={(next) => set({ jurisdiction: next })}
            />
          )}
        </Field>
        <Field words="Justification, for medical and safety" wide>
          {(id) => (
            <textarea
              id={id}
              rows={2}
              maxLength={2000}
              value={justification ?? ''}
              onChange={({ currentTarget: { value } }) =>
                set({ justification: value.trim() === '' ? null : value.trim() })
              }
            />
          )}
        </Field>
        <p class="quiet wide">
          In the EU, employees, students and candidates are not analysed, except for medical or safety reasons that are
          on record (Regulation 2024/1689, Article 5).
        </p>
      </Group>
      <Roles profile={now.value} onChange={(next) => set({ roles: next })} />
      <Group legend="Consent">
        <Field words="What people agree to" wide>
          {(id) => (
            <textarea
              id={id}
              rows={6}
              minLength={20}
              maxLength={20_000}
              required
              value={consentText}
              onChange={({ currentTarget }) => set({ consentText: currentTarget.value.trim() })}
            />
          )}
        </Field>
        <p class="quiet wide">
          Version <span class="number">{state.consentVersion}</span>. A changed text has another version: whoever agreed
          to the old one is asked anew.
        </p>
      </Group>
      <Group legend="What is kept">
        <Field words="Scores">
          {(id) => (
            <Choice
              id={id}
              of={['nothing', 'segments', 'windows']}
              value={keeping}
              onChange={(next) => set({ keeping: next, ...(next === 'nothing' && { clips: false }) })}
            />
          )}
        </Field>
        <label class="option">
          <input
            type="checkbox"
            checked={clips}
            disabled={keeping === 'nothing'}
            onChange={({ currentTarget }) => set({ clips: currentTarget.checked })}
          />
          Keep a clip of what reviewers are asked about
        </label>
        {days('clipsMs', 'Clips are kept for')}
        {days('scoresMs', 'Scores are kept for')}
        {days('reviewsMs', 'Reviews are kept for')}
        <p class="quiet wide">A shorter time holds at once, a longer one for what is said from now on.</p>
      </Group>
      <Group legend="Review">
        <fieldset class="reasons wide">
          <legend>Rejected for one of these reasons</legend>
          {REASONS.map((reason) => (
            <label key={reason} class="option">
              <input
                type="checkbox"
                checked={review.reasons.includes(reason)}
                onChange={({ currentTarget: { checked } }) => {
                  const without = review.reasons.filter((each) => each !== reason);
                  setReview({ reasons: checked ? [...without, reason] : without });
                }}
              />
              {REASON_WORDS[reason]}
            </label>
          ))}
        </fieldset>
        {share('rejectedShare', 'of which are asked about, %', 'Chance that such a segment becomes a review item')}
        {share(
          'auditShare',
          'Accepted ones asked about at random, %',
          'A random share of what was accepted: without it nobody knows how often an accepted verdict is wrong',
        )}
        {share(
          'informationShare',
          'Asked about for what it teaches, at most %',
          'Greatest chance that a segment is asked about because its answer says most about the calibration',
        )}
        <Field words="Reviewers an item">
          {(id) => (
            <input
              id={id}
              type="number"
              min="1"
              max="16"
              class="number"
              required
              value={review.raters}
              onChange={({ currentTarget }) => setReview({ raters: currentTarget.valueAsNumber })}
            />
          )}
        </Field>
        <Field words="Held for a reviewer, seconds">
          {(id) => (
            <input
              id={id}
              type="number"
              min="10"
              max="3600"
              class="number"
              required
              value={review.reservationMs / 1000}
              onChange={({ currentTarget }) => setReview({ reservationMs: currentTarget.valueAsNumber * 1000 })}
            />
          )}
        </Field>
      </Group>
      <div class="save">
        <Problem problem={problem} />
        <div class="row">
          <button class="primary" type="submit" disabled={busy}>
            Save
          </button>
          {problem?.code === 'conflict' && (
            <button type="button" disabled={busy} onClick={onReadAgain}>
              Show what is on record, without my changes
            </button>
          )}
          {saved && <p role="status">Saved; it holds from now on and is on record.</p>}
        </div>
      </div>
    </form>
  );
}

function Group({ legend, children }: { readonly legend: string; readonly children: ComponentChildren }) {
  return (
    <fieldset class="group">
      <legend>{legend}</legend>
      {children}
    </fieldset>
  );
}

interface FieldProps {
  readonly words: string;
  readonly title?: string;
  readonly wide?: boolean;
  readonly children: (id: string) => ComponentChildren;
}

function Field({ words, title, wide = false, children }: FieldProps) {
  const id = `field-${words.replaceAll(/\W+/g, '-').toLowerCase()}`;
  return (
    <div class={wide ? 'field wide' : 'field'} title={title}>
      <label for={id}>{words}</label>
      {children(id)}
    </div>
  );
}

interface ChoiceProps<T extends string> {
  readonly id: string;
  readonly of: readonly T[];
  readonly value: T;
  readonly onChange: (value: T) => void;
}

function Choice<T extends string>({ id, of, value, onChange }: ChoiceProps<T>) {
  return (
    <select
      id={id}
      value={value}
      onChange={({ currentTarget }) => {
        const chosen = of.find((each) => each === currentTarget.value);
        if (chosen !== undefined) onChange(chosen);
      }}
    >
      {of.map((each) => (
        <option key={each} value={each}>
          {each.replaceAll('-', ' ')}
        </option>
      ))}
    </select>
  );
}

function Roles({
  profile,
  onChange,
}: {
  readonly profile: Settings;
  readonly onChange: (to: Settings['roles']) => void;
}) {
  const { roles } = profile;
  const added = useSignal('');
  const add = () => {
    const name = added.value.trim();
    if (name === '') return;
    onChange({ ...roles, [name]: 'other' });
    added.value = '';
  };
  return (
    <Group legend="Parts that people have in the room">
      <ul class="roles wide">
        {Object.entries(roles).map(([role, kind]) => (
          <li key={role} class="row">
            <span class="role">{role}</span>
            <label class="row">
              <span class="unseen">{role} is</span>
              <Choice
                id={`role-${role}`}
                of={KINDS}
                value={kind}
                onChange={(next) => onChange({ ...roles, [role]: next })}
              />
            </label>
            <button
              type="button"
              aria-label={`Remove ${role}`}
              onClick={() => onChange(Object.fromEntries(Object.entries(roles).filter(([name]) => name !== role)))}
            >
              Remove
            </button>
            {!isAnalysed(profile, role) && <span class="quiet">not analysed, as the law stands</span>}
          </li>
        ))}
      </ul>
      <div class="row wide">
        <label class="row">
          Another part{' '}
          <input
            value={added.value}
            maxLength={80}
            onInput={({ currentTarget }) => (added.value = currentTarget.value)}
          />
        </label>
        <button type="button" onClick={add}>
          Add
        </button>
      </div>
    </Group>
  );
}
