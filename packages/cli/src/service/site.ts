import { cpSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';

import { removeFile, replaceFile } from './files.js';
import type { Layout } from './layout.js';
import { mayAccess, runProgram, serviceStatusText, succeeds } from './system.js';

/** How to take a change back. */
export type Undo = () => void;

/** What an installation works on: this machine, or a directory that becomes the root of another. Paths are the machine's. */
export class Site {
  readonly #root: string;

  constructor(root = '') {
    this.#root = root.replace(/\/+$/, '');
  }

  /** Whether there are services to be asked and told something. */
  get isRunning(): boolean {
    return this.#root === '';
  }

  /** Where that path of the site is here. */
  at(path: string): string {
    return `${this.#root}${path}`;
  }

  /** Also a link that leads nowhere. */
  has(path: string): boolean {
    return lstatSync(this.at(path), { throwIfNoEntry: false }) !== undefined;
  }

  /** The uid; undefined where there is nothing of that name. */
  ownerOf(path: string): number | undefined {
    return lstatSync(this.at(path), { throwIfNoEntry: false })?.uid;
  }

  read(path: string): string {
    return readFileSync(this.at(path), 'utf8');
  }

  /** A directory without users and groups becomes a machine that has the usual ones. */
  hasGroup(name: string): boolean {
    return this.isRunning
      ? succeeds('getent', 'group', name)
      : !this.has('/etc/group') || this.#names('/etc/group').includes(name);
  }

  hasUser(name: string): boolean {
    return this.isRunning
      ? succeeds('getent', 'passwd', name)
      : this.has('/etc/passwd') && this.#names('/etc/passwd').includes(name);
  }

  /** Whether that user, who is in no group but its own, can read a file; true where that can't be tried. */
  mayRead(user: string, path: string): boolean {
    return !this.isRunning || mayAccess(user, 'read', path) !== false;
  }

  /** Writes a file whole or not at all. */
  replaceFile(path: string, text: string, mode: number): Undo {
    return replaceFile(this.at(path), text, mode);
  }

  /** Removes a file that may be there. */
  removeFile(path: string): Undo {
    return removeFile(this.at(path));
  }

  makeDirectory(path: string): void {
    mkdirSync(this.at(path), { recursive: true, mode: 0o755 });
  }

  /** Nothing where something has that name. */
  link(path: string, target: string): void {
    if (!this.has(path)) {
      this.makeDirectory(dirname(path));
      symlinkSync(target, this.at(path));
    }
  }

  copyFile(from: string, path: string, mode: number): void {
    // Under another name first: a program in use can not be written to.
    const fresh = `${this.at(path)}.new`;
    this.makeDirectory(dirname(path));
    cpSync(from, fresh);
    succeeds('chmod', mode.toString(8), fresh);
    renameSync(fresh, this.at(path));
  }

  /** Puts a copy of a directory in place of the version in use, which stays beside it until it is dropped. */
  replaceProgram(from: string, { current, fresh, previous }: Layout): Undo {
    let isSwapped = false;
    const undo = (): void => {
      this.#remove(fresh);
      if (!isSwapped) {
        return;
      }
      this.#remove(current);
      if (this.has(previous)) {
        renameSync(this.at(previous), this.at(current));
      }
    };
    try {
      this.makeDirectory(dirname(current));
      this.#remove(fresh);
      cpSync(from, this.at(fresh), { recursive: true, dereference: true });
      // Whatever the umask of the copy, and whoever owned the clone: root's, and nobody else's to write.
      succeeds('chown', '-R', 'root:root', this.at(fresh));
      succeeds('chmod', '-R', 'u=rwX,go=rX', this.at(fresh));
      this.#remove(previous);
      isSwapped = true;
      if (this.has(current)) {
        renameSync(this.at(current), this.at(previous));
      }
      renameSync(this.at(fresh), this.at(current));
    } catch (error) {
      undo();
      throw error;
    }
    return undo;
  }

  dropPrevious({ previous }: Layout): void {
    this.#remove(previous);
  }

  /** Runs a program that changes something on the machine. Throws MM_ERR_INSTALL with what it said on failure. */
  run(command: string, ...args: readonly string[]): void {
    if (this.isRunning) {
      runProgram(command, ...args);
    }
  }

  /** The same, where failure does no harm: it returns whether there was none. */
  attempt(command: string, ...args: readonly string[]): boolean {
    return !this.isRunning || succeeds(command, ...args);
  }

  /** Does what has no method of its own here, and that `words` say. */
  perform(_words: readonly string[], act: () => void): void {
    act();
  }

  /** What the service says of itself. */
  status(): string | undefined {
    return this.isRunning ? serviceStatusText() : undefined;
  }

  #names(path: string): string[] {
    return this.read(path)
      .split('\n')
      .map((line) => line.split(':')[0] ?? '');
  }

  #remove(path: string): void {
    rmSync(this.at(path), { recursive: true, force: true });
  }
}
