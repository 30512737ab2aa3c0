import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { createTransport } from 'nodemailer';

import type { SpoolLayout } from '../spool/layout.js';
import type { Message } from './message.js';

/** So many are kept; each was told when it was given up. */
const MOST_LETTERS = 200;

/** Keeps a mail that nobody takes, as a file that mail programs can open. Returns its path. */
export async function buryMail({ dead }: SpoolLayout, message: Message): Promise<string> {
  await mkdir(dead, { recursive: true, mode: 0o700 });
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'unix' });
  const { message: raw } = await transport.sendMail({ ...message });
  const name = `${message.date.toISOString().replaceAll(':', '-')}-${message.messageId.slice(1, 9)}.eml`;
  const path = join(dead, name);
  await writeFile(path, raw as Buffer, { mode: 0o600 });
  await forgetOldest(dead);
  return path;
}

/** Keeps a notice that can not be read, or not be understood. Returns its path. */
export async function keepNotice({ dead }: SpoolLayout, path: string): Promise<string> {
  await mkdir(dead, { recursive: true, mode: 0o700 });
  const kept = join(dead, basename(path));
  await rename(path, kept);
  await forgetOldest(dead);
  return kept;
}

async function forgetOldest(dead: string): Promise<void> {
  const names = (await readdir(dead)).sort();
  for (const oldest of names.slice(0, Math.max(0, names.length - MOST_LETTERS))) {
    await rm(join(dead, oldest), { recursive: true, force: true });
  }
}
