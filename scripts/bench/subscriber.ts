/** A subscriber in a process of its own: reports when each verdict arrived, on the epoch clock both processes share. */
import { connect } from '../../clients/connection.ts';

const [url = '', room = ''] = process.argv.slice(2);
const connection = await connect({ url, token: 'bench' });
connection.onMessage((message) => {
  const now = performance.timeOrigin + performance.now();
  const events = message.type === 'event' ? [message.event] : message.type === 'conflated' ? message.events : [];
  for (const event of events)
    if (event.kind === 'verdict')
      process.send?.({ key: `${event.participant}:${event.seq.toString()}`, at: now, verdict: event.verdict });
});
await connection.request('subscribe', { room });
process.send?.({ ready: true });
await connection.closed;
