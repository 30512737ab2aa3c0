import type { SmallMachine } from './small-machine.js';

/** Who does no harm, and has to be alive afterwards. */
export interface Bystander {
  readonly title: string;
  readonly pid: number;
}

const UNITS = [
  {
    title: "root's shell",
    unit: 'root-shell.scope',
    run: "--scope --slice=user-0.slice -- sh -c 'sleep infinity; :'",
  },
  { title: 'a daemon', unit: 'daemon.service', run: '--property=Type=exec -- hog hold 5' },
  {
    title: "alice's editor",
    unit: 'alice-editor.scope',
    run: '--scope --slice=user-1000.slice --uid=alice -- hog hold 30',
  },
];

export async function startBystanders(machine: SmallMachine): Promise<Bystander[]> {
  const bystanders: Bystander[] = [];
  for (const { title, unit, run } of UNITS) {
    const command = `systemd-run --quiet --unit=${unit} ${run}`;
    if (unit.endsWith('.scope')) machine.start(`exec ${command}`);
    else await machine.succeed(command);
    const find = `until pid=$(systemctl show --value --property=ControlGroup ${unit}) && [ -n "$pid" ] && pid=$(head -n 1 "/sys/fs/cgroup$pid/cgroup.procs") && [ -n "$pid" ]; do sleep 0.2; done; echo "$pid"`;
    bystanders.push({ title, pid: Number(await machine.succeed(find)) });
  }
  return bystanders;
}

/** The titles of those that are gone. */
export async function missing(machine: SmallMachine, bystanders: readonly Bystander[]): Promise<string[]> {
  const pids = bystanders.map(({ pid }) => pid).join(' ');
  const alive = (
    await machine.succeed(`for pid in ${pids}; do ! kill -0 $pid 2>/dev/null || echo $pid; done`)
  )
    .split('\n')
    .map(Number);
  return bystanders.filter(({ pid }) => !alive.includes(pid)).map(({ title }) => title);
}
