/** From one page to another, as far as a token's role goes. */
import type { ApiRole } from '../src/protocol/api.ts';

/** The pages that have links, with who may use them. Reviewers may not watch: they answer blind. */
const PAGES = {
  watch: { title: 'Watch', href: '/', roles: ['viewer', 'admin'] },
  review: { title: 'Review', href: '/review', roles: ['reviewer', 'admin'] },
  admin: { title: 'Administration', href: '/admin', roles: ['admin'] },
  api: { title: 'API', href: '/api', roles: ['admin'] },
} as const satisfies Record<string, { title: string; href: string; roles: readonly ApiRole[] }>;

/** What the links need to know. */
export interface PageLinksProps {
  readonly here: keyof typeof PAGES;
  readonly role: ApiRole;
}

/** Links to every other page that the role may use; nothing where there is none. The tab keeps its token. */
export function PageLinks({ here, role }: PageLinksProps) {
  const open = Object.entries(PAGES).filter(
    ([name, { roles }]) => name !== here && (roles as readonly ApiRole[]).includes(role),
  );
  if (open.length === 0) return null;
  return (
    <nav class="row page-links" aria-label="Pages">
      {open.map(([name, { title, href }]) => (
        <a key={name} href={href}>
          {title}
        </a>
      ))}
    </nav>
  );
}
