/** Every operation of the HTTP API with who may: made of the table that the server goes by. */
import '../no-eval.ts';
import { render } from 'preact';
import { API_BASE, operations } from '../../src/protocol/api.ts';
import type { Operation } from '../../src/protocol/api.ts';

/** What an operation is about: the first step of its path. What has no other step is about the API itself. */
function topicOf({ path }: Operation): string {
  const [, first = '', ...more] = path.split('/');
  return more.length === 0 && (first === 'me' || first.endsWith('.json')) ? 'this API' : first;
}

function mayWords({ roles, subject, scope }: Operation): string {
  if (roles === 'anyone') return 'Anyone, without a token';
  const who = roles.length === 4 ? 'Any token' : `For ${roles.join(' or ')}`;
  return `${who}${scope === 'server' ? ', for all rooms' : ''}${subject ? ', or the person with their own key' : ''}`;
}

function ApiPage() {
  const topics = Map.groupBy(Object.entries<Operation>(operations), ([, operation]) => topicOf(operation));
  return (
    <main id="main" tabIndex={-1}>
      <header>
        <h1 class="headline">HTTP API</h1>
        <p>
          JSON under <code class="number">{API_BASE}</code>, with{' '}
          <code class="number">Authorization: Bearer TOKEN</code>. For programs:{' '}
          <a href={`${API_BASE}/openapi.json`}>OpenAPI</a> of this API,{' '}
          <a href={`${API_BASE}/asyncapi.json`}>AsyncAPI</a> of the WebSocket.
        </p>
      </header>
      {[...topics].map(([topic, listed]) => (
        <section key={topic} aria-labelledby={topic.replace(' ', '-')}>
          <h2 id={topic.replace(' ', '-')}>{topic}</h2>
          <ul class="operations">
            {listed.map(([name, operation]) => (
              <li key={name}>
                <code>
                  {operation.method} {operation.path}
                </code>
                <p>{operation.summary.replaceAll('`', '')}</p>
                <p class="quiet">{mayWords(operation)}</p>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </main>
  );
}

const root = document.getElementById('root');
if (root !== null) render(<ApiPage />, root);
