import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const TEMPLATE = 'plugin-template';
/** Files of these names would hold for the template itself. */
const RENAMED: Readonly<Record<string, string>> = { gitignore: '.gitignore', npmrc: '.npmrc' };

/** One file of a new plugin. */
export interface TemplateFile {
  /** Relative to the plugin's directory. */
  readonly path: string;
  readonly text: string;
}

/** The files of a new plugin of this name. */
export function templateFiles(name: string): TemplateFile[] {
  const root = [PACKAGE, join(PACKAGE, '..')]
    .map((folder) => join(folder, TEMPLATE))
    .find((folder) => existsSync(folder));
  if (root === undefined) {
    throw new Error(`the template of plugins is missing: ${join(PACKAGE, TEMPLATE)}`);
  }
  const values: Readonly<Record<string, string>> = { name, core: `file:${corePackage()}` };
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      const path = file.slice(root.length + 1);
      const text = readFileSync(file, 'utf8').replace(
        /\{\{(\w+)\}\}/g,
        (whole, key: string) => values[key] ?? whole,
      );
      return { path: RENAMED[path] ?? path, text };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Where the types and the test kit are: beside the bundle, or among the packages. */
function corePackage(): string {
  const bundled = join(PACKAGE, 'core');
  return existsSync(join(bundled, 'package.json'))
    ? bundled
    : dirname(createRequire(import.meta.url).resolve('@memory-monitor/core/package.json'));
}
