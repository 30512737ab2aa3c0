// Builds a Debian package of the bundle: npm run deb [-- --with-node] [--output DIRECTORY] [--bundle DIRECTORY]
// The same source makes the same package, byte for byte, with the same dpkg.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';

import { controlFile, debianChangelog, debianVersion } from './debian/control.mjs';
import { copyrightFile } from './debian/copyright.mjs';
import { libraryDependencies } from './debian/elf-needs.mjs';
import { lintianOverrides } from './debian/lintian-overrides.mjs';
import { completions } from './documents/completions.mjs';
import { manPages } from './documents/man.mjs';

const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' };
const PROGRAM = 'usr/lib/memory-monitor';
const OWN_NODE = `${PROGRAM}/node`;
const CONFFILES = ['/etc/logrotate.d/memory-monitor', '/etc/memory-monitor/config.toml'];
const SCRIPTS = ['preinst', 'postinst', 'prerm', 'postrm'];

const root = fileURLToPath(new URL('..', import.meta.url));
const { values: options } = parseArgs({
  options: {
    // A Node of its own, the one that runs this: for a Debian whose own is too old.
    'with-node': { type: 'boolean', default: false },
    output: { type: 'string', default: join(root, 'deb') },
    bundle: { type: 'string', default: join(root, 'packages/cli/bundle') },
  },
});

process.umask(0o022);
const bundle = resolve(options.bundle);
const bringsNode = options['with-node'];
const { version } = JSON.parse(readFileSync(join(bundle, 'package.json'), 'utf8'));
const architecture = ARCHITECTURES[process.arch];
if (architecture === undefined) {
  throw new Error(
    `There is no package for ${process.arch}, only for ${Object.keys(ARCHITECTURES).join(', ')}.`,
  );
}
const epoch = sourceDateEpoch();
const date = new Date(epoch * 1000);
const maintainer = `${process.env.DEBFULLNAME ?? 'The Memory Monitor authors'} <${process.env.DEBEMAIL ?? 'maintainers@memory-monitor.invalid'}>`;

const stage = mkdtempSync(join(tmpdir(), 'memory-monitor-deb-'));
try {
  chmodSync(stage, 0o755);
  placeProgram();
  placeDocuments();
  writeControl();
  mkdirSync(options.output, { recursive: true });
  const suffix = bringsNode ? '+node' : '';
  const deb = join(options.output, `memory-monitor_${debianVersion(version)}${suffix}_${architecture}.deb`);
  execFileSync('dpkg-deb', ['--root-owner-group', '--build', stage, deb], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(epoch) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  console.log(`${relative(process.cwd(), deb)}: ${(statSync(deb).size / 2 ** 20).toFixed(1)} MiB`);
} finally {
  rmSync(stage, { recursive: true });
}

/** By the command that every packager has for it. */
function placeProgram() {
  const command = join(bundle, 'app/memory-monitor.mjs');
  const node = bringsNode ? ['--node', `/${OWN_NODE}`] : [];
  execFileSync(process.execPath, [command, 'install', '--root', stage, '--packaged', ...node], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (const path of filesBelow(join(stage, PROGRAM)).filter(isNotForDebian)) {
    rmSync(join(stage, PROGRAM, path));
  }
  removeEmpty(join(stage, PROGRAM));
  if (bringsNode) {
    copyNode();
  }
}

/** A library for a C library that no Debian runs on; licences, which are all in one place; what is for people. */
function isNotForDebian(path) {
  return /\/musl_|^THIRD-PARTY$|(?:^|\/)LICENSE(?:\.\w+)?$|^node_modules\/.*\/README\.md$/.test(path);
}

/** Directories that nothing is left in. */
function removeEmpty(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) {
      removeEmpty(join(directory, entry.name));
    }
  }
  if (readdirSync(directory).length === 0) {
    rmdirSync(directory);
  }
}

/** Only one that stands for itself: Debian's own has its parts in libraries of their own. */
function copyNode() {
  const shared = Object.entries(process.config.variables).filter(
    ([name, value]) => name.startsWith('node_shared') && value === true,
  );
  if (shared.length > 0) {
    const names = shared.map(([name]) => name).join(', ');
    throw new Error(
      `${process.execPath} needs libraries beside it (${names}); build with Node from nodejs.org.`,
    );
  }
  cpSync(realpathSync(process.execPath), join(stage, OWN_NODE));
  chmodSync(join(stage, OWN_NODE), 0o755);
}

function placeDocuments() {
  const { bash, zsh, fish } = completions();
  const documents = 'usr/share/doc/memory-monitor';
  const files = {
    'usr/share/bash-completion/completions/memory-monitor': bash,
    'usr/share/zsh/vendor-completions/_memory-monitor': zsh,
    'usr/share/fish/vendor_completions.d/memory-monitor.fish': fish,
    [`${documents}/copyright`]: copyrightFile(
      bundle,
      bringsNode ? realpathSync(process.execPath) : undefined,
    ),
    [`${documents}/changelog.gz`]: compressed(readFileSync(join(root, 'CHANGELOG.md'))),
    [`${documents}/changelog.Debian.gz`]: compressed(debianChangelog({ version, maintainer, date })),
    'usr/share/lintian/overrides/memory-monitor': lintianOverrides(bringsNode),
  };
  for (const [name, page] of Object.entries(manPages(version, date.toISOString().slice(0, 10)))) {
    files[`usr/share/man/man8/${name}.gz`] = compressed(page);
  }
  for (const [path, content] of Object.entries(files)) {
    write(path, content);
  }
}

function writeControl() {
  const files = filesBelow(stage);
  const bytes = files.reduce((sum, path) => sum + statSync(join(stage, path)).size, 0);
  const programs = files.filter((path) => path === OWN_NODE || path.endsWith('.node'));
  const libraries = libraryDependencies(programs.map((path) => join(stage, path)));
  const installedKiB = Math.ceil(bytes / 1024);
  write(
    'DEBIAN/control',
    controlFile({ version, architecture, maintainer, libraries, installedKiB, bringsNode }),
  );
  write('DEBIAN/conffiles', CONFFILES.map((path) => `${path}\n`).join(''));
  const sums = files
    .filter((path) => !CONFFILES.includes(`/${path}`))
    .map(
      (path) =>
        `${createHash('md5')
          .update(readFileSync(join(stage, path)))
          .digest('hex')}  ${path}\n`,
    );
  write('DEBIAN/md5sums', sums.join(''));
  for (const name of SCRIPTS) {
    write(`DEBIAN/${name}`, readFileSync(join(root, 'scripts/debian', name)), 0o755);
  }
}

function write(path, content, mode = 0o644) {
  const target = join(stage, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, content);
  chmodSync(target, mode);
}

function filesBelow(directory) {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort();
}

/** As "gzip -9n" does: no name and no time. */
function compressed(content) {
  return gzipSync(content, { level: 9 });
}

/** When the source was last changed: its commit, unless whoever builds says otherwise. */
function sourceDateEpoch() {
  const said =
    process.env.SOURCE_DATE_EPOCH ??
    execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' });
  return Number(said);
}
