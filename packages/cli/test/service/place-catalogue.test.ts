import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { LOCAL, PACKAGED } from '#src/service/layout.js';
import { placeCatalogue } from '#src/service/place-catalogue.js';
import { SiteInWords } from '#src/service/site-in-words.js';
import { Site } from '#src/service/site.js';

/** A directory that passes for a machine: notes what would be run there. */
class Machine extends Site {
  readonly ran: string[] = [];
  canUpdate = true;

  override attempt(...command: readonly string[]): boolean {
    this.ran.push(command.join(' '));
    return this.canUpdate;
  }
}

describe('the explanations for the journal', () => {
  let base: string;
  let payload: string;
  let machine: Machine;
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'memory-monitor-catalogue-'));
    payload = join(base, 'payload');
    mkdirSync(join(payload, 'service'), { recursive: true });
    writeFileSync(join(payload, 'service/memory-monitor.catalog'), 'the new ones');
    machine = new Machine(join(base, 'root'));
  });
  afterEach(() => {
    rmSync(base, { recursive: true });
  });

  it('are placed where systemd looks for them, and taken up', () => {
    for (const layout of [LOCAL, PACKAGED]) {
      expect(placeCatalogue(machine, layout, payload).act()).to.equal(undefined);
      expect(machine.read(layout.catalogue)).to.equal('the new ones');
    }
    expect(LOCAL.catalogue).to.equal('/usr/local/lib/systemd/catalog/memory-monitor.catalog');
    expect(machine.ran).to.deep.equal(['journalctl --update-catalog', 'journalctl --update-catalog']);
  });

  it('that are not taken up are no failure: it says what to run', () => {
    machine.canUpdate = false;
    expect(placeCatalogue(machine, LOCAL, payload).act()).to.equal(
      'they are not shown yet; run: sudo journalctl --update-catalog',
    );
  });

  it('go again with their directories when the installation is taken back', () => {
    mkdirSync(machine.at('/usr/local/lib'), { recursive: true });
    const step = placeCatalogue(machine, LOCAL, payload);
    step.act();
    step.undo?.();
    expect(existsSync(machine.at('/usr/local/lib/systemd'))).to.equal(false);
    expect(existsSync(machine.at('/usr/local/lib'))).to.equal(true);
    expect(machine.ran).to.have.lengthOf(2);
  });

  it('are those of the version before again when an upgrade is taken back', () => {
    machine.replaceFile(LOCAL.catalogue, 'the old ones', 0o644);
    const step = placeCatalogue(machine, LOCAL, payload);
    step.act();
    step.undo?.();
    expect(readFileSync(machine.at(LOCAL.catalogue), 'utf8')).to.equal('the old ones');
  });

  it("leave the directory of somebody else's where it is", () => {
    machine.replaceFile('/usr/local/lib/systemd/catalog/other.catalog', '', 0o644);
    const step = placeCatalogue(machine, LOCAL, payload);
    step.act();
    step.undo?.();
    expect(machine.has('/usr/local/lib/systemd/catalog/other.catalog')).to.equal(true);
    expect(machine.has(LOCAL.catalogue)).to.equal(false);
  });

  it('are told by a dry run, with what would be run', () => {
    const changes: string[] = [];
    placeCatalogue(new SiteInWords(undefined, (change) => changes.push(change)), PACKAGED, payload).act();
    expect(changes).to.have.lengthOf(2);
    expect(changes[0]).to.match(
      /^(?:write|change|keep) +\/usr\/lib\/systemd\/catalog\/memory-monitor\.catalog$/,
    );
    expect(changes[1]).to.equal('run    journalctl --update-catalog');
  });
});
