import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { OWN_USER, SYSUSERS, TMPFILES } from '#src/service/layout.js';
import { ownUserDropIn, sysusersText, tmpfilesText } from '#src/service/own-user.js';
import { placeUser } from '#src/service/place-user.js';
import { needsDropIn, USUAL_NEEDS } from '#src/service/plugin-needs.js';
import { Site } from '#src/service/site.js';
import { runSteps } from '#src/service/steps.js';
import { unreadable } from '#src/service/user-access.js';

const ACCESS = { files: [], logFile: '/var/log/memory_monitor.log' };

describe('the drop-in for a user of the service’s own', () => {
  it('names user and group, and gives the two capabilities that root has by itself, and no more', () => {
    const lines = ownUserDropIn().split('\n');
    expect(lines).to.include.members([
      '[Service]',
      'User=memory-monitor',
      'Group=memory-monitor',
      'AmbientCapabilities=CAP_KILL CAP_SYS_PTRACE',
    ]);
    expect(lines.join('\n')).to.not.match(/CAP_SETUID|CAP_DAC|CAP_CHOWN|^CapabilityBoundingSet/m);
  });

  it('has root make the log file at each start, and starts where that fails', () => {
    expect(ownUserDropIn()).to.match(
      /^ExecStartPre=-\+\/usr\/bin\/systemd-tmpfiles --create \/etc\/tmpfiles\.d\/memory-monitor\.conf$/m,
    );
  });

  it('is completed by what isolated plugins need, which root is only left', () => {
    const needs = { ...USUAL_NEEDS, isolated: ['mine'] };
    const given = 'AmbientCapabilities=CAP_SETUID CAP_SETGID CAP_CHOWN';
    expect(needsDropIn(needs, true)?.split('\n')).to.include(given);
    expect(needsDropIn(needs)).to.include('CapabilityBoundingSet=CAP_SETUID').and.not.include(given);
  });
});

describe('the user of the service’s own', () => {
  it('is one of the system, without a home or a shell', () => {
    expect(sysusersText()).to.match(/^u memory-monitor - "[^"]+"$/m);
  });

  it('owns the log, which a group may read, whatever its path', () => {
    expect(tmpfilesText('/var/log/memory_monitor.log', 'adm')).to.match(
      /^f "\/var\/log\/memory_monitor\.log" 0640 memory-monitor adm -$/m,
    );
    expect(tmpfilesText('/var/log/a "b" 100%\\.log', 'root')).to.include(
      String.raw`f "/var/log/a \"b\" 100%%\\.log" 0640 memory-monitor root -`,
    );
  });

  it('has no log to own where none is configured', () => {
    expect(tmpfilesText('', 'adm')).to.not.match(/^f/m);
  });

  it('is told what to do about a file that it can not read', () => {
    expect(unreadable('/etc/memory-monitor/config.toml', 'memory-monitor')).to.equal(
      '/etc/memory-monitor/config.toml can not be read by memory-monitor, the user that the service runs as; ' +
        'run "chgrp memory-monitor /etc/memory-monitor/config.toml && chmod g+r /etc/memory-monitor/config.toml"',
    );
  });
});

describe('whom the service runs as', () => {
  let root: string;
  let site: Site;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'memory-monitor-user-'));
    site = new Site(root);
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  const place = (hasOwnUser: boolean): void => {
    runSteps(placeUser(site, hasOwnUser, ACCESS), () => undefined);
  };
  const placed = (): string[] => [OWN_USER, SYSUSERS, TMPFILES].filter((path) => existsSync(site.at(path)));

  it('is root, and nothing is said about it, unless it was or is to be otherwise', () => {
    expect(placeUser(site, false, ACCESS)).to.deep.equal([]);
  });

  it('is a user of its own by three files, and root again without the two that make it so', () => {
    place(true);
    expect(placed()).to.deep.equal([OWN_USER, SYSUSERS, TMPFILES]);
    expect(readFileSync(site.at(OWN_USER), 'utf8')).to.equal(ownUserDropIn());
    place(false);
    expect(placed()).to.deep.equal([SYSUSERS]);
  });

  it('is what it was when the step is taken back', () => {
    for (const step of placeUser(site, true, ACCESS)) {
      step.act();
      step.undo?.();
    }
    expect(placed()).to.deep.equal([SYSUSERS]);
    place(true);
    for (const step of placeUser(site, false, ACCESS)) {
      step.act();
      step.undo?.();
    }
    expect(placed()).to.deep.equal([OWN_USER, SYSUSERS, TMPFILES]);
  });

  it('may be somebody who was there before, whom it is not ours to remove', () => {
    mkdirSync(site.at('/etc'), { recursive: true });
    site.replaceFile('/etc/passwd', 'memory-monitor:x:1003:1003::/home/memory-monitor:/bin/bash\n', 0o644);
    place(true);
    expect(placed()).to.deep.equal([OWN_USER, TMPFILES]);
  });
});
