import { expect } from 'chai';

import { inNamespace } from './support/in-namespace.js';
import type { PidNamespace } from './support/namespace.js';
import type { Program } from './support/program.js';

/** At most 15 bytes each: the kernel cuts the rest. And how the log writes them. */
const NAMES = [
  { bytes: Buffer.from('a\n2025-10-03 10'), text: 'a\\x0a2025-10-03 10', json: 'a\n2025-10-03 10' },
  { bytes: Buffer.from('\x1b[31mred\x1b[0m'), text: '\\x1b[31mred\\x1b[0m', json: '\x1b[31mred\x1b[0m' },
  { bytes: Buffer.from('x, User=root'), text: 'x\\, User=root', json: 'x, User=root' },
  { bytes: Buffer.from([0x62, 0xff, 0xfe, 0x62]), text: 'b\ufffd\ufffdb', json: 'b\ufffd\ufffdb' },
  { bytes: Buffer.from(') R 1 (x "\\y'), text: ') R 1 (x "\\y', json: ') R 1 (x "\\y' },
  { bytes: Buffer.from('\r- INFO - \u2028'), text: '\\x0d- INFO - \\u2028', json: '\r- INFO - \u2028' },
] as const;
const LONG_NAME = 'n'.repeat(200);
/** More than the 40 MB that processes of Node share, or they would have to go one after the other. */
const SMALL = { megabytes: 60 };
const LOW_LIMIT = { ram_gb_threshold: 0.07 };
const LINE = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} - (?:INFO|WARNING) - .+$/;

async function hostiles(ns: PidNamespace): Promise<{ named: Program[]; long: Program }> {
  const named: Program[] = [];
  for (const { bytes } of NAMES) {
    named.push(await ns.hog({ ...SMALL, comm: bytes.toString('base64') }));
  }
  const comm = Buffer.from(LONG_NAME.slice(0, 15)).toString('base64');
  return { named, long: await ns.hog({ ...SMALL, comm }, { file: ns.nodeNamed(LONG_NAME) }) };
}

describe('a hostile process name', () => {
  inNamespace('forges no line, and hides or colours none', async (ns) => {
    const { named, long } = await hostiles(ns);
    const monitor = await ns.monitor({
      config: { thresholds: LOW_LIMIT, settings: { log_format: 'text' } },
      options: ['--dry-run', '--once'],
    });
    expect((await monitor.program.ended()).code).to.equal(0);
    // eslint-disable-next-line no-control-regex -- they are what must not be there
    expect(monitor.output.replaceAll('\n', '')).to.not.match(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/);
    const lines = monitor.output.trimEnd().split('\n');
    for (const line of lines) {
      expect(line).to.match(LINE);
    }
    for (const [index, { pid }] of named.entries()) {
      const would = lines.filter((line) => line.includes(`Would kill process: PID=${pid}, `));
      expect(would).to.have.lengthOf(1);
      expect(would[0]).to.include(`PID=${pid}, Name=${NAMES[index]!.text}, User=root, RAM=`);
    }
    expect(
      lines.filter((line) => line.includes(`PID=${long.pid}, Name=${LONG_NAME}, User=root`)),
    ).to.have.lengthOf(2);
  });

  inNamespace('leaves JSON that parses, and its owner is ended like any other process', async (ns) => {
    const { named, long } = await hostiles(ns);
    const monitor = await ns.monitor({ config: { thresholds: LOW_LIMIT }, options: ['--once'] });
    expect((await monitor.program.ended()).code).to.equal(0);
    for (const [index, victim] of named.entries()) {
      expect(monitor.kills(victim.pid)).to.have.lengthOf(1);
      expect(monitor.kills(victim.pid)[0]).to.include({ name: NAMES[index]!.json, user: 'root' });
      expect(victim.exit?.signal).to.equal('SIGTERM');
    }
    expect(monitor.kills(long.pid)[0]).to.include({ name: LONG_NAME, outcome: 'terminated' });
  });
});
