/** Who is told what enters the audit log, and how far each of them is. */
import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { auditKind } from '../../src/protocol/api/trust.ts';
import type { OperationAnswer } from '../../src/protocol/api.ts';
import { Problem } from '../problem.tsx';
import { createResource } from '../resource.ts';
import type { SectionProps } from './section.ts';

type Webhook = OperationAnswer<'webhooks'>['webhooks'][number];
type Added = OperationAnswer<'addWebhook'> & { readonly url: string };

const KINDS = auditKind.options;

/** The webhooks section. */
export function WebhooksSection({ api, me }: SectionProps) {
  const state = useMemo(() => createResource(() => api.call('webhooks', {})), [api]);
  const added = useSignal<Added | null>(null);
  const { value, problem, busy } = state.known.value;
  const add = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const fields = new FormData(form);
    const text = (name: string) => {
      const value = fields.get(name);
      return typeof value === 'string' ? value.trim() : '';
    };
    const kinds = KINDS.filter((kind) => fields.has(kind));
    const body = { url: text('url'), kinds, rooms: text('room') === '' ? null : [text('room')] };
    added.value = null;
    const well = await state.refresh(async () => {
      added.value = { ...(await api.call('addWebhook', { body })), url: body.url };
    });
    if (well) form.reset();
  };
  const remove = (id: string) => void state.refresh(() => api.call('removeWebhook', { params: { id } }));
  return (
    <section class="panel" aria-labelledby="webhooks">
      <h2 id="webhooks">Webhooks</h2>
      <p class="quiet">
        What enters the audit log is sent on, entry by entry and in order, signed, and sent again until it is taken. It
        holds ids and numbers, no media, no names.
      </p>
      <Problem problem={problem} />
      {added.value !== null && <Secret added={added.value} />}
      {value !== null && value.webhooks.length === 0 && <p>Nobody is told yet.</p>}
      {value !== null && value.webhooks.length > 0 && (
        <ul class="made">
          {value.webhooks.map((webhook) => (
            <One key={webhook.id} webhook={webhook} busy={busy} onRemove={() => remove(webhook.id)} />
          ))}
        </ul>
      )}
      <form class="group" onSubmit={(event) => void add(event)}>
        <div class="field wide">
          <label for="webhook-url">Address, https</label>
          <input
            id="webhook-url"
            name="url"
            type="url"
            class="number"
            required
            maxLength={2000}
            placeholder="https://example.org/undertone"
          />
        </div>
        <fieldset class="reasons wide">
          <legend>What it is told of</legend>
          {KINDS.map((kind) => (
            <label key={kind} class="option">
              <input type="checkbox" name={kind} defaultChecked />
              {kind}
            </label>
          ))}
        </fieldset>
        <div class="field">
          <label for="webhook-room">Of</label>
          <select id="webhook-room" name="room">
            <option value="">all rooms, and what concerns none</option>
            {me.rooms.map((room) => (
              <option key={room} value={room}>
                room {room}
              </option>
            ))}
          </select>
        </div>
        <div class="row">
          <button class="primary" type="submit" disabled={busy}>
            Add a webhook
          </button>
        </div>
      </form>
    </section>
  );
}

function Secret({ added }: { readonly added: Added }) {
  return (
    <div class="notice secret" role="status">
      <p>Added {added.url}. Its deliveries are signed with this key, which is shown only now:</p>
      <input
        class="number"
        aria-label="Key that signs"
        readOnly
        value={added.secret}
        onFocus={({ currentTarget }) => currentTarget.select()}
      />
    </div>
  );
}

interface OneProps {
  readonly webhook: Webhook;
  readonly busy: boolean;
  readonly onRemove: () => void;
}

function One({ webhook, busy, onRemove }: OneProps) {
  const { url, kinds, rooms, deliveredSeq, failures, problem } = webhook;
  return (
    <li class="notice" aria-label={url}>
      <p class="number long">{url}</p>
      <p class="quiet">
        {kinds.length === KINDS.length ? 'everything' : kinds.join(', ')};{' '}
        {rooms === null ? 'all rooms' : `room ${rooms.join(', ')}`}; up to entry{' '}
        <span class="number">{deliveredSeq}</span>
      </p>
      {problem !== null && (
        <p class="fault">
          Not delivered, {failures} {failures === 1 ? 'attempt' : 'attempts'}: {problem}
        </p>
      )}
      <button type="button" disabled={busy} onClick={onRemove} aria-label={`Remove ${url}`}>
        Remove
      </button>
    </li>
  );
}
