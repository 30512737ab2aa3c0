/** How the machine runs out of memory. */
export interface Scenario {
  readonly name: 'fast' | 'leak' | 'bomb';
  readonly title: string;
  /** What bob runs, in a session of his own. */
  readonly command: string;
  /** A hog that nobody has ended until then is let go. */
  readonly deadlineMs: number;
}

const LEAK_MB_PER_SECOND = 15;
/** A bomb's processes; those that are ended make room for others. */
const BOMB_PROCESSES = 60;

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'fast',
    title: 'a hog that takes 2 GB as fast as it can',
    command: 'hog fast 2048',
    deadlineMs: 60_000,
  },
  {
    name: 'leak',
    title: `a leak of ${LEAK_MB_PER_SECOND} MB a second`,
    command: `hog leak ${LEAK_MB_PER_SECOND}`,
    deadlineMs: 120_000,
  },
  {
    name: 'bomb',
    title: `a fork bomb: up to ${BOMB_PROCESSES} processes of 20 MB, which fork for as long as they live`,
    command: `prlimit --nproc=${BOMB_PROCESSES} hog bomb 20`,
    deadlineMs: 60_000,
  },
];

/** Bob's session: 1001 is the second of the ordinary users. */
const SESSION_UNIT = 'session-77.scope';
const HOG_USER = 'bob';
const SLICE = 'user-1001.slice';
export const SESSION_CGROUP = `/sys/fs/cgroup/user.slice/${SLICE}/${SESSION_UNIT}`;

export function inSession(command: string): string {
  return `exec systemd-run --quiet --scope --collect --slice=${SLICE} --unit=${SESSION_UNIT} --uid=${HOG_USER} -- ${command}`;
}
