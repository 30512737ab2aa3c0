import { expect } from 'chai';

import { DEFAULT_SOCKET, socketPathFor } from '#src/control/socket-path.js';

describe('the path of the control socket', () => {
  it('is the one that is configured, whoever asks', () => {
    for (const uid of [0, 1000]) {
      expect(socketPathFor('/srv/mine.sock', uid, { XDG_RUNTIME_DIR: '/run/user/1000' })).to.equal(
        '/srv/mine.sock',
      );
    }
  });

  it('is the default one for root, and for the service, whoever that runs as', () => {
    expect(socketPathFor(DEFAULT_SOCKET, 0, {})).to.equal(DEFAULT_SOCKET);
    expect(socketPathFor(DEFAULT_SOCKET, 998, { RUNTIME_DIRECTORY: '/run/memory-monitor' })).to.equal(
      DEFAULT_SOCKET,
    );
  });

  it('is in the directory that an ordinary user has for such, and nowhere without one', () => {
    expect(socketPathFor(DEFAULT_SOCKET, 1000, { XDG_RUNTIME_DIR: '/run/user/1000' })).to.equal(
      '/run/user/1000/memory-monitor/control.sock',
    );
    expect(socketPathFor(DEFAULT_SOCKET, 1000, { RUNTIME_DIRECTORY: '/run/other' })).to.equal('');
  });
});
