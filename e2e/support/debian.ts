import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';

import { contained } from './contained.js';

/** What every machine of these tests runs. */
export const SUITE = 'bookworm';
export const DEFAULT_MIRROR = 'http://deb.debian.org/debian';

/** In namespaces of its own, behind everything else that this computer does; an error if it fails. */
export async function nicely(command: readonly string[]): Promise<void> {
  const env = { ...process.env, ...aptProxy(), DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' };
  const [program, ...args] = contained(['nice', ...command]);
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0) throw new Error(`${command.join(' ')} failed:\n${output.slice(-2000)}`);
}

/** The mirror this computer itself installs from, so that no host is written down here. */
export function mirror(): string {
  const targets = ask('apt-get', 'indextargets', '--format', '$(RELEASE) $(COMPONENT) $(REPO_URI)');
  const own = new RegExp(`^${SUITE} main (\\S+)$`, 'm').exec(targets)?.[1];
  return own?.replace(/\/$/, '') ?? DEFAULT_MIRROR;
}

/** debootstrap asks wget, which knows nothing of apt's own proxy setting. */
function aptProxy(): NodeJS.ProcessEnv {
  const proxy = /'(.+)'/.exec(ask('apt-config', 'shell', 'PROXY', 'Acquire::http::Proxy'))?.[1];
  return proxy === undefined ? {} : { http_proxy: proxy };
}

function ask(command: string, ...args: readonly string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}
