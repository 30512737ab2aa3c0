import { mkdtemp, open, readdir, readFile, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import type { Notice } from '#src/notice/notice.js';
import { SpoolLayout } from '#src/spool/layout.js';
import { SpoolWriter } from '#src/spool/spool-writer.js';
import { aNotice } from '../support/notices.js';

describe('the spool', () => {
  let layout: SpoolLayout;
  let puts = 0;
  let warnings: string[] = [];

  beforeEach(async () => {
    layout = new SpoolLayout(await mkdtemp(join(tmpdir(), 'memory-monitor-spool-')));
    puts = 0;
    warnings = [];
  });

  afterEach(async () => {
    await rm(layout.directory, { recursive: true, force: true });
  });

  const writer = (): SpoolWriter =>
    new SpoolWriter({
      layout,
      overflowNotice: (count) => aNotice({ cause: 'overflow', facts: { kind: 'overflow', count } }),
      onPut: () => {
        puts += 1;
      },
      warn: (message) => warnings.push(message),
    });
  const fresh = async (): Promise<Notice[]> =>
    await Promise.all(
      (await readdir(layout.fresh)).map(
        async (name) => JSON.parse(await readFile(join(layout.fresh, name), 'utf8')) as Notice,
      ),
    );

  it('has a notice whole once it was put, and says that there is something', async () => {
    const notice = aNotice();
    await writer().put(notice);
    expect(await fresh()).to.deep.equal([JSON.parse(JSON.stringify(notice))]);
    expect(await readdir(layout.staging)).to.deep.equal([]);
    expect(puts).to.equal(1);
  });

  it('hands a notice on only when it is on the disk, and nobody but its group reads it', async () => {
    const spool = writer();
    await spool.open();
    const file = await open(join(layout.directory, 'any'), 'w');
    const prototype = Object.getPrototypeOf(file) as FileHandle;
    await file.close();
    const seen: string[][] = [];
    const sync = Reflect.get<FileHandle, 'sync'>(prototype, 'sync');
    prototype.sync = async function (this: FileHandle) {
      await sync.call(this);
      seen.push(await readdir(layout.fresh));
    };
    try {
      await spool.put(aNotice({ id: 'one' }));
    } finally {
      prototype.sync = sync;
    }
    // The file before it is moved, the directory afterwards.
    expect(seen).to.deep.equal([[], ['one.json']]);
    expect((await stat(join(layout.fresh, 'one.json'))).mode & 0o007).to.equal(0);
  });

  it('has what is to be told once only once, also for another run of the monitor', async () => {
    await writer().put(aNotice({ key: 'kill-7@70' }));
    const next = writer();
    expect(next.hasTold('kill-7@70')).to.equal(true);
    await next.put(aNotice({ key: 'kill-7@70' }));
    await next.put(aNotice({ key: 'kill-7@71' }));
    expect((await fresh()).map(({ key }) => key)).to.have.members(['kill-7@70', 'kill-7@71']);
  });

  it('finishes what a crash has left whole, as told, and throws away what it has cut', async () => {
    await writer().open();
    const whole = aNotice({ key: 'kill-7@70' });
    await writeFile(join(layout.staging, `other.${whole.id}.json`), JSON.stringify(whole));
    await writeFile(join(layout.staging, 'other.cut.json'), JSON.stringify(whole).slice(0, 100));
    const next = writer();
    await next.open();
    expect((await fresh()).map(({ id }) => id)).to.deep.equal([whole.id]);
    expect(next.hasTold('kill-7@70')).to.equal(true);
    expect(await readdir(layout.staging)).to.deep.equal([]);
  });

  it('takes no more than a thousand, and tells how many it has left out', async () => {
    const spool = writer();
    await spool.open();
    await Promise.all(
      Array.from({ length: 1000 }, async (_, index) => writeFile(join(layout.fresh, `${index}.json`), '{}')),
    );
    await writer().open();
    const full = writer();
    for (let count = 0; count < 5; count += 1) {
      await full.put(aNotice());
    }
    expect(await readdir(layout.fresh)).to.have.length(1000);
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.match(/^mail is left out: 1000 notices wait in .*, and nobody delivers them/);
    await rm(layout.fresh, { recursive: true });
    await writer().open();
    await full.put(aNotice());
    const facts = (await fresh()).map(({ facts: { kind, ...rest } }) => ({ kind, ...rest }));
    expect(facts.find(({ kind }) => kind === 'overflow')).to.deep.equal({ kind: 'overflow', count: 5 });
    expect(facts).to.have.length(2);
  });

  it('holds no more than fifty for a disk that does not keep up, and tells that too', async () => {
    const spool = writer();
    await Promise.all(Array.from({ length: 80 }, async () => spool.put(aNotice())));
    await spool.put(aNotice());
    const kinds = (await fresh()).map(({ facts }) => (facts.kind === 'overflow' ? facts.count : 1));
    expect(kinds.reduce((sum, count) => sum + count, 0)).to.equal(81);
    expect(warnings).to.have.length(1);
  });

  it('rejects what can not be written, and tells that it is missing with the next one', async () => {
    const spool = writer();
    await spool.open();
    await rm(layout.staging, { recursive: true });
    const failure = await spool.put(aNotice()).then(
      () => undefined,
      (error: unknown) => error as NodeJS.ErrnoException,
    );
    expect(failure?.code).to.equal('ENOENT');
    await writer().open();
    await spool.put(aNotice());
    expect((await fresh()).map(({ facts }) => facts.kind)).to.have.members(['kill', 'overflow']);
  });
});
