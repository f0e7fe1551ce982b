/** What every picture that we draw as SVG looks like: clients/tokens.css, as far as a picture needs it. */

/** Typeface of words, the page's own. */
export const SANS = `system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','Liberation Sans',sans-serif`;

/** Colours in the reader's light or dark scheme, as custom properties. */
export const SCHEME = `:root{color-scheme:light dark;--ground:#fff;--ink:#171b21;--quiet:#565e69;--grid:#e3e6ea;--hatch:#a4abb5;--well:#f1f3f5;--accent:#005a8f;--heat:#0072b2}
@media(prefers-color-scheme:dark){:root{--ground:#181c22;--ink:#e8ebef;--quiet:#a0a9b4;--grid:#2a313a;--hatch:#566170;--well:#1d2228;--accent:#6cb8ee;--heat:#1f7fbf}}`;
