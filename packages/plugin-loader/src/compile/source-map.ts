import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

interface SourceMap {
  readonly sources: readonly string[];
}

/**
 * Compiled code with its source map in it, so that wherever the one goes, the other is. `directory` is what the map's
 * sources are relative to; they become absolute, which is what Node prints in a stack.
 */
export function withSourceMap(code: string, mapText: string, directory: string): string {
  const map = JSON.parse(mapText) as SourceMap;
  const sources = map.sources.map((source) => pathToFileURL(resolve(directory, source)).href);
  const encoded = Buffer.from(JSON.stringify({ ...map, sources })).toString('base64');
  return `${code}//# sourceMappingURL=data:application/json;base64,${encoded}\n`;
}
