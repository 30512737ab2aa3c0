// What lintian finds and is meant to be so, each with the reason.

const PROGRAM = 'usr/lib/memory-monitor';

const ALWAYS = [
  ['It has not been uploaded to Debian: there is no bug to close.', 'initial-upload-closes-no-bugs'],
  [
    "The compiler of plugins, as its authors built it: Go links statically, and Debian's own esbuild is of other versions.",
    `statically-linked-binary [${PROGRAM}/node_modules/@esbuild/*]`,
  ],
  [
    'The pictures in mails are measured with this font: with another version, text would not fit.',
    `duplicate-font-file * [${PROGRAM}/node_modules/dejavu-fonts-ttf/*]`,
  ],
  [
    'The one of this package, and not one that somebody has in /usr/local.',
    'command-with-path-in-maintainer-script /usr/bin/memory-monitor *',
  ],
];

const WITH_NODE = [
  [
    'Node as its authors publish it, bit for bit, for a Debian whose own is too old: with its symbols and its libraries.',
    `unstripped-binary-or-object [${PROGRAM}/node]`,
    `hardening-no-pie [${PROGRAM}/node]`,
    `embedded-library * [${PROGRAM}/node]`,
  ],
  ["An address in Node's licence, which is not ours to change.", 'old-fsf-address-in-copyright-file'],
];

export function lintianOverrides(bringsNode) {
  return [...ALWAYS, ...(bringsNode ? WITH_NODE : [])]
    .map(([reason, ...tags]) =>
      [`# ${reason}`, ...tags.map((tag) => `memory-monitor: ${tag}`), ''].join('\n'),
    )
    .join('');
}
