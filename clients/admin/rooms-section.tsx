/** What each room is for, what people agree to there, and what is kept. */
import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { SectionProps } from './section.ts';
import { Problem } from '../problem.tsx';
import { createResource } from '../resource.ts';
import { SettingsForm } from './settings-form.tsx';

/** Rooms and their settings. */
export function RoomsSection({ api, me }: SectionProps) {
  const room = useSignal(me.rooms[0] ?? '');
  if (me.rooms.length === 0) return <p class="sheet">This token is good for no room that exists.</p>;
  return (
    <>
      {me.rooms.length > 1 && (
        <nav class="row" aria-label="Rooms">
          {me.rooms.map((name) => (
            <button key={name} type="button" aria-pressed={name === room.value} onClick={() => (room.value = name)}>
              {name}
            </button>
          ))}
        </nav>
      )}
      <Room key={room.value} api={api} room={room.value} />
    </>
  );
}

function Room({ api, room }: { readonly api: SectionProps['api']; readonly room: string }) {
  const state = useMemo(() => createResource(() => api.call('readSettings', { params: { room } })), [api, room]);
  const saved = useSignal(false);
  const { value, problem, busy } = state.known.value;
  return (
    <>
      {value === null && <Problem problem={problem} />}
      {value !== null && (
        <SettingsForm
          key={value.etag}
          state={value}
          busy={busy}
          problem={problem}
          saved={saved.value && problem === null}
          onReadAgain={() => void state.refresh()}
          onSave={async (settings) => {
            saved.value = false;
            const body = { settings, etag: value.etag };
            saved.value = await state.refresh(() => api.call('saveSettings', { params: { room }, body }));
          }}
        />
      )}
    </>
  );
}
