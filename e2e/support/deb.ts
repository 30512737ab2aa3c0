import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));
const BUNDLE = join(REPOSITORY, 'packages/cli/bundle');

export interface DebOptions {
  /** Another version than that of the bundle, made from it. */
  readonly version?: string;
  /** What else is to be different, for a shell in a copy of the bundle. */
  readonly change?: string;
}

/** Builds packages that bring their Node; `directory` is theirs, and goes with this process. */
export class Debs {
  readonly directory = mkdtempSync(join(tmpdir(), 'memory-monitor-debs-'));

  /** The name of the package in `directory`. */
  build({ version, change }: DebOptions = {}): string {
    const output = join(this.directory, version ?? 'own');
    const bundle = join(this.directory, 'bundle');
    cpSync(BUNDLE, bundle, { recursive: true });
    if (version !== undefined) {
      const path = join(bundle, 'package.json');
      const description = JSON.parse(readFileSync(path, 'utf8')) as object;
      writeFileSync(path, JSON.stringify({ ...description, version }));
    }
    if (change !== undefined) {
      execFileSync('bash', ['-c', change], { cwd: bundle });
    }
    const words = ['scripts/deb.mjs', '--with-node', '--bundle', bundle, '--output', output];
    // Nobody downloads these: what takes time is to compress Node well.
    const env = { ...process.env, DPKG_DEB_COMPRESSOR_TYPE: 'gzip', DPKG_DEB_COMPRESSOR_LEVEL: '1' };
    execFileSync(process.execPath, words, { cwd: REPOSITORY, env, stdio: ['ignore', 'ignore', 'inherit'] });
    rmSync(bundle, { recursive: true });
    const [name] = readdirSync(output);
    return join(version ?? 'own', name ?? '');
  }

  constructor() {
    process.once('exit', () => {
      rmSync(this.directory, { recursive: true, force: true });
    });
  }
}

export function hasProgram(name: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
}
