import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import type { ProcessSample } from '@memory-monitor/core';

import { PAGE_BYTES } from '#src/proc/page-size.js';
import { PF_KTHREAD, statLine, statusText, type FakeEntry, type FakeProc } from './fake-proc.js';

/** A directory of the tree: what is made there, and whether it is a process that has to be seen. */
type Kind = (proc: FakeProc, entry: Figures) => boolean;

/** Every process differs from every other in each of these. */
type Figures = Required<Pick<FakeEntry, 'pid' | 'startTime' | 'uid' | 'residentPages' | 'sharedPages'>>;

const HOSTILE_NAMES: readonly (string | Buffer)[] = [
  'a\nb\nUid:\t0\t0',
  '()()))((',
  ') R 1 1 1 0 -1',
  Buffer.from([0xff, 0xfe, 0x80, 0x29, 0xc3]),
  'fifteen-bytes-x',
  '',
  ' ',
  '\\n\\',
];

/** Names that are no PIDs, though most of them turn into a number. */
const NO_PIDS = ['1e3', '007', '0', '-5', '0x10', '1.0', '12 ', '+7', '99999999999', '1e400', 'self', 'acpi'];

const named: Kind = (proc, entry) => {
  proc.add({ ...entry, comm: HOSTILE_NAMES[entry.pid % HOSTILE_NAMES.length]! });
  return true;
};

const malformed =
  (file: 'stat' | 'status' | 'statm', content: (entry: Figures) => string | Buffer): Kind =>
  (proc, entry) => {
    proc.add(entry);
    proc.write(`${entry.pid}/${file}`, content(entry));
    return false;
  };

const without =
  (...files: readonly string[]): Kind =>
  (proc, entry) => {
    proc.add(entry);
    for (const file of files) {
      proc.remove(`${entry.pid}/${file}`);
    }
    return false;
  };

const linked =
  (file: 'stat' | 'status' | 'statm', target: string): Kind =>
  (proc, entry) => {
    without(file)(proc, entry);
    symlinkSync(target, join(proc.root, String(entry.pid), file));
    return false;
  };

const KINDS: readonly Kind[] = [
  named,
  malformed('stat', () => ''),
  named,
  malformed('stat', (entry) => statLine(entry).subarray(0, 20)),
  malformed('stat', (entry) =>
    statLine(entry).subarray(0, statLine(entry).indexOf(`${entry.startTime} `) + 2),
  ),
  malformed('stat', () => 'garbage\n'),
  named,
  malformed('status', () => ''),
  malformed('status', () => 'Name:\tx\nUid:\tmany\nGid:\t0\n'),
  malformed('status', (entry) => statusText(entry).subarray(0, 30)),
  named,
  malformed('statm', () => ''),
  malformed('statm', () => 'garbage and more\n'),
  named,
  malformed('statm', () => '-100 -50 -20 0\n'),
  malformed('statm', () => '100 99999999999999999999999999 5 0\n'),
  malformed('statm', () => '123456'),
  named,
  malformed('statm', () => '100 5'),
  without('statm'),
  without('stat'),
  without('status'),
  without('stat', 'status', 'statm'),
  named,
  linked('statm', '/nonexistent/statm'),
  linked('stat', 'stat'),
  linked('status', '.'),
  (proc, { pid }) => {
    symlinkSync(`../${pid}`, join(proc.root, String(pid)));
    return false;
  },
  (proc, { pid }) => {
    symlinkSync('/nonexistent', join(proc.root, String(pid)));
    return false;
  },
  (proc, { pid }) => {
    proc.write(String(pid), 'a file instead of a directory');
    return false;
  },
  (proc, entry) => {
    without('statm')(proc, entry);
    mkdirSync(join(proc.root, `${entry.pid}/statm`));
    return false;
  },
  (proc, entry) => {
    proc.add({ ...entry, state: 'Z', residentPages: 0, sharedPages: 0 });
    return true;
  },
  (proc, entry) => {
    proc.add({ ...entry, flags: PF_KTHREAD, residentPages: 0, sharedPages: 0 });
    return true;
  },
];

/** Unreadable for everybody but root. */
export function closeToOthers(proc: FakeProc, pid: number): void {
  for (const file of ['stat', 'status', 'statm']) {
    chmodSync(join(proc.root, `${pid}/${file}`), 0o000);
  }
}

/** Fills a tree with so many entries, most of them hostile; returns what a scan has to see, by PID. */
export function buildHostileTree(proc: FakeProc, entries: number): ProcessSample[] {
  const expected: ProcessSample[] = [];
  for (let index = 0; index < entries; index += 1) {
    const pid = 2 + index;
    const startTime = 1_000_000 + index * 7;
    const figures = {
      pid,
      startTime,
      uid: 1000 + index,
      residentPages: 10_000 + index * 3,
      sharedPages: 1 + index,
    };
    const kind = KINDS[index % KINDS.length]!;
    if (kind(proc, figures)) {
      expected.push(
        kind === named ? sampleFrom(figures) : { ...sampleFrom(figures), rssBytes: 0, sharedBytes: 0 },
      );
    }
  }
  for (const [index, name] of NO_PIDS.entries()) {
    const impostor = { pid: 1, startTime: 66 + index, uid: 66 };
    proc.write(`${name}/stat`, statLine(impostor));
    proc.write(`${name}/status`, statusText(impostor));
    proc.write(`${name}/statm`, '6666666 6666666 6 0 0 0 0\n');
  }
  return expected;
}

/** What a scan makes of these figures. */
function sampleFrom({ residentPages, sharedPages, ...sample }: Figures): ProcessSample {
  return { ...sample, rssBytes: residentPages * PAGE_BYTES, sharedBytes: sharedPages * PAGE_BYTES };
}
