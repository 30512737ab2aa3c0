import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Layout } from './layout.js';
import { Site, type Undo } from './site.js';

const NOTHING: Undo = () => undefined;

/** A site that is left as it is: it tells what would become of it. */
export class SiteInWords extends Site {
  readonly #tell: (change: string) => void;

  constructor(root: string | undefined, tell: (change: string) => void) {
    super(root);
    this.#tell = tell;
  }

  override replaceFile(path: string, text: string): Undo {
    this.#tellFile(path, Buffer.from(text));
    return NOTHING;
  }

  override removeFile(path: string): Undo {
    if (this.has(path)) {
      this.#tell(`remove ${this.at(path)}`);
    }
    return NOTHING;
  }

  override mayRead(): boolean {
    return true;
  }

  override makeDirectory(path: string): void {
    if (!this.has(path)) {
      this.#tell(`make   ${this.at(path)}/`);
    }
  }

  override link(path: string, target: string): void {
    if (!this.has(path)) {
      this.#tell(`write  ${this.at(path)} -> ${target}`);
    }
  }

  override copyFile(from: string, path: string): void {
    this.#tellFile(path, readFileSync(from));
  }

  override replaceProgram(from: string, { current }: Layout): Undo {
    const names = filesBelow(from);
    for (const name of names) {
      this.#tellFile(join(current, name), readFileSync(join(from, name)));
    }
    const kept = new Set(names);
    for (const name of filesBelow(this.at(current)).filter((old) => !kept.has(old))) {
      this.#tell(`remove ${this.at(join(current, name))}`);
    }
    return NOTHING;
  }

  override dropPrevious(): void {
    // There is none.
  }

  override run(command: string, ...args: readonly string[]): void {
    if (this.isRunning) {
      this.#tell(`run    ${[command, ...args].join(' ')}`);
    }
  }

  override attempt(command: string, ...args: readonly string[]): boolean {
    this.run(command, ...args);
    return true;
  }

  override perform(words: readonly string[]): void {
    words.forEach(this.#tell);
  }

  override status(): undefined {
    return undefined;
  }

  #tellFile(path: string, content: Buffer): void {
    this.#tell(`${this.#changeTo(path, content)} ${this.at(path)}`);
  }

  #changeTo(path: string, content: Buffer): string {
    if (!this.has(path)) {
      return 'write ';
    }
    try {
      return readFileSync(this.at(path)).equals(content) ? 'keep  ' : 'change';
    } catch {
      // Not for everybody to read.
      return 'change';
    }
  }
}

function filesBelow(directory: string): string[] {
  return existsSync(directory)
    ? readdirSync(directory, { recursive: true, withFileTypes: true })
        .filter((entry) => !entry.isDirectory())
        .map(({ parentPath, name }) => join(parentPath, name).slice(directory.length + 1))
        .sort()
    : [];
}
