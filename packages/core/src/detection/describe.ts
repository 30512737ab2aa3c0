import type { ProcessInspection, SlowFacts, UserDatabase } from '../ports.js';
import type { ProcessDetails } from '../process.js';

/** Puts together what is known of a process; names that the user database has not told are written in digits. */
export function describeProcess(
  inspection: ProcessInspection,
  wholeName: string | undefined,
  slow: SlowFacts,
  users: UserDatabase,
): ProcessDetails {
  const { pid, startTime, uid, gid, comm, executable, parentPid, sessionId, terminal, cgroup, unit } =
    inspection;
  const { oomScoreAdj, startedAtMs, rssBytes, sharedBytes } = inspection;
  const { anonymousBytes, fileBytes, sharedMemoryBytes, swapBytes } = inspection;
  return {
    pid,
    startTime,
    name: wholeName ?? inspection.name,
    comm,
    executable,
    commandLine: slow.commandLine,
    uid,
    user: users.userName(uid) ?? String(uid),
    gid,
    group: users.groupName(gid) ?? String(gid),
    parentPid,
    sessionId,
    terminal,
    cgroup,
    unit,
    oomScoreAdj,
    startedAtMs,
    rssBytes,
    sharedBytes,
    anonymousBytes,
    fileBytes,
    sharedMemoryBytes,
    swapBytes,
    pssBytes: slow.pssBytes,
  };
}
