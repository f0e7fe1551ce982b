/** How a report looks: the pages' tokens (clients/tokens.css), as far as a page without controls needs them. */
import { SANS, SCHEME } from '../svg-scheme.ts';
import { FIGURE_STYLE } from './drawing.ts';

/** The whole style sheet. */
export const REPORT_STYLE = `${SCHEME}
:root{--page:#f3f4f6;--line:#d8dce1;--mono:ui-monospace,'SF Mono',SFMono-Regular,'Cascadia Mono','Roboto Mono','DejaVu Sans Mono',monospace}
@media(prefers-color-scheme:dark){:root{--page:#0f1216;--line:#2f363f}}
${FIGURE_STYLE}
*{box-sizing:border-box;margin:0}
body{font:0.875rem/1.5 ${SANS};color:var(--ink);background:var(--page);padding:32px 24px 48px;max-width:1184px;margin:0 auto;-webkit-text-size-adjust:100%}
h1,h2,.value{font-size:1.25rem;line-height:1.3;font-weight:600}
h1{overflow-wrap:anywhere}h3{font-size:0.875rem;font-weight:600}
p{max-width:72ch}.quiet,.below,.beside,.caption,figcaption{color:var(--quiet)}
header{display:grid;gap:4px;margin-bottom:24px}
section{margin-top:40px}section>h2{margin-bottom:12px}section>h2:has(+p){margin-bottom:4px}section>p{margin-bottom:16px}
.card{background:var(--ground);border:1px solid var(--line);border-radius:6px}
.tiles{display:grid;max-width:none;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:16px;padding:0}
.tile{display:flex;flex-direction:column;gap:4px;padding:12px 16px 16px}
.value,td,code{font-family:var(--mono);font-variant-numeric:tabular-nums}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,21rem),1fr));gap:16px}
figure{display:flex;flex-direction:column;padding:8px 8px 12px}figure svg{display:block;width:100%;height:auto}figcaption{padding:8px 8px 0;border-top:1px solid var(--grid);margin-top:auto}
.sheet{margin-bottom:16px}.scroll{overflow-x:auto;border-radius:0 0 6px 6px}
.scroll:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
table{border-collapse:collapse;width:100%}
.caption{max-width:none;padding:12px 16px 8px}
th,td{padding:6px 16px;text-align:right;font-weight:400;white-space:nowrap;vertical-align:baseline;border-top:1px solid var(--grid)}
th:first-child{text-align:left;position:sticky;left:0;background:var(--ground)}
thead th{color:var(--quiet);border-top:0}tbody th{font-weight:600}
.beside{font-weight:400}.below{display:block;font:0.875rem/1.45 ${SANS}}th .below,th .beside{white-space:normal}th .below{min-width:16ch;max-width:100ch}
pre{padding:12px 16px;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere}
ul{padding-left:20px;max-width:72ch}
@media(max-width:480px){body{padding:20px 16px 32px}.tiles{gap:12px}.tile{padding:8px 12px 12px}th,td{padding:6px 12px}.caption{padding:12px 12px 8px}.beside{display:block}}
@media print{body{background:none;padding:0}.card{break-inside:avoid}}
`;
