// Packages see each other through their names, which tsconfig.cycles.json maps to the sources: the whole
// graph, types included, is checked as written, and no build is needed.
const byName = ['aliased', 'aliased-tsconfig', 'aliased-tsconfig-paths'];
const source = (name) => `^packages/${name}/src/`;

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Modules that import each other, even for types only, can be understood only together.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'An import that does not resolve would escape every other rule.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'core-stands-alone',
      severity: 'error',
      from: { path: source('core') },
      to: { path: '^packages/(?!core/)' },
    },
    {
      name: 'linux-needs-only-core',
      severity: 'error',
      from: { path: source('linux') },
      to: { path: '^packages/(?!(linux|core)/)' },
    },
    {
      name: 'plugin-loader-needs-only-core',
      severity: 'error',
      from: { path: source('plugin-loader') },
      to: { path: '^packages/(?!(plugin-loader|core)/)' },
    },
    {
      name: 'plugins-need-only-core',
      severity: 'error',
      from: { path: '^packages/((?:policy|notifier|exporter)-[^/]+)/src/' },
      to: { path: '^packages/(?!($1|core)/)' },
    },
    {
      name: 'packages-by-name',
      comment: "Another package's files are not reachable by path: import what its index exports.",
      severity: 'error',
      from: { path: '^packages/([^/]+)/(src|bin)/' },
      to: { path: '^packages/(?!$1/)[^/]+/', dependencyTypesNot: byName },
    },
    {
      name: 'container-owns-tsyringe',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: '^packages/core/src/container/' },
      to: { path: '^(node_modules/)?tsyringe(/|$)' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.cycles.json' },
    doNotFollow: { path: ['node_modules', '^packages/[^/]+/dist/'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'node', 'default'],
    },
  },
};
