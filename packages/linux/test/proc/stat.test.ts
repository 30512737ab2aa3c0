import { expect } from 'chai';
import fc from 'fast-check';

import { hasExited, isExiting, isKernelThread, isZombie, parseStat, terminalName } from '#src/proc/stat.js';
import { PF_EXITING, PF_KTHREAD, statLine } from '../support/fake-proc.js';

/** What the kernel takes as a name: up to 15 bytes, anything but NUL. */
const commBytes = fc.uint8Array({ min: 1, max: 255, maxLength: 15 }).map((bytes) => Buffer.from(bytes));

describe('a stat line', () => {
  it('gives the fields that its kernel writes', () => {
    const line = Buffer.from(
      '1234 (bash) S 1200 1234 1200 34819 1240 4194304 3013 56 0 0 3 1 4 2 20 0 7 0 987654 8683520 1380 ' +
        '18446744073709551615 1 1 0 0 0 0 65536 3670020 1266777851 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n',
    );
    expect(parseStat(line)).to.deep.equal({
      comm: Buffer.from('bash'),
      state: 'S',
      parentPid: 1200,
      processGroupId: 1234,
      sessionId: 1200,
      terminalDevice: 34819,
      flags: 4194304,
      threads: 7,
      startTime: 987654,
    });
  });

  const names = {
    'with spaces': 'tmux: server',
    'with parentheses': '(sd-pam)',
    'of parentheses only': '()()))((',
    'with newlines': 'a\nb\n',
    'that is empty': '',
    'that poses as the rest of the line': 'x) R 1 1 1 0 (y',
    'that is a closing parenthesis and a space': ') ',
  };
  for (const [title, comm] of Object.entries(names)) {
    it(`is read right for a name ${title}`, () => {
      const stat = parseStat(statLine({ pid: 42, comm, startTime: 777, parentPid: 41 }));
      expect(stat?.comm.toString()).to.equal(comm);
      expect(stat).to.include({ state: 'S', startTime: 777, parentPid: 41, threads: 1 });
    });
  }

  it('keeps the bytes of a name that is not UTF-8', () => {
    const comm = Buffer.from([0xff, 0xfe, 0x29, 0x20, 0x80, 0xc3]);
    expect(parseStat(statLine({ pid: 42, comm }))?.comm).to.deep.equal(comm);
  });

  it('is read right whatever the name', () => {
    fc.assert(
      fc.property(commBytes, fc.nat(), fc.nat(4_194_303), (comm, startTime, parentPid) => {
        const stat = parseStat(statLine({ pid: 42, comm, startTime, parentPid }));
        expect(stat?.comm).to.deep.equal(comm);
        expect(stat).to.include({ startTime, parentPid, state: 'S' });
      }),
    );
  });

  it('does not share memory with the buffer that it came from', () => {
    const line = statLine({ pid: 42, comm: 'first' });
    const stat = parseStat(line);
    line.fill('x');
    expect(stat?.comm.toString()).to.equal('first');
  });

  it('means nothing if it is cut short before the end of the start time', () => {
    const whole = statLine({ pid: 42, comm: 'a) b', startTime: 123_456 });
    const end = whole.indexOf(' 123456 ') + ' 123456 '.length;
    for (let length = 0; length < end; length += 1) {
      expect(parseStat(whole.subarray(0, length)), `${length} bytes`).to.equal(undefined);
    }
    expect(parseStat(whole.subarray(0, end))?.startTime).to.equal(123_456);
  });

  it('means nothing if it is none, and never throws', () => {
    for (const text of ['', '\n', '()', ')(', '1 (a)', '1 (a) ', 'garbage', '\0'.repeat(100)]) {
      expect(parseStat(Buffer.from(text)), JSON.stringify(text)).to.equal(undefined);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(parseStat(Buffer.from(bytes))).to.equal(undefined);
      }),
    );
  });

  it('tells kernel threads and processes on their way out', () => {
    const ordinary = parseStat(statLine({ pid: 42 }))!;
    const kernelThread = parseStat(statLine({ pid: 42, flags: 0x208040 | PF_KTHREAD }))!;
    const exiting = parseStat(statLine({ pid: 42, flags: 0x400000 | PF_EXITING }))!;
    expect([ordinary, kernelThread, exiting].map(isKernelThread)).to.deep.equal([false, true, false]);
    expect([ordinary, kernelThread, exiting].map(isExiting)).to.deep.equal([false, false, true]);
  });

  it('tells a zombie from a process whose first thread alone has ended', () => {
    const of = (state: string, threads: number) => parseStat(statLine({ pid: 42, state, threads }))!;
    const stats = [of('Z', 1), of('X', 1), of('Z', 3), of('S', 1), of('D', 1), of('T', 1)];
    expect(stats.map(hasExited)).to.deep.equal([true, true, false, false, false, false]);
    expect(stats.map(isZombie)).to.deep.equal([true, true, true, false, false, false]);
  });
});

describe('the name of a terminal', () => {
  const names: readonly [number, string | undefined][] = [
    [0, undefined],
    [Number.NaN, undefined],
    [0x8800, 'pts/0'],
    [0x8803, 'pts/3'],
    [0x8900, 'pts/256'],
    [0x8801 | (0x1 << 20), 'pts/257'],
    [0x0401, 'tty1'],
    [0x043f, 'tty63'],
    [0x0440, '4:64'],
    [0xe501, '229:1'],
  ];
  for (const [device, name] of names) {
    it(`of device ${device} is ${name ?? 'none'}`, () => {
      expect(terminalName(device)).to.equal(name);
    });
  }
});
