/**
 * Who may call what, written out apart from the table in `src/protocol/api.ts`, so that one can be held against the other.
 *
 * Columns: nobody (no token); a token for all rooms with each role; tokens for the room attic alone that ask about the room lobby
 * (a role and `@`; same person); the participant's own key; a key of somebody else in the room; a key of whoever has that name in another room.
 * Cells: `yes`; `who` is refused with 401; `no` with 403; `hid` as if there were no such thing (404, of a reservation 409); `own`
 * is let in and sees nothing of lobby.
 */
export const COLUMNS = [
  'nobody',
  'publisher',
  'viewer',
  'reviewer',
  'admin',
  'publisher@',
  'viewer@',
  'reviewer@',
  'admin@',
  'key',
  "other's key",
  "namesake's key",
] as const;

export type Column = (typeof COLUMNS)[number];
export type Cell = 'yes' | 'who' | 'no' | 'hid' | 'own';

//                nobody  for all rooms            for attic, about lobby   keys
//                        publ  view  revi  admi   publ  view  revi  admi   own   other namesake
const ROWS = `
openapi           yes     yes   yes   yes   yes    yes   yes   yes   yes    yes   yes   yes
asyncapi          yes     yes   yes   yes   yes    yes   yes   yes   yes    yes   yes   yes
me                who     yes   yes   yes   yes    own   own   own   own    who   who   who

readSettings      who     no    no    no    yes    no    no    no    hid    who   who   who
saveSettings      who     no    no    no    yes    no    no    no    hid    who   who   who
segments          who     no    yes   no    yes    no    hid   no    hid    who   who   who

consents          who     no    no    no    yes    no    no    no    hid    yes   who   who
withdraw          who     no    no    no    yes    no    no    no    hid    yes   who   who
exportPerson      who     no    no    no    yes    no    no    no    hid    yes   who   who

listReview        who     no    no    no    yes    no    no    no    own    who   who   who
reviewProgress    who     no    no    yes   yes    no    no    own   own    who   who   who
claim             who     no    no    yes   yes    no    no    own   own    who   who   who
renewClaim        who     no    no    yes   yes    no    no    hid   hid    who   who   who
answerClaim       who     no    no    yes   yes    no    no    hid   hid    who   who   who
skipClaim         who     no    no    yes   yes    no    no    hid   hid    who   who   who
undo              who     no    no    yes   yes    no    no    own   own    who   who   who
clip              who     no    no    yes   yes    no    no    hid   hid    who   who   who
reviewItem        who     no    no    no    yes    no    no    no    hid    who   who   who
agreement         who     no    no    yes   yes    no    no    own   own    who   who   who
exportReview      who     no    no    no    yes    no    no    no    own    who   who   who
importReview      who     no    no    no    yes    no    no    no    no     who   who   who

calibrations      who     no    no    no    yes    no    no    no    no     who   who   who
propose           who     no    no    no    yes    no    no    no    no     who   who   who
activate          who     no    no    no    yes    no    no    no    no     who   who   who
dismiss           who     no    no    no    yes    no    no    no    no     who   who   who

audit             who     no    no    no    yes    no    no    no    no     who   who   who
verifyAudit       who     no    no    no    yes    no    no    no    no     who   who   who
webhooks          who     no    no    no    yes    no    no    no    no     who   who   who
addWebhook        who     no    no    no    yes    no    no    no    no     who   who   who
removeWebhook     who     no    no    no    yes    no    no    no    no     who   who   who
makeToken         who     no    no    no    yes    no    no    no    no     who   who   who
revokeToken       who     no    no    no    yes    no    no    no    no     who   who   who
`;

/** The matrix, by operation and column. */
export const MATRIX: ReadonlyMap<string, ReadonlyMap<Column, Cell>> = new Map(
  ROWS.split('\n')
    .filter((row) => row !== '')
    .map((row) => {
      const [name = '', ...cells] = row.split(/\s+/);
      return [name, new Map(COLUMNS.map((column, at) => [column, cells[at] as Cell]))];
    }),
);
