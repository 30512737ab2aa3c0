import { inject, injectable, MonitorError, Services, token } from '@memory-monitor/core';
import { expect } from 'chai';

interface Greeter {
  greet(): string;
}
const GREETER = token<Greeter>('test-greeter');
const NAME = token<string>('test-name');

@injectable()
class PoliteGreeter implements Greeter {
  readonly #name: string;

  constructor(@inject(NAME) name: string) {
    this.#name = name;
  }

  greet(): string {
    return `Good day, ${this.#name}`;
  }
}

describe('services', () => {
  it('are made once, and only when they are first asked for', () => {
    let made = 0;
    const services = new Services().provide(NAME, () => `name ${++made}`);
    expect(made).to.equal(0);
    expect([services.get(NAME), services.get(NAME)]).to.deep.equal(['name 1', 'name 1']);
  });

  it('are made also of values that mean nothing', () => {
    const NOTHING = token<undefined>('test-nothing');
    let made = 0;
    const services = new Services().provide(NOTHING, () => {
      made += 1;
      return undefined;
    });
    services.get(NOTHING);
    services.get(NOTHING);
    expect(made).to.equal(1);
  });

  it('can be made of one another', () => {
    const services = new Services()
      .provide(GREETER, (all) => ({ greet: () => `Hi ${all.get(NAME)}` }))
      .provide(NAME, () => 'Ada');
    expect(services.get(GREETER).greet()).to.equal('Hi Ada');
  });

  it('that are missing are named', () => {
    expect(() => new Services().get(GREETER))
      .to.throw(MonitorError, /"test-greeter"/)
      .with.property('code', 'MM_ERR_DEPENDENCY_MISSING');
  });

  it('that are provided twice are named', () => {
    const services = new Services().provide(NAME, () => 'Ada');
    expect(() => services.provide(NAME, () => 'Bob'))
      .to.throw(MonitorError, /"test-name"/)
      .with.property('code', 'MM_ERR_DEPENDENCY_TWICE');
  });

  it('that are defaults can be replaced, before or after', () => {
    const before = new Services().provide(NAME, () => 'Ada').provideDefault(NAME, () => 'nobody');
    const after = new Services().provideDefault(NAME, () => 'nobody').provide(NAME, () => 'Ada');
    expect([before.get(NAME), after.get(NAME)]).to.deep.equal(['Ada', 'Ada']);
  });

  it('that are defaults can be replaced only once', () => {
    const services = new Services().provideDefault(NAME, () => 'nobody').provide(NAME, () => 'Ada');
    expect(() => services.provide(NAME, () => 'Bob')).to.throw(MonitorError);
  });

  it('fill the constructor of an injectable class', () => {
    const services = new Services()
      .provide(NAME, () => 'Ada')
      .provide(GREETER, (all) => all.resolve(PoliteGreeter));
    expect(services.get(GREETER).greet()).to.equal('Good day, Ada');
  });

  it('that an injectable class lacks are named', () => {
    expect(() => new Services().resolve(PoliteGreeter))
      .to.throw(MonitorError, /"test-name"/)
      .with.property('code', 'MM_ERR_DEPENDENCY_MISSING');
  });

  it('of one container are not those of another', () => {
    new Services().provide(NAME, () => 'Ada');
    expect(() => new Services().get(NAME)).to.throw(MonitorError);
  });

  it('of two copies of a token are the same', () => {
    const services = new Services().provide(NAME, () => 'Ada');
    expect(services.get(token<string>('test-name'))).to.equal('Ada');
  });

  describe('of a child', () => {
    it("are its parent's where it has none of its own, the same ones", () => {
      let made = 0;
      const parent = new Services().provide(NAME, () => `name ${++made}`);
      const children = [new Services(parent), new Services(parent)];
      expect([...children.map((child) => child.get(NAME)), parent.get(NAME)]).to.deep.equal(
        Array.from({ length: 3 }, () => 'name 1'),
      );
    });

    it('may be others, which only the child sees', () => {
      const parent = new Services().provide(NAME, () => 'Ada');
      const child = new Services(parent).provide(NAME, () => 'Bob');
      expect([parent.get(NAME), child.get(NAME), new Services(child).get(NAME)]).to.deep.equal([
        'Ada',
        'Bob',
        'Bob',
      ]);
    });

    it("may be others even when the parent's have been asked for, which then stay as they are", () => {
      const parent = new Services().provide(NAME, () => 'Ada');
      expect(parent.get(NAME)).to.equal('Ada');
      expect(new Services(parent).provide(NAME, () => 'Bob').get(NAME)).to.equal('Bob');
      expect(parent.get(NAME)).to.equal('Ada');
    });

    it('fill the constructor of a class that is resolved there', () => {
      const parent = new Services().provide(NAME, () => 'Ada');
      const child = new Services(parent).provide(NAME, () => 'Bob');
      expect(child.resolve(PoliteGreeter).greet()).to.equal('Good day, Bob');
      expect(parent.resolve(PoliteGreeter).greet()).to.equal('Good day, Ada');
    });

    it("that were made for the parent are made of the parent's", () => {
      const parent = new Services()
        .provide(NAME, () => 'Ada')
        .provide(GREETER, (all) => all.resolve(PoliteGreeter));
      const child = new Services(parent).provide(NAME, () => 'Bob');
      expect(child.get(GREETER).greet()).to.equal('Good day, Ada');
    });

    it('are no defaults where the parent has any', () => {
      const parent = new Services().provide(NAME, () => 'Ada');
      expect(new Services(parent).provideDefault(NAME, () => 'nobody').get(NAME)).to.equal('Ada');
    });

    it('that are missing there and above are named', () => {
      expect(() => new Services(new Services()).get(NAME))
        .to.throw(MonitorError, /Nothing provides "test-name"/)
        .with.property('code', 'MM_ERR_DEPENDENCY_MISSING');
    });
  });

  describe('that replace others', () => {
    it('can build upon the default, or upon that of the parent, and leave those as they were', () => {
      const parent = new Services().provideDefault(NAME, () => 'Ada');
      const child = new Services(parent).provide(NAME, (_, replaced) => `Sir ${replaced()}`);
      expect([child.get(NAME), parent.get(NAME)]).to.deep.equal(['Sir Ada', 'Ada']);
      const same = new Services()
        .provideDefault(NAME, () => 'Ada')
        .provide(NAME, (_, replaced) => `Sir ${replaced()}`);
      expect(same.get(NAME)).to.equal('Sir Ada');
    });

    it('can do so over several generations', () => {
      const knighted = (parent: Services): Services =>
        new Services(parent).provide(NAME, (_, replaced) => `Sir ${replaced()}`);
      const root = new Services().provide(NAME, () => 'Ada');
      expect(knighted(knighted(root)).get(NAME)).to.equal('Sir Sir Ada');
    });

    it('can build upon nothing where there is nothing, and that is named', () => {
      const services = new Services(new Services()).provide(NAME, (_, replaced) => replaced());
      expect(() => services.get(NAME))
        .to.throw(MonitorError, /"test-name"/)
        .with.property('code', 'MM_ERR_DEPENDENCY_MISSING');
      expect(() => new Services().provide(NAME, (_, replaced) => replaced()).get(NAME)).to.throw(
        MonitorError,
        '"test-name" replaces nothing.',
      );
    });

    it('are made once, and have what they replace made once, however often they ask for it', () => {
      const made: string[] = [];
      const services = new Services()
        .provideDefault(GREETER, () => {
          made.push('default');
          return { greet: () => 'Hi' };
        })
        .provide(GREETER, (_, replaced) => {
          made.push('replacement');
          return { greet: () => `${replaced().greet()}, ${replaced().greet()}` };
        });
      expect(services.get(GREETER).greet()).to.equal('Hi, Hi');
      expect(services.get(GREETER).greet()).to.equal('Hi, Hi');
      expect(made).to.deep.equal(['replacement', 'default']);
    });

    it('come too late once somebody has been given the other one, directly or through a child', () => {
      const parent = new Services().provideDefault(NAME, () => 'Ada');
      const child = new Services(parent);
      expect(child.get(NAME)).to.equal('Ada');
      for (const services of [parent, child]) {
        expect(() => services.provide(NAME, () => 'Bob'))
          .to.throw(MonitorError, /"test-name" is in use already/)
          .with.property('code', 'MM_ERR_DEPENDENCY_LATE');
      }
      expect(child.get(NAME)).to.equal('Ada');
    });

    it('come too late even once somebody has asked in vain', () => {
      const services = new Services();
      expect(() => services.get(NAME)).to.throw(MonitorError);
      expect(() => services.provide(NAME, () => 'Ada')).to.throw(MonitorError, /in use already/);
    });
  });

  describe('asked for by what is no token', () => {
    const services = new Services();
    class Unmarked {
      readonly name: string;
      constructor(name: string) {
        this.name = name;
      }
    }
    const asks: readonly (readonly [string, () => unknown, RegExp])[] = [
      ['a class', () => services.get(Unmarked as never), /the class Unmarked is none; use one such as CLOCK/],
      ['a name', () => services.get('clock' as never), /clock is none/],
      ['nothing', () => services.get(undefined as never), /undefined is none/],
      ['a provider of a class', () => services.provide(Unmarked as never, () => 1), /Unmarked is none/],
      ['a parameter of a class', () => inject(Unmarked as never), /Unmarked is none/],
      ['a token to be built', () => services.resolve(NAME as never), /a service is had by get\(TOKEN\)/],
      ['a class without tokens', () => services.resolve(Unmarked), /mark each with @inject\(TOKEN\)/],
    ];
    for (const [what, ask, why] of asks) {
      it(`say so: ${what}`, () => {
        expect(ask).to.throw(MonitorError, why).with.property('code', 'MM_ERR_DEPENDENCY_MISSING');
      });
    }
  });
});
