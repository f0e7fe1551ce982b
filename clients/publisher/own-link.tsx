import { consentLink } from '../consent/key.ts';
import type { Publication } from './publication.ts';

/** The way back to one's own data: a link that holds the key to it. Nothing before somebody has joined. */
export function OwnLink({ publication }: { readonly publication: Publication }) {
  const own = publication.ownKey();
  if (own === null) return null;
  return (
    <p>
      Keep this link:{' '}
      <a href={consentLink(location.origin, own)} target="_blank" rel="noopener">
        See what is kept of you
      </a>
      . It is yours alone, and opens what you agreed to, a copy of what is kept, and the way to withdraw later.
    </p>
  );
}
