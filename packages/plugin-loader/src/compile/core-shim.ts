/** The key of the global object under which core has put what it exports. */
const KEY = '@memory-monitor/core';

/**
 * The module that `@memory-monitor/core` is in a plugin: the copy of core that runs already, by name, so that tokens
 * and classes are the same there and a name that core does not export fails to compile.
 */
export function coreShim(coreExports: readonly string[]): string {
  const names = [...coreExports].sort();
  return [
    `const core = globalThis[Symbol.for(${JSON.stringify(KEY)})];`,
    `if (core === undefined) throw new Error('Only Memory Monitor can run this: ${KEY} is not there.');`,
    ...names.map((name, index) => `const export${index} = core[${JSON.stringify(name)}];`),
    `export { ${names.map((name, index) => `export${index} as ${name}`).join(', ')} };`,
    '',
  ].join('\n');
}
