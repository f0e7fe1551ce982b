/**
 * Who may import whom: the picture below as rules. Each is proved to fire in test/architecture.test.ts.
 *
 *    pipelines/      src/io/       models/
 *         \             |            /
 *          +------> src/ports.ts <--+           (and src/ports/)
 *                       |
 *                   src/core  ->  src/domain.ts  <-  src/protocol.ts  <-  clients/    (and src/domain/, src/protocol/)
 *
 * The composition roots (src/main.ts, src/server.ts, src/server/, src/cli.ts, src/commands/) see everything; tests and scripts do too.
 */

const PRODUCT = '^(src|pipelines|models|clients)/';
const OURS = '^(src|pipelines|models|clients|scripts|test)/';
const ROOTS = '^src/(main|server|cli)\\.ts$|^src/(commands|server)/';
const PURE = ['^src/core/', '^src/domain(/|\\.ts$)', '^src/errors\\.ts$'];
const PORTS = '^src/ports(/|\\.ts$)';
const PROTOCOL = '^src/protocol(/|\\.ts$)';

/**
 * An npm package or Node module that one file (or family of files) keeps to itself.
 * @param {string} pack
 * @param {string} keeper regular expression
 */
const keptBy = (pack, keeper) => ({
  name: `only-one-importer-of-${pack}`,
  comment: `${pack} is an outside thing: one shell wraps it, so that it can be replaced in one place`,
  severity: /** @type {const} */ ('error'),
  from: { path: PRODUCT, pathNot: keeper },
  to: { path: `(^|/)node_modules/(@types/)?${pack}/` },
});

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'core-is-pure',
      comment: 'no node:, no packages, no shells: what core needs is passed in',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { pathNot: PURE },
    },
    {
      name: 'domain-stands-alone',
      comment: 'the nouns are what everything else is made of',
      severity: 'error',
      from: { path: '^src/domain(/|\\.ts$)' },
      to: { pathNot: '^src/domain(/|\\.ts$)' },
    },
    {
      name: 'errors-stand-alone',
      comment: 'a code is a word: it needs nothing',
      severity: 'error',
      from: { path: '^src/errors\\.ts$' },
      to: { path: '.' },
    },
    {
      name: 'ports-are-types',
      comment: 'ports know the nouns and Observable, and nothing of who implements them',
      severity: 'error',
      from: { path: PORTS },
      to: { pathNot: ['^src/domain(/|\\.ts$)', '^src/errors\\.ts$', PORTS, '(^|/)node_modules/rxjs/'] },
    },
    {
      name: 'protocol-travels',
      comment: 'the protocol is bundled into the pages: labels, codes and the schema library only',
      severity: 'error',
      from: { path: PROTOCOL },
      to: {
        pathNot: [
          PROTOCOL,
          '^src/core/labels\\.ts$',
          '^src/domain(/|\\.ts$)',
          '^src/errors\\.ts$',
          '(^|/)node_modules/zod/',
        ],
      },
    },
    {
      name: 'pipelines-compose',
      comment: 'pipelines meet io and models at the ports alone, and use no third party but rxjs',
      severity: 'error',
      from: { path: '^pipelines/' },
      to: { pathNot: [...PURE, '^pipelines/', PORTS, '(^|/)node_modules/rxjs/'] },
    },
    {
      name: 'io-is-a-shell',
      comment: 'io meets pipelines and models at the ports alone',
      severity: 'error',
      from: { path: '^src/io/' },
      to: { path: OURS, pathNot: [...PURE, '^src/io/', PORTS, PROTOCOL] },
    },
    {
      name: 'models-stand-apart',
      comment: 'models meet pipelines and io at the ports alone',
      severity: 'error',
      from: { path: '^models/' },
      to: { path: OURS, pathNot: [...PURE, '^models/', PORTS] },
    },
    {
      name: 'clients-speak-the-protocol',
      comment: 'a page knows the server by its messages (and the one error class) alone',
      severity: 'error',
      from: { path: '^clients/' },
      to: {
        path: OURS,
        pathNot: ['^clients/', PROTOCOL, '^src/errors\\.ts$', '^src/core/labels\\.ts$'],
      },
    },
    {
      name: 'clients-run-in-browsers',
      comment: 'there is no node: in a page',
      severity: 'error',
      from: { path: '^clients/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'nothing-imports-a-root',
      comment: 'the roots are where imports end; only roots import one another',
      severity: 'error',
      from: { path: PRODUCT, pathNot: ROOTS },
      to: { path: ROOTS },
    },
    {
      name: 'only-roots-read-config',
      comment: 'settings are read once, at the root, and handed down',
      severity: 'error',
      from: { path: PRODUCT, pathNot: ROOTS },
      to: { path: '^src/config\\.ts$' },
    },
    keptBy('mediasoup', '^src/io/webrtc[^/]*\\.ts$'),
    keptBy('ws', '^src/io/gateway\\.ts$'),
    keptBy('onnxruntime-node', '^models/runtime\\.ts$'),
    keptBy('kysely', '^src/io/store/'),
    keptBy('@electric-sql/pglite', '^src/io/store/'),
    keptBy('pg', '^src/io/store/'),
    keptBy('hono', '^src/io/api/'),
    keptBy('@hono/node-server', '^src/io/api/'),
    keptBy('fluent-ffmpeg', '^src/io/ffmpeg\\.ts$'),
    {
      name: 'server-without-downloads',
      comment: 'what is fetched is fetched by a command that somebody ran: nothing that serves reaches it, by any way',
      severity: 'error',
      from: { path: '^src/(main|server|config)\\.ts$|^src/(server|io|core)/|^(pipelines|models)/' },
      to: { path: '^src/commands/download/', reachable: true },
    },
    {
      name: 'product-without-tests',
      comment: 'what ships imports neither tests nor scripts',
      severity: 'error',
      from: { path: PRODUCT },
      to: { path: '^(test|scripts)/' },
    },
    {
      name: 'server-without-dev-dependencies',
      comment: 'the server runs with `npm ci --omit=dev`; the pages are bundled, so they may',
      severity: 'error',
      from: { path: '^(src|pipelines|models)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'npm'] },
    },
    {
      name: 'declared-dependencies',
      comment: 'a package that package.json does not name is there by accident',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'resolvable',
      comment: 'an import that leads nowhere escapes every other rule',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-cycles',
      comment: 'types included: two files that need each other are one idea or three',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'a file that imports nothing and that nobody imports does nothing',
      severity: 'error',
      from: { orphan: true, path: '^(src|pipelines|models|clients)/', pathNot: '\\.d\\.ts$' },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage|models/packs|scripts/mediasoup-worker|test/fixtures)/' },
    tsPreCompilationDeps: true,
    moduleSystems: ['es6', 'cjs'],
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.d.ts'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
