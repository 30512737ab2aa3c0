// What the tests of the service rely on: that systemd in the machine does what it does on a real one.
import { expect } from 'chai';

import { inMachine } from './support/in-machine.js';
import { compareSnapshots } from './support/snapshot.js';
import { waitFor } from './support/wait-for.js';

const MIB = 1024 * 1024;

/** systemd-run as a service that is waited for, with what it prints. */
function asService(properties: readonly string[], command: string): string[] {
  const settings = properties.map((property) => `--property=${property}`);
  const service = ['systemd-run', '--quiet', '--collect', '--pipe', '--wait', ...settings];
  return [...service, '/bin/bash', '-c', command];
}

const NOTIFYING_DAEMON = `#!/usr/bin/python3
import os, socket, time
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
    notify.connect(os.environ['NOTIFY_SOCKET'])
    notify.send(b'READY=1\\nSTATUS=watching')
    while True:
        notify.send(b'WATCHDOG=1')
        time.sleep(0.2)
`;

const NOTIFYING_UNIT = `[Service]
Type=notify
ExecStart=/usr/local/bin/notifying-daemon
WatchdogSec=1
WatchdogSignal=SIGKILL
Restart=always
RestartSec=100ms
`;

inMachine('a machine', (it) => {
  it('is up, with no failed unit', async (machine) => {
    expect(machine.state, await machine.diagnose()).to.equal('running');
  });

  it('has its own processes, users and hostname, and no network but loopback', async (machine) => {
    expect(await machine.succeed(['cat', '/proc/1/comm'])).to.equal('systemd\n');
    expect(await machine.succeed(['hostname'])).to.equal('machine\n');
    expect(await machine.succeed(['ls', '/sys/class/net'])).to.equal('lo\n');
  });

  it('can neither set the clock of this computer nor load modules into its kernel', async (machine) => {
    const masks =
      'grep --no-filename -E "^Cap(Eff|Bnd):" /proc/1/status /proc/self/status | cut -f2 | sort -u';
    const [mask = '', ...others] = (await machine.succeed(masks)).trim().split('\n');
    expect(others, 'a command may do no more than PID 1').to.deep.equal([]);
    const [CAP_SYS_MODULE, CAP_SYS_TIME] = [16n, 25n];
    expect(BigInt(`0x${mask}`) & ((1n << CAP_SYS_MODULE) | (1n << CAP_SYS_TIME))).to.equal(0n);
  });

  it("runs this computer's Node", async (machine) => {
    expect(await machine.succeed(['node', '--version'])).to.equal(`${process.version}\n`);
  });

  it('runs commands as an ordinary user, with stdin, and tells how they ended', async (machine) => {
    const greeting = await machine.runAs('alice', 'id --user --name; cat; exit 3', { stdin: 'hello' });
    expect(greeting).to.deep.equal({ exitCode: 3, stdout: 'alice\nhello', stderr: '' });
    expect(await machine.run('echo gone >/dev/stderr; kill -TERM $$')).to.include({
      exitCode: 143,
      stderr: 'gone\n',
    });
  });

  it('ends a command that takes too long, with what it started', async (machine) => {
    const error = await machine.run('sleep 1000 & sleep 1000', { timeoutMs: 300 }).catch((e: unknown) => e);
    expect(error).to.be.an('error').with.property('message').that.includes('Not done after 300 ms');
    await waitFor(async () => (await machine.run(['pgrep', 'sleep'])).exitCode === 1, 'both to be gone');
  });

  it("starts a victim whose wait status is the program's own", async (machine) => {
    const victim = await machine.start(['sleep', '1000'], { user: 'alice' });
    expect(await machine.succeed(['ps', '-o', 'user=,comm=', '-p', String(victim.pid)])).to.match(
      /^alice +sleep\n$/,
    );
    await machine.succeed(['kill', '-KILL', String(victim.pid)]);
    expect(await victim.ended).to.deep.equal({ exitCode: null, signal: 'SIGKILL' });
  });

  it('enforces MemoryMax', async (machine) => {
    const hog = ['python3', '-c', `b'x' * ${300 * MIB}; print('had it')`]
      .map((word) => `"${word}"`)
      .join(' ');
    const below = await machine.run(asService(['MemoryMax=500M'], hog));
    expect(below).to.include({ exitCode: 0, stdout: 'had it\n' });
    const above = await machine.run(asService(['MemoryMax=64M', 'MemorySwapMax=0'], `exec ${hog}`));
    expect(above.exitCode).to.not.equal(0);
    expect(above.stdout).to.equal('');
  });

  it('enforces CPUQuota', async (machine) => {
    const spin = 'timeout 2 bash -c "while :; do :; done"; times';
    const times = await machine.run(asService(['CPUQuota=10%', 'CPUQuotaPeriodSec=1s'], spin));
    const [, user = 'NaN', system = 'NaN'] = /0m([\d.]+)s 0m([\d.]+)s\n$/.exec(times.stdout) ?? [];
    expect(Number(user) + Number(system), 'seconds of processor in 2 s').to.be.within(0.05, 0.6);
  });

  it('enforces TasksMax', async (machine) => {
    const many = await machine.run(asService(['TasksMax=5'], 'for i in {1..9}; do sleep 1 & done; wait'));
    expect(many.stderr).to.include('fork');
  });

  it('enforces ProtectSystem=strict, with ReadWritePaths', async (machine) => {
    const sandbox = ['ProtectSystem=strict', 'ReadWritePaths=/var/log'];
    const { stderr } = await machine.run(
      asService(sandbox, 'touch /etc/written /var/lib/written /var/log/written'),
    );
    expect(stderr.match(/\/\S+(?=': Read-only)/g)).to.deep.equal(['/etc/written', '/var/lib/written']);
    await machine.succeed(['rm', '/var/log/written']);
  });

  it('enforces NoNewPrivileges, CapabilityBoundingSet and SystemCallFilter', async (machine) => {
    const sandbox = [
      'NoNewPrivileges=yes',
      'CapabilityBoundingSet=CAP_KILL CAP_SYS_PTRACE',
      'SystemCallFilter=~@mount',
      'SystemCallErrorNumber=EDOM',
    ];
    const status =
      'grep -E "^(NoNewPrivs|CapEff|Seccomp):" /proc/self/status | tr "\\n\\t" "; "; mount --bind /mnt /mnt';
    const { stdout, stderr } = await machine.run(asService(sandbox, status));
    expect(stdout).to.equal('CapEff: 0000000000080020;NoNewPrivs: 1;Seccomp: 2;');
    expect(stderr).to.include('Numerical argument out of domain');
  });

  it('allows every system call that a real machine does', async (machine) => {
    expect(await machine.read('/proc/1/status')).to.match(/^Seccomp:\t0$/m);
    const [pidfdOpen, processMrelease, ESRCH, EBADF] = [434, 448, 3, 9];
    const script = `import ctypes
libc = ctypes.CDLL(None, use_errno=True)
for call in (${pidfdOpen}, 4194304, 0), (${processMrelease}, -1, 0):
    libc.syscall(*call); print(ctypes.get_errno())`;
    expect(await machine.succeed(['python3', '-c', script])).to.equal(`${ESRCH}\n${EBADF}\n`);
  });

  it('waits for READY, shows STATUS, and restarts a service whose watchdog was not fed', async (machine) => {
    await machine.write('/usr/local/bin/notifying-daemon', NOTIFYING_DAEMON, '0755');
    await machine.write('/etc/systemd/system/notifying.service', NOTIFYING_UNIT);
    await machine.succeed('systemctl daemon-reload && systemctl start notifying');
    const show = async (property: string) =>
      (await machine.succeed(['systemctl', 'show', '--value', `--property=${property}`, 'notifying'])).trim();
    expect(await show('StatusText')).to.equal('watching');
    const first = await show('MainPID');
    await machine.succeed(['kill', '-STOP', first]);
    await waitFor(async () => (await show('NRestarts')) === '1', 'the restart');
    await waitFor(async () => (await show('ActiveState')) === 'active', 'the second start');
    expect(await show('MainPID')).to.not.equal(first);
    const told = await machine.journal('--unit=notifying', '--grep=Watchdog timeout');
    expect(told).to.have.lengthOf(1);
    await machine.succeed('systemctl stop notifying');
  });

  it("takes log lines from /dev/log and from the journal's own socket", async (machine) => {
    await machine.succeed(['logger', '--tag', 'smoke', 'by /dev/log']);
    const send = `import socket
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
    s.sendto(b'MESSAGE=natively\\nMM_EVENT=smoke\\n', '/run/systemd/journal/socket')`;
    await machine.succeed(['python3', '-c', send]);
    const [syslog] = await machine.journal('--identifier=smoke');
    expect(syslog).to.include({ MESSAGE: 'by /dev/log', _TRANSPORT: 'syslog' });
    const [native] = await machine.journal('MM_EVENT=smoke');
    expect(native).to.include({ MESSAGE: 'natively', _TRANSPORT: 'journal' });
  });

  it('rotates logs', async (machine) => {
    await machine.write('/var/log/smoke.log', 'a line\n');
    await machine.write('/etc/logrotate.d/smoke', '/var/log/smoke.log {\n  daily\n  rotate 7\n  create\n}\n');
    await machine.succeed(['logrotate', '--force', '/etc/logrotate.d/smoke']);
    expect(await machine.read('/var/log/smoke.log.1')).to.equal('a line\n');
    expect(await machine.read('/var/log/smoke.log')).to.equal('');
    await machine.succeed('systemctl start logrotate.service');
  });

  it('tells which files have changed', async (machine) => {
    await machine.write('/opt/smoke/changed', 'before');
    await machine.write('/opt/smoke/removed', '');
    const before = await machine.snapshot();
    await machine.succeed(
      'cd /opt/smoke; echo after >changed; chmod 600 changed; rm removed; ln -s /x added',
    );
    const { added, removed, changed } = compareSnapshots(before, await machine.snapshot());
    expect({ added, removed }).to.deep.equal({
      added: ['/opt/smoke/added'],
      removed: ['/opt/smoke/removed'],
    });
    expect(changed).to.have.lengthOf(1);
    expect(changed[0]).to.match(/^\/opt\/smoke\/changed: f 644 root:root 6 \w+ → f 600 root:root 6 \w+$/);
  });

  it('comes up again after a reboot, with its files and services', async (machine) => {
    const enabled = `${NOTIFYING_UNIT}[Install]\nWantedBy=multi-user.target\n`;
    await machine.write('/etc/systemd/system/notifying.service', enabled);
    await machine.succeed('systemctl daemon-reload && systemctl enable notifying');
    await machine.reboot();
    expect(await machine.succeed(['systemctl', 'is-active', 'notifying'])).to.equal('active\n');
  });

  it('powers off', async (machine) => {
    await machine.poweroff();
  });
});
