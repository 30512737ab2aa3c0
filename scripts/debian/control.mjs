// What dpkg is told about the package.

/** The Node that a machine has to have, unless the package brings one. */
const NODE = 'nodejs (>= 20.19)';

/** The version as Debian orders them: one before a release sorts before it. */
export function debianVersion(version) {
  return `${version.replace('-', '~')}-1`;
}

export function controlFile({ version, architecture, maintainer, libraries, installedKiB, bringsNode }) {
  return [
    'Package: memory-monitor',
    `Version: ${debianVersion(version)}`,
    `Architecture: ${architecture}`,
    `Maintainer: ${maintainer}`,
    `Installed-Size: ${installedKiB}`,
    `Depends: ${[...libraries, ...(bringsNode ? [] : [NODE]), 'init-system-helpers (>= 1.54~)', 'passwd'].join(', ')}`,
    'Recommends: logrotate, systemd',
    'Suggests: default-mta | mail-transport-agent',
    'Section: admin',
    'Priority: optional',
    'Description: ends the processes that take too much memory',
    ' A daemon that keeps a shared machine from running out of memory: it watches',
    ' every process, and ends those that take more than they may, SIGTERM first,',
    ' SIGKILL after a grace period. What is whitelisted is never ended, and it can',
    ' say of each process why it was.',
    ' .',
    ' It is a dry run until the admin arms it, and takes plugins in TypeScript.',
    ...(bringsNode ? [' .', ' This package brings a Node of its own.'] : []),
    '',
  ].join('\n');
}

/** The changelog of the package, which has nothing to say beside that of the program. */
export function debianChangelog({ version, maintainer, date }) {
  return `memory-monitor (${debianVersion(version)}) unstable; urgency=medium

  * Memory Monitor ${version}; changelog.gz says what is new in it.

 -- ${maintainer}  ${date.toUTCString().replace('GMT', '+0000')}
`;
}
