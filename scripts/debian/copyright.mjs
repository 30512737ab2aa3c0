// The licences of what is in the package.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where Node's licence is: beside it as it is published, and where distributions put it. */
const NODE_LICENCES = ['../LICENSE', '../share/doc/nodejs/LICENSE', '../share/doc/nodejs/copyright'];

/** Debian has its text once, and wants no other copy, debian-policy 12.5. */
const APACHE = /Apache License\s+Version 2\.0, January 2004[^]*?END OF TERMS AND CONDITIONS/g;
const IN_COMMON = 'Apache License, Version 2.0: /usr/share/common-licenses/Apache-2.0';

export function copyrightFile(bundle, node) {
  const read = (name) => readFileSync(join(bundle, name), 'utf8').trim();
  const parts = [
    `This is Memory Monitor, packaged by its own authors.\n\n${read('LICENSE')}`,
    `It contains what others have made:\n\n${read('THIRD-PARTY')}`,
    ...(node === undefined ? [] : [`It contains Node.js ${process.version}:\n\n${nodeLicence(node)}`]),
  ];
  return `${parts.join(`\n\n${'='.repeat(80)}\n`).replaceAll(APACHE, IN_COMMON)}\n`;
}

function nodeLicence(node) {
  const path = NODE_LICENCES.map((place) => join(dirname(node), place)).find(existsSync);
  if (path === undefined) {
    throw new Error(
      `The licence of ${node} is not where it should be (${NODE_LICENCES.join(', ')} from there), and has to go along.`,
    );
  }
  return readFileSync(path, 'utf8').trim();
}
