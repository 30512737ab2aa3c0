import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { MonitorError } from '@memory-monitor/core';

import type { Esbuild } from './esbuild.js';
import { parseMessages, type CompilerMessage } from './messages.js';
import { parseMetafile, type Reading } from './metafile.js';
import { runCompiler } from './run-compiler.js';
import { tellAll, tellStrays } from './sentences.js';
import { withSourceMap } from './source-map.js';

export interface BundleRequest {
  /** Real path of the plugin. */
  readonly entryPath: string;
  /** The module that stands for core. */
  readonly shimPath: string;
  /** An empty directory for what comes out in between. */
  readonly workDirectory: string;
  readonly esbuild: Esbuild;
}

export interface Bundle extends Reading {
  /** The plugin and everything that it imports but Node's own modules, with its source map. */
  readonly code: string;
}

export const COMPILE_DEADLINE_MS = 30_000;
/** Paths in what esbuild prints are relative to this: with a slash in front they are absolute. */
const DIRECTORY = '/';

/** Like Node's own resolution: esbuild has a condition "module" and fields of package.json that Node does not know. */
export const RESOLVE_AS_NODE = ['--platform=node', '--conditions=', '--main-fields=main'];

const FLAGS = [
  '--bundle',
  '--packages=bundle',
  ...RESOLVE_AS_NODE,
  '--format=esm',
  '--target=node20.19',
  '--keep-names',
  // With these given, no tsconfig.json is read.
  '--tsconfig-raw={"compilerOptions":{"experimentalDecorators":true}}',
  '--sourcemap=external',
  '--sources-content=false',
  '--legal-comments=none',
  '--log-level=warning',
  '--log-limit=0',
  '--color=false',
];

/** Compiles a plugin. Rejects with MM_ERR_PLUGIN_COMPILE and all mistakes that were found. */
export async function bundlePlugin(request: BundleRequest): Promise<Bundle> {
  const { entryPath, shimPath, workDirectory, esbuild } = request;
  const outputPath = join(workDirectory, 'plugin.mjs');
  const metafilePath = join(workDirectory, 'metafile.json');
  const { hasSucceeded, messages } = await runCompiler({
    program: esbuild.program,
    args: [
      // With a name in front, as else a "=" in the path would end one.
      `plugin=${entryPath}`,
      ...flagsFor(entryPath),
      `--alias:@memory-monitor/core=${shimPath}`,
      `--outfile=${outputPath}`,
      `--metafile=${metafilePath}`,
    ],
    directory: DIRECTORY,
    input: '',
    deadlineMs: COMPILE_DEADLINE_MS,
  });
  const mistakes = tellAll(parseMessages(messages).filter(isMistake), entryPath);
  if (!hasSucceeded || mistakes !== '') {
    throw new MonitorError('MM_ERR_PLUGIN_COMPILE', mistakes || `${entryPath}: esbuild failed: ${messages}`);
  }
  const [code, map, metafile] = await Promise.all(
    [outputPath, `${outputPath}.map`, metafilePath].map(async (path) => await readFile(path, 'utf8')),
  );
  const { inputs, imports, strays } = parseMetafile(metafile ?? '', DIRECTORY);
  if (strays.length > 0) {
    throw new MonitorError('MM_ERR_PLUGIN_COMPILE', tellStrays(strays));
  }
  return {
    code: withSourceMap(code ?? '', map ?? '', workDirectory),
    inputs: inputs.filter((path) => path !== shimPath).sort(),
    imports: imports.filter(({ specifier }) => specifier !== '@memory-monitor/core'),
  };
}

/** In the plugin's own files (esbuild warns of no others), what is not exported is a mistake also as `module.name`. */
function isMistake({ isError, text }: CompilerMessage): boolean {
  return isError || text.endsWith('[import-is-undefined]');
}

/** What esbuild is told about how to compile a plugin. */
export function flagsFor(entryPath: string): readonly string[] {
  const url = JSON.stringify(pathToFileURL(entryPath).href);
  const file = JSON.stringify(entryPath);
  const directory = JSON.stringify(dirname(entryPath));
  return [
    ...FLAGS,
    // A module's own place is that of the entry, whichever file of the plugin asks.
    `--define:import.meta.url=${url}`,
    `--define:import.meta.filename=${file}`,
    `--define:import.meta.dirname=${directory}`,
    `--define:__filename=${file}`,
    `--define:__dirname=${directory}`,
    `--banner:js=${requireOfNode(url)}`,
  ];
}

/**
 * CommonJS modules ask for Node's own modules by `require`, which an ES module does not have. Nothing else can be had by
 * it: every file that runs has been compiled in, and thereby checked. An optional dependency that was not there then
 * is told as missing in the way that its users expect.
 */
function requireOfNode(url: string): string {
  return [
    "import { createRequire as createRequireOfNode, isBuiltin as isBuiltinOfNode } from 'node:module';",
    'const require = ((requireOfNode) => Object.assign((name) => {',
    'if (isBuiltinOfNode(name)) return requireOfNode(name);',
    "throw Object.assign(new Error(`Cannot find module '${name}': a plugin can not require files while it runs`), { code: 'MODULE_NOT_FOUND' });",
    `}, { resolve: requireOfNode.resolve }))(createRequireOfNode(${url}));`,
  ].join(' ');
}
