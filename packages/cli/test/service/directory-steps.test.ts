import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { expect } from 'chai';

import { directorySteps } from '#src/service/install-steps.js';
import { type Layout, LOCAL, PACKAGED } from '#src/service/layout.js';
import { SiteInWords } from '#src/service/site-in-words.js';
import { Site } from '#src/service/site.js';
import { runSteps, tellSteps } from '#src/service/steps.js';

const PAYLOAD = {
  'package.json': '{ "version": "1.2.3" }',
  'app/memory-monitor.mjs': '// the program',
  'config.toml': '# what comes with it\n',
  'service/memory-monitor.service': 'ExecStart=@NODE@ @PROGRAM@ run --config @CONFIG@\n',
  'service/memory-monitor.logrotate': 'rotate\n',
  'service/memory-monitor.catalog': '-- an explanation\n',
};

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
}

describe('an installation into a directory', () => {
  let base: string;
  let payload: string;
  let root: string;
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'memory-monitor-root-'));
    payload = join(base, 'payload');
    root = join(base, 'root');
    for (const [name, text] of Object.entries(PAYLOAD)) {
      mkdirSync(dirname(join(payload, name)), { recursive: true });
      writeFileSync(join(payload, name), text);
    }
  });
  afterEach(() => {
    rmSync(base, { recursive: true });
  });

  function install(layout: Layout, ownUser?: boolean): void {
    const site = new Site(root);
    runSteps(
      directorySteps(site, layout, payload, { isArmed: false, ownUser }, () => '/usr/bin/node'),
      () => undefined,
    );
    site.dropPrevious(layout);
  }

  function told(layout: Layout, ownUser?: boolean): string[] {
    const changes: string[] = [];
    const site = new SiteInWords(root, (change) => changes.push(change));
    tellSteps(
      directorySteps(site, layout, payload, { isArmed: false, ownUser }, () => '/usr/bin/node'),
      () => [],
      () => undefined,
    );
    return changes;
  }

  const writtenBy = (changes: readonly string[]): string[] =>
    changes.flatMap((change) => /^(?:write|change) +(\S+)/.exec(change)?.[1] ?? []).sort();

  for (const [title, layout] of [
    ['as the installer has it', LOCAL],
    ['as a package has it', PACKAGED],
  ] as const) {
    it(`tells each file that it would write, ${title}, and writes none`, () => {
      const changes = told(layout);
      expect(existsSync(root)).to.equal(false);
      install(layout);
      expect(writtenBy(changes)).to.deep.equal(filesBelow(root));
    });

    it(`is a unit and a command that call Node and the program by their paths there, ${title}`, () => {
      install(layout);
      expect(readFileSync(join(root, layout.unit), 'utf8')).to.equal(
        `ExecStart=/usr/bin/node ${layout.program} run --config /etc/memory-monitor/config.toml\n`,
      );
      expect(readFileSync(join(root, layout.command), 'utf8')).to.equal(
        `#!/bin/sh\nexec /usr/bin/node ${layout.program} "$@"\n`,
      );
      expect(statSync(join(root, layout.command)).mode & 0o777).to.equal(0o755);
    });

    it(`brings the explanations for the journal, ${title}`, () => {
      install(layout);
      expect(readFileSync(join(root, layout.catalogue), 'utf8')).to.equal('-- an explanation\n');
    });
  }

  it('tells what changes and what goes when there is another version', () => {
    install(PACKAGED);
    writeFileSync(join(payload, 'app/memory-monitor.mjs'), '// another program');
    writeFileSync(join(payload, 'app/more.mjs'), '');
    writeFileSync(join(root, PACKAGED.current, 'app/less.mjs'), '');
    const changes = told(PACKAGED).filter((change) => !change.startsWith('keep'));
    expect(changes).to.deep.equal([
      `change ${root}/usr/lib/memory-monitor/app/memory-monitor.mjs`,
      `write  ${root}/usr/lib/memory-monitor/app/more.mjs`,
      `remove ${root}/usr/lib/memory-monitor/app/less.mjs`,
    ]);
    install(PACKAGED);
    expect(told(PACKAGED).filter((change) => !change.startsWith('keep'))).to.deep.equal([]);
    expect(existsSync(join(root, PACKAGED.previous))).to.equal(false);
  });

  it('is a dry run, and keeps the configuration that is there', () => {
    mkdirSync(join(root, 'etc/memory-monitor'), { recursive: true });
    writeFileSync(join(root, 'etc/memory-monitor/config.toml'), '# mine\n');
    install(LOCAL);
    expect(readFileSync(join(root, 'etc/memory-monitor/config.toml'), 'utf8')).to.equal('# mine\n');
    expect(readFileSync(join(root, 'etc/memory-monitor/conf.d/90-armed.toml'), 'utf8')).to.include(
      'dry_run = true',
    );
  });

  it('is made for a user of its own, if that is wanted, and stays so', () => {
    const changes = told(LOCAL, true);
    install(LOCAL, true);
    expect(writtenBy(changes)).to.deep.equal(filesBelow(root));
    expect(filesBelow(join(root, 'etc'))).to.include.members([
      join(root, 'etc/sysusers.d/memory-monitor.conf'),
      join(root, 'etc/systemd/system/memory-monitor.service.d/40-own-user.conf'),
      join(root, 'etc/tmpfiles.d/memory-monitor.conf'),
    ]);
    const before = filesBelow(root);
    install(LOCAL);
    expect(filesBelow(root)).to.deep.equal(before);
    install(LOCAL, false);
    expect(existsSync(join(root, 'etc/systemd/system/memory-monitor.service.d/40-own-user.conf'))).to.equal(
      false,
    );
  });

  it('leaves what makes a package armed or not to the machine', () => {
    install(PACKAGED);
    expect(filesBelow(join(root, 'etc'))).to.deep.equal([
      join(root, 'etc/logrotate.d/memory-monitor'),
      join(root, 'etc/memory-monitor/config.toml'),
    ]);
  });
});
