/**
 * The control group of a process from `/proc/PID/cgroup`, cgroups(7): version 2's path; on a mixed machine, where
 * that is the root, systemd's own tree of version 1.
 */
export function parseCgroup(text: string): string | undefined {
  const paths = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers !== undefined && path !== undefined) {
      paths.set(controllers, path);
    }
  }
  const unified = paths.get('');
  return unified === undefined || unified === '/' ? (paths.get('name=systemd') ?? unified) : unified;
}

/** The innermost systemd service or scope on the path. */
export function unitOf(cgroup: string): string | undefined {
  return cgroup
    .split('/')
    .reverse()
    .find((segment) => /.\.(?:service|scope)$/.test(segment));
}
