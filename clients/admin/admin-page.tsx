/** Sections side by side in a navigation; the address's fragment says which one is open. */
import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { AuditSection } from './audit-section.tsx';
import { CalibrationSection } from './calibration-section.tsx';
import { ReviewSection } from './review-section.tsx';
import { RoomsSection } from './rooms-section.tsx';
import type { SectionProps } from './section.ts';
import { PageLinks } from '../page-links.tsx';
import { TokensSection } from './tokens-section.tsx';
import { WebhooksSection } from './webhooks-section.tsx';

const SECTIONS: Readonly<
  Record<string, { readonly title: string; readonly Section: (props: SectionProps) => JSX.Element }>
> = {
  rooms: { title: 'Rooms', Section: RoomsSection },
  review: { title: 'Review', Section: ReviewSection },
  calibration: { title: 'Calibration', Section: CalibrationSection },
  audit: { title: 'Audit', Section: AuditSection },
  webhooks: { title: 'Webhooks', Section: WebhooksSection },
  tokens: { title: 'Tokens', Section: TokensSection },
};

const fragment = signal(location.hash.slice(1));

/** The page, signed in. */
export function AdminPage(props: SectionProps) {
  useEffect(() => {
    const follow = () => (fragment.value = location.hash.slice(1));
    addEventListener('hashchange', follow);
    return () => {
      removeEventListener('hashchange', follow);
    };
  }, []);
  const open = Object.hasOwn(SECTIONS, fragment.value) ? fragment.value : 'rooms';
  const Section = SECTIONS[open]?.Section ?? RoomsSection;
  return (
    <>
      <header class="bar">
        <h1>Administration</h1>
        <PageLinks here="admin" role={props.me.role} />
        <p class="quiet who">signed in as {props.me.subject}</p>
      </header>
      <nav aria-label="Sections" class="row sections">
        {Object.entries(SECTIONS).map(([name, { title }]) => (
          <a key={name} href={`#${name}`} aria-current={name === open ? 'page' : undefined}>
            {title}
          </a>
        ))}
      </nav>
      <main id="main" tabIndex={-1}>
        <Section key={open} {...props} />
      </main>
    </>
  );
}
