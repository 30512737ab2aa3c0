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

/**
 * The innermost systemd service or scope on the path. A user's own manager lets them give units any name, so those are
 * shown as `user@1000.service/NAME`, and never pass for the system's.
 */
export function unitOf(cgroup: string): string | undefined {
  const segments = cgroup.split('/');
  const unit = segments.findLast((segment) => /.\.(?:service|scope)$/.test(segment));
  const manager = segments.find((segment) => /^user@\d+\.service$/.test(segment));
  return unit === undefined || manager === undefined || unit === manager ? unit : `${manager}/${unit}`;
}
