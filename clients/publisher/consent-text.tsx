/** What people agree to, as the server words it, and the box to tick. */
import { paragraphs } from './terms.ts';

/** The text, and the agreement to it. */
export function ConsentText({ text }: { readonly text: string }) {
  return (
    <>
      <section class="terms" aria-labelledby="terms">
        <h2 id="terms">What happens when you join</h2>
        <Paragraphs text={text} />
      </section>
      <label class="option">
        <input type="checkbox" name="consent" required /> I agree that my voice and face are analysed while I am in this
        room, as this says
      </label>
    </>
  );
}

/** The text alone. */
export function Paragraphs({ text }: { readonly text: string }) {
  return (
    <ul>
      {paragraphs(text).map((paragraph) => (
        <li key={paragraph}>{paragraph}</li>
      ))}
    </ul>
  );
}
