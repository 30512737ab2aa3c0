// The monitor as it is installed: the bundle, started as its unit starts it, on a configuration of the benchmark's.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const APP = fileURLToPath(new URL('../packages/cli/bundle/app/', import.meta.url));
const PROGRAM = join(APP, 'memory-monitor.mjs');
const READY_DEADLINE_MS = 60_000;

/** Root trusts no plugins that are configured below a sticky directory, such as /tmp. */
const directory = mkdtempSync(join(process.getuid() === 0 ? '/var/lib' : tmpdir(), 'memory-monitor-bench-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));

/** Official plugins as on a shared machine, with limits that nothing reaches. */
export const PLUGINS = {
  'policy-schedule': `
[[plugins]]
use = "@memory-monitor/policy-schedule"
[[plugins.config.windows]]
name = "nights"
time = "22:00-06:00"
ram_gb_threshold = 2000.0
`,
  'policy-user': `
[[plugins]]
use = "@memory-monitor/policy-user"
[[plugins.config.rules]]
name = "services"
uids = ["0-999"]
exempt = true
[[plugins.config.rules]]
name = "everybody"
users = ["*"]
ram_gb_threshold = 2000.0
total_gb_threshold = 4000.0
`,
  'policy-pressure': `
[[plugins]]
use = "@memory-monitor/policy-pressure"
[plugins.config.available]
soft_gb = 0.002
hard_gb = 0.001
`,
  'notifier-email': `
[[plugins]]
use = "@memory-monitor/notifier-email"
config.admins = ["root@localhost"]
config.spool = "${join(directory, 'spool')}"
`,
};

/** The names of those that are part of the bundle. */
export function bundledPlugins() {
  if (!existsSync(PROGRAM)) {
    throw new Error('There is no bundle: run "npm run bundle" first.');
  }
  const code = readdirSync(APP)
    .filter((name) => name.endsWith('.mjs'))
    .map((name) => readFileSync(join(APP, name), 'utf8'));
  return Object.keys(PLUGINS).filter((name) => code.some((text) => text.includes(`@memory-monitor/${name}`)));
}

/** A configuration file; a dry run that nothing is over the limit of, unless it says otherwise. Returns its path. */
export function writeConfig(
  name,
  { intervalSeconds = 1, limitGb = 100_000, isArmed = false, plugins = '' } = {},
) {
  const file = join(directory, `${name}.toml`);
  writeFileSync(
    file,
    `[thresholds]
ram_percent_threshold = 100
ram_gb_threshold = ${limitGb}
check_interval = ${intervalSeconds}
[whitelist]
names = []
users = []
[settings]
dry_run = ${!isArmed}
log_file = ""
enable_syslog = false
log_format = "json"
max_kills_per_minute = 1000
state_directory = ""
control_socket = ""
${plugins}`,
  );
  return file;
}

/** The command line that runs it. */
export function commandLine(config, node = process.execPath) {
  return [node, PROGRAM, 'run', '--config', config];
}

/** Starts it; `lines` are those of its log, each with the time at which it came. */
export function startMonitor(config, node) {
  const startedMs = performance.now();
  const [command, ...args] = commandLine(config, node);
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const lines = [];
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (complaints += text));
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push({ ...JSON.parse(line), cameMs: performance.now() - startedMs });
    child.emit('logged');
  });
  const ended = once(child, 'exit');
  return {
    pid: child.pid,
    lines,
    /** The first line that fits. */
    async told(event, fits = () => true) {
      const abort = AbortSignal.timeout(READY_DEADLINE_MS);
      for (;;) {
        const found = lines.find((line) => line.event === event && fits(line));
        if (found !== undefined) {
          return found;
        }
        await Promise.race([
          once(child, 'logged', { signal: abort }),
          ended.then(() => {
            throw new Error(`the monitor has ended: ${complaints}`);
          }),
        ]);
      }
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
