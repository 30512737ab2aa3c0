import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** Writes a file whole or not at all; returns how to put back what was there. */
export function replaceFile(path: string, text: string, mode: number): () => void {
  const before = existsSync(path) ? readFileSync(path) : undefined;
  write(path, text, mode);
  return () => {
    if (before === undefined) {
      rmSync(path, { force: true });
    } else {
      write(path, before, mode);
    }
  };
}

/** Removes a file that may be there; returns how to put it back. */
export function removeFile(path: string): () => void {
  const before = existsSync(path) ? readFileSync(path) : undefined;
  rmSync(path, { force: true });
  return () => {
    if (before !== undefined) {
      write(path, before, 0o644);
    }
  };
}

/** Drop-ins and other things of the admin's own stay. */
export function removeIfEmpty(directory: string): void {
  if (existsSync(directory) && readdirSync(directory).length === 0) {
    rmdirSync(directory);
  }
}

function write(path: string, content: string | Buffer, mode: number): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  const temporary = `${path}.new`;
  rmSync(temporary, { force: true });
  try {
    writeFileSync(temporary, content, { mode, flag: 'wx' });
    // The mode of the call is subject to the umask.
    chmodSync(temporary, mode);
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}
