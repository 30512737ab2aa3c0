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
});
