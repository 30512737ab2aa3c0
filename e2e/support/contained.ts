/**
 * The command in mount and PID namespaces of its own: what it mounts is seen by nobody else, and everything it
 * started ends with it. It ends with the process that runs it, however that ends.
 */
export function contained(command: readonly string[]): [string, ...string[]] {
  const untilParentEnds = ['--pdeathsig', 'KILL'];
  const ownNamespaces = ['--mount', '--pid', '--fork', '--kill-child=KILL', '--mount-proc'];
  return ['setpriv', ...untilParentEnds, 'unshare', ...ownNamespaces, ...command];
}
