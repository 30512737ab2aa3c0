import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { FromChild, PluginProcess } from '@memory-monitor/core';
import { SystemClock } from '@memory-monitor/linux';

import type { Setpriv } from '#src/isolation/command.js';
import { findSetpriv } from '#src/isolation/find-setpriv.js';
import { launcher } from '#src/isolation/launch.js';
import { eventually } from './eventually.js';
import { useTemporaryDirectory } from './temporary-directory.js';

export interface Launched {
  readonly process: PluginProcess;
  /** What it has sent so far, in order. */
  readonly messages: readonly FromChild[];
  /** The texts of what it has logged or printed so far. */
  readonly texts: () => readonly string[];
  /** How it has ended, each time that this was told. */
  readonly exits: readonly string[];
  readonly exited: () => Promise<string>;
  /** The fields of the first message that it logs with this text. */
  readonly told: (text: string) => Promise<Readonly<Record<string, unknown>>>;
}

/** Starts a process for a script, a module that can use `tell` and `link`; as whom is the caller's choice. */
export type Launch = (script: string, ...as: As) => Launched;

/** The user, if not this one; and by what it becomes that. */
type As = readonly [uid?: number, setpriv?: Setpriv | 'none'];

/** What each script begins with: its end of the link, and a way to log over it. */
const PREAMBLE = `
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
const link = new Socket({ fd: 3 });
const tell = (message, fields = {}) =>
  link.write(JSON.stringify({ type: 'log', level: 'info', fields, message }) + '\\n');
const stay = () => setInterval(() => undefined, 1000);
void [spawn, readFileSync, link, tell, stay];
`;
/** Anybody may pass through, as to the code of isolated plugins. */
const PASSABLE = 0o711;

/** Launches processes, each of which is ended with the test that has launched it. */
export function useLaunch(): Launch {
  const directory = useTemporaryDirectory();
  const launched: Launched[] = [];
  afterEach(async () => {
    for (const { process, exited } of launched.splice(0)) {
      process.end();
      await exited();
    }
  });
  return (script, ...as) => {
    const entry = join(directory(), `entry-${launched.length}.mjs`);
    chmodSync(directory(), PASSABLE);
    writeFileSync(entry, PREAMBLE + script, { mode: 0o644 });
    const one = launch(entry, ...as);
    launched.push(one);
    return one;
  };
}

/** Launches a process for a module that is there. */
export function launch(entry: string, ...[uid, by = findSetpriv()]: As): Launched {
  const messages: FromChild[] = [];
  const exits: string[] = [];
  const process = launcher({ entry, uid, setpriv: by === 'none' ? undefined : by, clock: new SystemClock() })(
    {
      onMessage: (message) => messages.push(message),
      onExit: (how) => exits.push(how),
    },
  );
  const logs = () => messages.filter((message) => message.type === 'log');
  const diagnosis = (): string => JSON.stringify({ texts: logs().map(({ message }) => message), exits });
  const waitFor = async <T>(what: string, look: () => T | undefined): Promise<T> => {
    try {
      return await eventually(what, look);
    } catch (error) {
      throw new Error(`${(error as Error).message}; so far: ${diagnosis()}`, { cause: error });
    }
  };
  return {
    process,
    messages,
    texts: () => logs().map(({ message }) => message),
    exits,
    exited: async () => await waitFor('the end of the process', () => exits[0]),
    told: async (text) =>
      (await waitFor(`"${text}"`, () => logs().find(({ message }) => message === text))).fields,
  };
}
