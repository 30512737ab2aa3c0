import { readFile } from 'node:fs/promises';

const underWay = new Map<string, Promise<string>>();

/** Reads a file once for all who ask while it is being read: many users are looked up at the same time. */
export async function readTogether(path: string): Promise<string> {
  const reading =
    underWay.get(path) ??
    readFile(path, 'utf8').finally(() => {
      underWay.delete(path);
    });
  underWay.set(path, reading);
  return await reading;
}
