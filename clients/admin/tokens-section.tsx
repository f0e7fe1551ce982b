/** Make tokens for others, and call them back. */
import { useSignal } from '@preact/signals';
import type { OperationAnswer } from '../../src/protocol/api.ts';
import { asUndertoneError } from '../../src/errors.ts';
import type { UndertoneError } from '../../src/errors.ts';
import type { SectionProps } from './section.ts';
import { Problem } from '../problem.tsx';

type Made = OperationAnswer<'makeToken'> & {
  readonly subject: string;
  readonly role: string;
  readonly revoked: boolean;
};

const ROLES = ['reviewer', 'viewer', 'publisher', 'admin'] as const;
const PAGES: Readonly<Record<(typeof ROLES)[number], string>> = {
  reviewer: '/review',
  viewer: '/',
  publisher: '/join',
  admin: '/admin',
};
const HOUR_S = 3600;

/** The tokens section; it knows those that were made since it was opened. */
export function TokensSection({ api, me }: SectionProps) {
  const made = useSignal<readonly Made[]>([]);
  const problem = useSignal<UndertoneError | null>(null);
  const attempt = async (job: () => Promise<void>) => {
    problem.value = null;
    await job().catch((thrown: unknown) => (problem.value = asUndertoneError(thrown)));
  };
  const make = (event: SubmitEvent) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string) => {
      const value = fields.get(name);
      return typeof value === 'string' ? value.trim() : '';
    };
    const role = ROLES.find((each) => each === text('role')) ?? 'viewer';
    const [subject, room] = [text('subject'), text('room')];
    void attempt(async () => {
      const ttlSeconds = Math.round(Number(text('hours')) * HOUR_S);
      const body = { role, subject, ttlSeconds, ...(room !== '' && { rooms: [room] }) };
      const token = await api.call('makeToken', { body });
      made.value = [{ ...token, subject, role, revoked: false }, ...made.value];
    });
  };
  const revoke = ({ id, expiresMs }: Made) =>
    void attempt(async () => {
      await api.call('revokeToken', { body: { id, expiresMs } });
      made.value = made.value.map((each) => (each.id === id ? { ...each, revoked: true } : each));
    });
  return (
    <section class="panel" aria-labelledby="tokens">
      <h2 id="tokens">Tokens</h2>
      <Problem problem={problem.value} />
      <form class="group" onSubmit={make}>
        <div class="field">
          <label for="token-role">For a</label>
          <select id="token-role" name="role">
            {ROLES.map((role) => (
              <option key={role}>{role}</option>
            ))}
          </select>
        </div>
        <div class="field">
          <label for="token-subject">Whom it is for; answers and the audit log carry this</label>
          <input id="token-subject" name="subject" required maxLength={128} autocomplete="off" />
        </div>
        <div class="field">
          <label for="token-room">Room</label>
          <select id="token-room" name="room">
            <option value="">all rooms</option>
            {me.rooms.map((room) => (
              <option key={room}>{room}</option>
            ))}
          </select>
        </div>
        <div class="field">
          <label for="token-hours">Good for, hours</label>
          <input
            id="token-hours"
            name="hours"
            type="number"
            min="1"
            max="8760"
            defaultValue="24"
            class="number"
            required
          />
        </div>
        <div class="row wide">
          <button class="primary" type="submit">
            Make a token
          </button>
        </div>
      </form>
      <ul class="made" aria-live="polite">
        {made.value.map((each) => (
          <li key={each.id} class="notice">
            <p>
              <b>{each.subject}</b>, {each.role}, until {new Date(each.expiresMs).toLocaleString()}
              {each.revoked && <span class="quiet">: called back</span>}
            </p>
            {!each.revoked && (
              <>
                <label class="field">
                  <span>Link; it is shown only here</span>
                  <input
                    class="number"
                    readOnly
                    value={`${location.origin}${PAGES[each.role as keyof typeof PAGES]}#token=${each.token}`}
                    onFocus={({ currentTarget }) => {
                      currentTarget.select();
                    }}
                  />
                </label>
                <button type="button" onClick={() => revoke(each)}>
                  Call it back
                </button>
              </>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
