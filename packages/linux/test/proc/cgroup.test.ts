import { expect } from 'chai';

import { parseCgroup, unitOf } from '#src/proc/cgroup.js';

const V1_TREES = ['12:devices:/user.slice', '7:memory:/user.slice/user-1000.slice', '3:cpu,cpuacct:/'];

describe('the control group of a process', () => {
  it('is the path of version 2', () => {
    expect(parseCgroup('0::/system.slice/nginx.service\n')).to.equal('/system.slice/nginx.service');
  });

  it("is that of systemd's own tree on a machine with version 1", () => {
    const text = [...V1_TREES, '1:name=systemd:/user.slice/user-1000.slice/session-3.scope', ''].join('\n');
    expect(parseCgroup(text)).to.equal('/user.slice/user-1000.slice/session-3.scope');
  });

  it("is that of systemd's own tree on a mixed machine whose version 2 holds nothing", () => {
    const text = [...V1_TREES, '1:name=systemd:/system.slice/cron.service', '0::/'].join('\n');
    expect(parseCgroup(text)).to.equal('/system.slice/cron.service');
  });

  it('is that of version 2 on a mixed machine whose version 2 is used', () => {
    const text = [...V1_TREES, '1:name=systemd:/', '0::/system.slice/cron.service'].join('\n');
    expect(parseCgroup(text)).to.equal('/system.slice/cron.service');
  });

  it('is the root in a container', () => {
    expect(parseCgroup('0::/\n')).to.equal('/');
    expect(parseCgroup('0::/../other\n')).to.equal('/../other');
  });

  it('may hold colons', () => {
    expect(parseCgroup('0::/system.slice/run-a:b.service\n')).to.equal('/system.slice/run-a:b.service');
  });

  it('is not known where the file names none', () => {
    for (const text of ['', '\n', 'garbage', '0:', '7:memory:/x\n', 'x::/y']) {
      expect(parseCgroup(text), JSON.stringify(text)).to.equal(undefined);
    }
  });
});

describe('the unit of a control group', () => {
  const units: Readonly<Record<string, string | undefined>> = {
    '/system.slice/nginx.service': 'nginx.service',
    '/user.slice/user-1000.slice/session-3.scope': 'session-3.scope',
    '/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox-42.scope':
      'user@1000.service/app-firefox-42.scope',
    '/user.slice/user-1000.slice/user@1000.service/init.scope': 'user@1000.service/init.scope',
    '/user.slice/user-1000.slice/user@1000.service/app.slice/postgresql.service':
      'user@1000.service/postgresql.service',
    '/user.slice/user-1000.slice/user@1000.service': 'user@1000.service',
    '/system.slice/postgres.service/worker': 'postgres.service',
    '/system.slice/docker-0123abcd.scope': 'docker-0123abcd.scope',
    '/docker/0123abcd': undefined,
    '/system.slice': undefined,
    '/.service': undefined,
    '/': undefined,
    '': undefined,
  };
  for (const [cgroup, unit] of Object.entries(units)) {
    it(`"${cgroup}" is ${unit ?? 'none'}`, () => {
      expect(unitOf(cgroup)).to.equal(unit);
    });
  }
});
