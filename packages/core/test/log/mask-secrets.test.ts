import { expect } from 'chai';

import { maskSecrets } from '#src/log/mask-secrets.js';

describe('masking secrets', () => {
  const masked: readonly (readonly [string, string])[] = [
    ['db --password=hunter2 -v', 'db --password=*** -v'],
    ['db --password hunter2 -v', 'db --password *** -v'],
    ['db --db-passwd=hunter2', 'db --db-passwd=***'],
    ['env PGPASSWORD=hunter2', 'env PGPASSWORD=***'],
    ['env AWS_SECRET_ACCESS_KEY=hunter2', 'env AWS_SECRET_ACCESS_KEY=***'],
    ['env GITHUB_TOKEN=hunter2', 'env GITHUB_TOKEN=***'],
    ['x --api-key hunter2', 'x --api-key ***'],
    ['x --token=a=b', 'x --token=***'],
    ['x -passphrase hunter2', 'x -passphrase ***'],
    ['git https://john:hunter2@host/x', 'git https://john:***@host/x'],
    ['app --db=postgres://john:hunter2@host/x', 'app --db=postgres://john:***@host/x'],
    ['env DATABASE_URL=postgres://john:hunter2@host', 'env DATABASE_URL=postgres://john:***@host'],
    ['cp --a=ftp://a:hunter2@b;ftp://c:hunter2@d', 'cp --a=ftp://a:***@b;ftp://c:***@d'],
    ['/usr/bin/mysql -phunter2 db', '/usr/bin/mysql -p*** db'],
    ['mariadb-dump -phunter2', 'mariadb-dump -p***'],
  ];
  for (const [line, expected] of masked) {
    it(`makes "${expected}" of "${line}"`, () => {
      expect(maskSecrets(line.split(' '))).to.deep.equal(expected.split(' '));
    });
  }

  it('masks the rest of an argument that holds a secret among other things', () => {
    expect(maskSecrets(['psql', 'host=h password=hunter2 dbname=d'])).to.deep.equal([
      'psql',
      'host=h password=***',
    ]);
    expect(maskSecrets(['curl', '-H', 'Authorization: Bearer hunter2'])[2]).to.equal('Authorization: ***');
  });

  it('takes no time to speak of for arguments that were written to take long', () => {
    const hostile = ['pwd', 'a', 'token ', 'a://', '-password', 'a.'].map((part) =>
      part.repeat(128 * 1024).slice(0, 128 * 1024),
    );
    const beganMs = performance.now();
    maskSecrets(hostile);
    expect(performance.now() - beganMs).to.be.below(2000);
  });

  it('leaves the usual arguments alone', () => {
    const line = [
      'ssh',
      '-p2222',
      '--port=80',
      '--name',
      'x',
      'https://host:8080/a@b',
      '-p',
      'path=/etc/passwd',
    ];
    expect(maskSecrets(line)).to.deep.equal(line);
  });

  it('does not take a flag for the value of the secret before it', () => {
    expect(maskSecrets(['x', '--password', '--verbose'])).to.deep.equal(['x', '--password', '--verbose']);
  });
});
